#!/bin/sh
# an upload that was cut off goes on in another run, or is swept
. "$(dirname "$0")/lib.sh"
. "$top/t/s3.sh"

sent() { grep -o '^PUT.*partNumber=[0-9]*' s3.log | sed 's/.*=//' | paste -sd ' ' >got; same "$1" got <<-TEXT
	$2
	TEXT
}
mid KILL later
kept=$box/tmp/later.tar.zst.upload
[ "$(stat -c %a "$kept" "$kept.json" | paste -sd ' ')" = '600 600' ]; verdict $? 'killed while it uploads: the archive is here, for its owner alone'
faults
exits 'it goes on' 0 snapshot -n --resume "$kept"
sent 'with the part that was missing' 3
field 'is recorded as the run would have been' '[.result.archive, .result.verified, .result.stores[0].kind, .subject[0].uri] | @json' \
	'["s3://backups/later.tar.zst",true,"directory","s3://backups/later.tar.zst"]'
exits 'is whole' 0 snapshot-verify -n --sha256 "$(tail -n 1 out | jq -r .result.sha256)" s3://backups/later.tar.zst
[ -z "$(ls -A tmp)" ]; verdict $? 'nothing is left here'
faults 'PUT partNumber=2 99 503'
exits 'a server that stays away: exit 2' 2 snapshot -n --dir f=large -o s3://backups/away.tar.zst
says 'how to go on is told' "snapshot --resume $box/tmp/away.tar.zst.upload"
field 'the record has no archive' '[.error.code, .result.archive] | @json' '["unavailable",null]'
! grep -q '^DELETE' s3.log; verdict $? 'what has arrived stays'
faults 'PUT partNumber=2 1 404'
exits 'goes on; the server has forgotten it' 0 snapshot -n --resume tmp/away.tar.zst.upload
sent 'all is sent again' '2 1 2 3'
exits 'is whole' 0 snapshot-verify -n s3://backups/away.tar.zst
mid KILL other
printf changed-by-somebody | dd of=tmp/other.tar.zst.upload bs=1 seek=9000000 conv=notrunc 2>/dev/null
faults
exits 'one that was changed meanwhile: exit 2' 2 snapshot -n --resume tmp/other.tar.zst.upload
says 'is told' 'its SHA-256 is another'
exits 'nothing there: exit 2' 2 snapshot -n --resume tmp/nothing.upload
exits 'with stores: exit 2' 2 snapshot -n --resume tmp/other.tar.zst.upload --dir f=small
rm -f tmp/*
mid TERM stopped
[ -z "$(ls -A tmp)" ] && grep -q '^DELETE' s3.log; verdict $? 'one that is stopped leaves nothing, here or there' || ls tmp
# a server that no longer answers: neither the part nor that the upload is to be dropped
faults 'PUT partNumber=3 99 hang' 'DELETE uploadId 99 hang'
snapshot -n --dir f=large -o s3://backups/hung.tar.zst >out 2>err & pid=$!
soon mid_or_ended $pid
kill -TERM $pid
soon ended $pid; verdict $? 'stopped while the server hangs: ends in seconds' || kill -KILL $pid
wait $pid
[ $? = 143 ] && grep -q '"code":"cancelled"' out; verdict $? 'as cancelled' || evidence out out
finish
