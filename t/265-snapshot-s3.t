#!/bin/sh
# archives in a bucket: npm's s3rver behind a proxy that cuts, flips, loses and refuses
. "$(dirname "$0")/lib.sh"
. "$top/t/s3.sh"

exits 'a small one' 0 snapshot -n --dir f=small -o s3://backups/a/small.tar.zst
field 'is recorded by its address' '[.result.archive, .result.verified, .subject[0].uri] | @json' '["s3://backups/a/small.tar.zst",true,"s3://backups/a/small.tar.zst"]'
sum=$(tail -n 1 out | jq -r .result.sha256)
exits 'is proven' 0 snapshot-verify -n --deep --sha256 "$sum" s3://backups/a/small.tar.zst
exits 'is restored' 0 snapshot-restore -n --dir-into f=back s3://backups/a/small.tar.zst
same 'as it was' back/greeting <small/greeting
exits 'is never overwritten: exit 2' 2 snapshot -n --dir f=small -o s3://backups/a/small.tar.zst
field 'is told' .error.code exists
exits 'with a slash at the end' 0 snapshot -n --service shop --dir f=small -o s3://backups/b/
field 'it is called as a file would be' '.result.archive | test("^s3://backups/b/shop-[0-9TZ]{16}[.]tar[.]zst$")' true

faults
exits 'a large one' 0 snapshot -n --dir f=large -o s3://backups/large.tar.zst
requests >got
same 'goes in parts' got <<'END'
HEAD /backups/large.tar.zst
HEAD /backups/large.tar.zst
POST /backups/large.tar.zst?uploads=
PUT /backups/large.tar.zst?partNumber=1&uploadId
PUT /backups/large.tar.zst?partNumber=2&uploadId
PUT /backups/large.tar.zst?partNumber=3&uploadId
POST /backups/large.tar.zst?uploadId
HEAD /backups/large.tar.zst
END
exits 'is whole' 0 snapshot-verify -n s3://backups/large.tar.zst
exits 'and comes back' 0 snapshot-restore -n --dir-into f=back2 s3://backups/large.tar.zst
cmp -s large/random back2/random; verdict $? 'as it was'

# what passes
faults 'PUT partNumber=2 2 cut'
exits 'a connection that is cut in the middle of a part, twice' 0 snapshot -n --dir f=large -o s3://backups/cut.tar.zst
[ "$(grep -c 'partNumber=1' s3.log),$(grep -c 'partNumber=2' s3.log)" = 1,3 ]; verdict $? 'only that part is sent again'
exits 'nothing is missing' 0 snapshot-verify -n s3://backups/cut.tar.zst
faults 'PUT partNumber=1 1 500' 'PUT partNumber=3 2 503' 'POST uploads 1 429'
exits 'servers that are busy' 0 snapshot -n --dir f=large -o s3://backups/busy.tar.zst
faults 'PUT partNumber=3 1 flip'
exits 'a bit that falls over on its way' 0 snapshot -n --dir f=large -o s3://backups/flip.tar.zst
[ "$(grep -c 'partNumber=3' s3.log)" = 2 ]; verdict $? 'is seen by the sum, and the part sent again'
exits 'nothing is wrong' 0 snapshot-verify -n s3://backups/flip.tar.zst
faults 'GET cut. 1 503'
exits 'a download that fails once' 0 snapshot-verify -n s3://backups/cut.tar.zst

# what does not
n=$(objects)
faults 'PUT partNumber=2 99 403'
exits 'forbidden in the middle: exit 2' 2 snapshot -n --dir f=large -o s3://backups/no1.tar.zst
says 'the part is told' 'part 2 of 3'
field 'and the reason' .error.code unauthorized
grep -q '^DELETE /backups/no1.tar.zst?uploadId' s3.log; verdict $? 'what was begun is aborted' || evidence log s3.log
faults 'PUT partNumber=1 99 flip'
exits 'a line that always flips bits: exit 2' 2 snapshot -n --dir f=large -o s3://backups/no2.tar.zst
field 'is a wrong sum' .error.code checksum
faults 'POST uploadId 99 400'
exits 'an end that is refused: exit 2' 2 snapshot -n --dir f=large -o s3://backups/no3.tar.zst
[ "$(objects)" = "$n" ]; verdict $? 'no object appeared in all this'
[ -z "$(ls -A tmp)" ]; verdict $? 'and no file was left here'
faults
exits 'a bucket that is not there: exit 2' 2 snapshot -n --dir f=small -o s3://nothing/a.tar.zst
exits 'an object that is not there: exit 2' 2 snapshot-verify -n s3://backups/nothing.tar.zst
field 'is told' .error.code not-found
AWS_SECRET_ACCESS_KEY=geheim1 exits 'a wrong key: exit 2' 2 snapshot -n --dir f=small -o s3://backups/c.tar.zst
field 'is told' .error.code unauthorized
AWS_SECRET_ACCESS_KEY='' exits 'no key: exit 2' 2 snapshot -n --dir f=small -o s3://backups/c.tar.zst
field 'is told' .error.code no-credentials
exits 'no key in the bucket: exit 2' 2 snapshot -n --dir f=small -o 's3:///x'
AWS_ENDPOINT_URL=http://127.0.0.1:1 exits 'nobody there: exit 2' 2 snapshot -n --dir f=small -o s3://backups/c.tar.zst
field 'is told' .error.code connection

# encrypted and signed
if command -v age-keygen >/dev/null && command -v gpg >/dev/null; then
	age-keygen -o key 2>/dev/null
	GNUPGHOME=$box/gnupg; export GNUPGHOME; mkdir -m 700 gnupg
	gpg --batch --quiet --pinentry-mode loopback --passphrase '' --quick-generate-key ops@example.org default default never 2>/dev/null
	exits 'encrypted and signed' 0 snapshot -n --service shop --dir f=small --encrypt-to "$(age-keygen -y key)" --sign ops@example.org -o s3://backups/sealed/
	sealed=$(tail -n 1 out | jq -r .result.archive)
	exits 'is proven with its key' 0 snapshot-verify -n --identity key "$sealed"
	field 'and its signature' '.result.archives[0] | [.encrypted, (.signed_by | length)] | @json' '[true,40]'
	gpgconf --kill gpg-agent
else
	for _ in 1 2 3; do tap_n=$((tap_n + 1)); echo "ok $tap_n # SKIP no age, or no gpg"; done
fi

# killed in the middle, and again
mid KILL again
[ ! -e s3/backups/again.tar.zst._S3rver_object ]; verdict $? 'killed in the middle: there is no object' || ls s3/backups
faults
exits 'again' 0 snapshot -n --dir f=large -o s3://backups/again.tar.zst
exits 'is whole' 0 snapshot-verify -n s3://backups/again.tar.zst
[ -z "$(ls -A tmp)" ]; verdict $? 'and has swept what was left here' || ls -A tmp
grep -q '^DELETE /backups/again.tar.zst?uploadId' s3.log; verdict $? 'and there' || evidence log s3.log

faults 'POST uploadId 1 lose' 'POST uploadId 9 404'
exits 'an end whose answer is lost' 0 snapshot -n --dir f=large -o s3://backups/lost.tar.zst
exits 'has happened' 0 snapshot-verify -n s3://backups/lost.tar.zst
finish
