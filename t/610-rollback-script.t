#!/bin/sh
# the rollback script: it continues where it stopped, does nothing twice, and nothing when things are not as planned.
# manifest-bump, snapshot-restore, database-swap, lock-exec, preflight and health-wait are stubs here, whose invocations are compared.
. "$(dirname "$0")/lib.sh"
. "$top/t/rollback.sh"

mkdir stubs srv
export TRACE="$box/trace"
# each stub: notes its arguments, dies before or after its work when KILL says so, taking the script with it
cat >stubs/stub <<'END'
#!/bin/sh
name=${0##*/}
record='' dry=''
for word; do
	[ "$last" = --record ] && record=$word
	[ "$word" = --dry-run ] && dry=1
	last=$word
done 2>/dev/null
[ "$dry" ] || { [ "${KILL-}" = "before $name" ] && kill -9 $PPID && exit 9; }
case $name in
manifest-bump)
	was=$(cat srv/m.yaml)
	status=unchanged
	[ "$was" = 'image: notes:6' ] || status=planned
	if [ ! "$dry" ] && [ $status = planned ]; then status=ok; echo 'image: notes:6' >srv/m.yaml; fi
	out='{"status":"'$status'","result":{"changes":[{"from":"'${was#image: }'"}]}}' ;;
snapshot-restore)
	case $* in *--dir-into*) mkdir "${last#*=}" && touch "${last#*=}/good" ;; *) echo restored >>srv/data ;; esac
 out='{"status":"ok"}' ;;
database-swap) [ "$dry" ] || echo swapped >>srv/data; out='{"status":"ok"}' ;;
health-wait | preflight) out='{"status":"ok"}' ;;
esac
[ "$dry" ] || [ "$name" = preflight ] || echo "$name" >>"$TRACE"
[ "${FAIL-}" = "$name" ] && exit 1
[ "$record" ] && echo "$out" >>"$record"
echo "$out"
[ "$dry" ] || { [ "${KILL-}" = "after $name" ] && kill -9 $PPID; }
exit 0
END
stub_lock stubs
chmod +x stubs/stub
for name in manifest-bump snapshot-restore database-swap health-wait preflight; do ln -s stub "stubs/$name"; done
PATH=$box/stubs:$PATH
cat >srv/deploy <<'END'
#!/bin/sh
[ "${KILL-}" = 'before deploy' ] && kill -9 "$(cat script.pid)" && exit 9
echo "deploy $(cat srv/m.yaml) $1" >>"$TRACE"
END
chmod +x srv/deploy

printf archive >a.tar.zst
sum=$(sha256sum a.tar.zst | cut -c1-64)
{
	rec 01 manifest-bump ok ',"result":{"changes":[{"file":"m.yaml","real":"'"$box"'/srv/m.yaml","path":"image","image":"notes","from":"notes:6","to":"notes:7","from_version":"6","to_version":"7","kind":"major"}]}'
	rec 02 snapshot ok ',"result":{"archive":"'"$box"'/a.tar.zst","sha256":"'"$sum"'","format":1,"verified":true,"stores":[{"name":"notes","kind":"postgres","uri":"postgres://app@db/notes","database":"notes"}]}'
	rec 03 migrate-apply ok ',"result":{"database":"postgres://app@db/notes","before":"2","after":"3","applied":[{"version":"3","name":"drop_author"}]}'
	rec 04 deploy ok ',"result":{"argv":["srv/deploy","it'"'"'s $HOME"],"directory":"'"$box"'","exit":0}'
	rec 05 health-wait failed ',"result":{"targets":[{"argv":["http://h/health"]}]}'
} >release.jsonl
rollback-plan --format sh <release.jsonl >script 2>err
export HANDRAIL_STATE="$box/state" DATABASE_URL=postgres://app@db/notes

begin_anew() {
	rm -rf state "$TRACE" srv/data
	echo 'image: notes:7' >srv/m.yaml
}
want_trace() {
	same "$1" "$TRACE" <<'END'
snapshot-restore
manifest-bump
database-swap
deploy image: notes:6 it's $HOME
health-wait
END
}

begin_anew
exits 'the script does the rollback' 0 sh script
want_trace 'each step once, in order'
ls state >got
same 'with a journal, and a record of each step' got <<'END'
deploy.jsonl
grants-notes.jsonl
health.jsonl
journal
lock
repin-notes.jsonl
restore-notes.jsonl
swap-notes.jsonl
verify-notes.jsonl
END
exits 'a second time: nothing is left to do' 0 sh script
want_trace 'and nothing is done'
HANDRAIL_STATE="$box/other" exits 'another directory forgets, but the pin is seen' 0 sh script
[ "$(grep -c manifest-bump "$TRACE")" = 1 ]
verdict $? 'and not done again' || evidence trace "$TRACE"
rm -rf other

