#!/bin/sh
# schema-diff: what the base of a pull request takes long to load is kept for other runs
. "$(dirname "$0")/lib.sh"

git() { command git -c user.name=t -c user.email=t@t -c init.defaultBranch=main "$@"; }
# shellcheck disable=SC2154 # of lib.sh
export XDG_CACHE_HOME="$box/cache"
mkdir cache
kept() { find cache/handrail -maxdepth 1 -name 'base-*' 2>/dev/null | wc -l; }
# gate NAME KEPT [OPTION...] - with the right answer; was what is kept taken for the base (true), or was that loaded (null)?
gate() {
	name=$1 taken=$2
	shift 2
	exits "$name" 1 schema-diff -n --gate repo/db "$@"
	tail -n 1 out | jq -r '.result | [.base_kept, (.changes | map(.object) | join(",")), (.findings | map(.id) | join(","))] | map(. // "-") | join(" ")' >got
	same '   the right answer' got <<-X
	$taken public.note.old drop-column,gone-column
	X
}

git init -q repo && mkdir repo/db || exit 1
cat >repo/db/001_start.sql <<'X'
CREATE ROLE kept_reader;
CREATE TABLE note (id integer PRIMARY KEY, body text, old text);
GRANT SELECT ON note TO kept_reader;
INSERT INTO note SELECT i, repeat('x', 1000) FROM generate_series(1, 3000) i;
SELECT pg_sleep(1.1);
X
(cd repo && git add db && git commit -qm one && git checkout -qb branch)
echo 'ALTER TABLE note DROP old;' >repo/db/002_drop.sql

gate 'what shall not be kept' - --no-cache
[ "$(kept)" = 0 ]; verdict $? 'is not'
gate 'the first run loads the base' -
[ "$(kept)" = 1 ]; verdict $? 'and keeps it'
gate 'the second takes what is kept' true
gate 'unless it shall not' - --no-cache
find cache/handrail/base-* -size +50k -path '*/base/*' -name '[0-9]*' | sort | tail -n 1 >file
printf 'y' | dd of="$(cat file)" bs=1 seek=30000 conv=notrunc 2>dd.err
gate 'a byte of it is another' -
gate 'it was kept anew' true
rm cache/handrail/base-*/sum
gate 'its sum is missing' -

# by the state of the tree, not by the name of a revision
(cd repo && git checkout -q main && echo '-- more' >>db/001_start.sql && git commit -qam two && git checkout -q branch && git rebase -q main)
gate 'another base is not what was kept' -
[ "$(kept)" = 2 ]; verdict $? 'and is kept beside it'
for i in 1 2 3 4 5; do mkdir "cache/handrail/base-$i"; done
touch -d '1 hour ago' cache/handrail/base-[1-5]
rm -r cache/handrail/base-????????*
schema-diff -nq --gate repo/db >out1 2>&1 &
schema-diff -nq --gate repo/db >out2 2>&1
wait $!
cat out1 out2 | grep '^{' | jq -r .status | sort | uniq -c | sed 's/^ *//' >got
same 'two at once' got <<'X'
2 failed
2 started
X
[ "$(kept)" -le 4 ] && [ "$(find cache/handrail -maxdepth 1 -name '.new-*' | wc -l)" = 0 ]; verdict $? 'keep one, and of all no more than four' || ls -A cache/handrail
gate 'which is good' true

rm -r cache/handrail/base-*
schema-diff -nq --gate repo/db >out 2>&1 &
run=$!
for _ in $(seq 300); do
	find cache/handrail -maxdepth 1 -name '.new-*' | grep -q . && break
	sleep 0.02
done
kill -9 $run
wait $run 2>/dev/null
gate 'after one that was killed while it kept it' -
rm -rf cache && mkdir cache && : >cache/handrail
gate 'where nothing can be kept' -
finish