for at in 'before manifest-bump' 'after manifest-bump' 'before snapshot-restore' 'after snapshot-restore' \
    'before database-swap' 'after database-swap' 'before deploy' \
    'before health-wait' 'after health-wait'; do
	begin_anew
	(KILL=$at sh -c 'echo $$ >script.pid; exec sh script' >out 2>err) 2>/dev/null
	[ $? != 0 ]
	verdict $? "killed $at its work"
	rm -f script.pid
	exits 'and run again' 0 sh script
	want_trace 'every step was done once'
	[ "$(cat srv/data)" = "$(printf 'restored\nswapped')" ]
	verdict $? 'and the data were restored once'
done

# killed after the journal has a step's end, and before the next begins: cut the journal at every line
begin_anew
sh script >out 2>err
cp state/journal whole
lines=$(wc -l <whole) n=1
while [ "$n" -lt "$lines" ]; do
	head -n "$n" whole >state/journal
	sh script >out 2>err || { evidence err err; break; }
	n=$((n + 1))
done
[ "$n" = "$lines" ]
verdict $? 'it goes on from every line of its journal'
want_trace 'and nothing is done twice'

begin_anew
FAIL=snapshot-restore exits 'a step that fails stops it: exit 1' 1 sh script
grep -q 'step restore-notes failed' err
verdict $? 'it names the step' || evidence err err
exits 'when the cause is mended, it goes on' 0 sh script

begin_anew
mkdir state
(
	exec 9>>state/lock
	flock 9
	exits 'two runs at once: the second is refused' 1 sh script
	exit $tap_bad
)
tap_n=$((tap_n + 1))
[ ! -e "$TRACE" ]
verdict $? 'and does nothing'

begin_anew
printf damaged >a.tar.zst
exits 'an archive that is not the one: refused' 1 sh script
[ ! -e "$TRACE" ]
verdict $? 'before anything is done'
rm a.tar.zst
exits 'an archive that is gone: refused' 1 sh script
printf archive >a.tar.zst

begin_anew
echo 'image: notes:8' >srv/m.yaml
exits 'a manifest that has moved on: the plan is stale, refused' 1 sh script
[ ! -e "$TRACE" ]
verdict $? 'before anything is done'

begin_anew
(unset DATABASE_URL; sh script >out 2>err)
[ $? = 1 ] && grep -q DATABASE_URL err && [ ! -e "$TRACE" ]
verdict $? 'no connection given: refused, naming the variable' || evidence err err
rm stubs/health-wait
PATH=$box/stubs:/usr/bin:/bin exits 'a program that is missing: refused' 1 sh script
ln -sf stub stubs/health-wait

begin_anew
mkdir state
echo 'plan of something else' >state/journal
exits 'the journal of another plan: refused' 1 sh script
begin_anew
exits 'a wrong argument: refused' 1 sh script --force

# what only a person can do
grep -v '"step":"deploy"' release.jsonl >no-deploy.jsonl
rollback-plan --format sh <no-deploy.jsonl >by-hand 2>err
begin_anew
exits 'a step for a person stops it' 1 sh by-hand
grep -q 'when that is done: sh by-hand --done deploy' err
verdict $? 'and says how to go on' || evidence err err
exits 'a step that was not reached cannot be done' 1 sh by-hand --done health
exits 'it goes on after --done' 0 sh by-hand --done deploy
same 'with the rest' "$TRACE" <<'END'
snapshot-restore
manifest-bump
database-swap
health-wait
END

# files: two moves, from any point between them
jq -c --arg box "$box" 'if .step == "snapshot" then
	.result.stores += [{name: "files", kind: "directory", path: ($box + "/srv/files")}] else . end' release.jsonl >files.jsonl
rollback-plan --format sh <files.jsonl >swap 2>err
new=srv/files.restored-01JD0000000000000000000002 kept=srv/files.failed-01JD0000000000000000000002
in_place() {
	[ -e srv/files/good ] && [ -e $kept/bad ] && [ ! -e $new ]
	verdict $? "$1: the restored files are in place, the failed ones beside them" || ls -R srv | sed 's/^/#   /'
}
begin_anew
mkdir srv/files $new
touch srv/files/bad $new/half
exits 'files, with what a killed restore left' 0 sh swap
in_place 'anew'
[ ! -e srv/files/half ]
verdict $? 'and nothing of the half-made ones'
sed '/^begin swap-files/,$d' state/journal >cut
for moves in 1 2; do
	cp cut state/journal
	rm -rf srv/files* && mkdir $kept && touch $kept/bad
	case $moves in
	1) mkdir $new && touch $new/good ;;
	2) mkdir srv/files && touch srv/files/good ;;
	esac
	exits "killed after move $moves" 0 sh swap
	in_place 'run again'
done
if command -v shellcheck >/dev/null; then
	exits 'shellcheck finds nothing in any of them' 0 shellcheck script by-hand swap
else
	verdict 0 'shellcheck # SKIP is not here'
fi
finish
