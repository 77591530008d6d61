#!/bin/sh
# real migrations, taken back for real: what the plan says of each, and rollbacks whose every row is compared
[ -n "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- sh "$0" "$@"
. "$(dirname "$0")/lib.sh"
. "$top/t/real.sh"

# each migration as a release of its own: database a is the schema before it, b the one after
for project in rytask boards; do
	rm -rf m && mkdir m
	sql postgres "CREATE DATABASE ${project}_a"
	sql postgres "CREATE DATABASE ${project}_b"
	for f in $(files $project); do
		add "$project" "$f"
		echo 'image: app:1.0.0' >m.yaml
		{
			manifest-bump -n -q --image app --to 1.0.1 m.yaml
			migrate-apply -n -q --pg "$(on ${project}_b)" m
		} >release.jsonl 2>err || evidence err err
		schema-diff -n -q "$(on ${project}_a)" "$(on ${project}_b)" >>release.jsonl 2>err || evidence err err
		rollback-plan -q <release.jsonl 2>err | tail -n 1 |
		    jq -r --arg f "${f%%_*}" --arg p $project '$p + " " + $f + " " + (.result.scenario | tostring)'
		migrate-apply -n -q --pg "$(on ${project}_a)" m >/dev/null 2>err || evidence err err
	done
done >got
same 'what the plan says of each migration' got <<'END'
rytask 0000 2
rytask 0001 2
rytask 0002 2
rytask 0003 2
rytask 0004 2
rytask 0005 2
boards 0001 2
boards 0002 3
boards 0003 3
boards 0004 3
boards 0005 3
boards 0006 2
boards 0007 2
END
rollback-plan -q <release.jsonl 2>err | jq -r '.result.steps[]?.argv[0]' | grep -q snapshot-restore
[ $? = 1 ]
verdict $? 'code alone: no data are touched'

# RyTask 0004 brings enum labels or looser columns: the check is named
project=rytask
rm -rf m && mkdir m
for f in $(files rytask | head -n 4); do add "$project" "$f"; done
sql postgres 'CREATE DATABASE before'
sql postgres 'CREATE DATABASE after'
migrate-apply -n -q --pg "$(on before)" m >/dev/null 2>err
add "$project" "$(files rytask | sed -n 5p)"
echo 'image: app:1.0.0' >m.yaml
{ manifest-bump -n -q --image app --to 1.1.0 m.yaml; migrate-apply -n -q --pg "$(on after)" m; schema-diff -n -q "$(on before)" "$(on after)"; } >release.jsonl 2>err
rollback-plan -q <release.jsonl 2>err | tail -n 1 | jq -r '.result.caveats[]' | grep -q 'look whether the data'
verdict $? 'RyTask 0004: code, with the check of the enum named'

# ways down: that of Boards' 0002 loses what it cannot know; another one is proven to lose nothing, and gone
project=boards
sql postgres 'CREATE DATABASE down'
down=$(on down)
rm -rf m && mkdir m
add "$project" "$(files boards | sed -n 1p)"
DATABASE_URL=$down migrate-apply -n -q m >/dev/null 2>err
for f in 0002_553dc6a50a20.up.sql 0002_553dc6a50a20.down.sql; do cp "$real/boards/migrations/$f" m/; done
echo 'image: app:1.0.0' >m.yaml
rehearsed() { # rehearsed OPTION...: a release whose migrations were rehearsed
	manifest-bump -n -q --image app --to 1.1.0 m.yaml | snapshot -q --pg "$down" -o "$1" |
	    migrate-apply -q --pg "$down" --rehearse "$@" m | step-exec -q --name deploy -- ./deploy >release.jsonl 2>err
}
rehearsed a.tar.zst
rollback-plan --down <release.jsonl 2>err | tail -n 1 | jq -c '[.result.strategy, (.result.caveats | map(select(test("--down"))) | length)]' >got
same 'Boards 0002: a way down that nobody proved is not offered, nor taken' got <<'END'
["restore-swap",0]
END
printf 'CREATE TABLE boards.extra (id int);\n' >m/0003_extra.up.sql
printf 'DROP TABLE boards.extra;\n' >m/0003_extra.down.sql
echo 'image: app:1.0.0' >m.yaml
sql down "UPDATE boards.tenants SET name = name || '!'"
dump down before.sql
rehearsed b.tar.zst --prove-lossless
sql down "UPDATE boards.tenants SET name = name || '?'"
rollback-plan --down --pg live=env:DOWN --pg env:DOWN --format sh <release.jsonl >way.sh 2>err
rm -f deployed
DOWN=$down exits 'one that a rehearsal proved is gone' 0 sh way.sh
sed 's/!/!?/; /history_seq_seq/d' before.sql >want
dump down all.sql
sed /history_seq_seq/d all.sql >after.sql
cmp -s want after.sql
verdict $? 'schema and rows are as before, and what was written since is there' || diff want after.sql | head -5 | sed 's/^/#   /'
same 'by the new version, then the old one runs' deployed <<'END'
app 1.0.0
END

# A release of Boards up to 0005, with rows in the tables, writes in the window, and the way back.
project=boards
sql postgres 'CREATE DATABASE live'
DATABASE_URL=$(on live)
export DATABASE_URL
rm -rf m && mkdir m
for f in $(files boards | head -n 2); do add "$project" "$f"; done
migrate-apply -n -q m >/dev/null 2>err || evidence err err
sql live "INSERT INTO boards.users (tenant_id, auth_provider, auth_subject, email, display_name)
	SELECT t.id, 'local', 'user' || g, 'user' || g || '@example.com', E'it''s \\\\ user ' || g FROM boards.tenants t, generate_series(1, 200) g"
sql live "INSERT INTO boards.boards (tenant_id, owner_id, title, metadata)
	SELECT u.tenant_id, u.id, 'board of ' || u.display_name, '{\"n\": 1}' FROM boards.users u"
sql live 'CREATE TABLE boards."Likes" (id int); INSERT INTO boards."Likes" SELECT generate_series(1, 5)'
[ "$(sql live 'SELECT count(*) FROM boards.boards')" = 200 ]
verdict $? 'there are rows'
dump live before.sql
release() {
	rm -rf backups rollback-* deployed && mkdir backups
	echo 'image: app:1.0.0' >m.yaml
	for f in $(files boards | sed -n 3,5p); do add "$project" "$f"; done
	manifest-bump -n -q --image app --to 1.2.0 m.yaml | snapshot -q --pg env:DATABASE_URL -o backups/ |
	    migrate-apply -q m | step-exec -q --name deploy -- ./deploy 2>/dev/null | health-wait -q --timeout 300ms tcp://127.0.0.1:1 |
	    rollback-plan -q -o back.sh >release.jsonl 2>err
	sql live "INSERT INTO boards.users (tenant_id, auth_provider, auth_subject) SELECT id, 'local', 'late' FROM boards.tenants"
	rm m/0003* m/0004* m/0005*
}
release
sql live "DELETE FROM boards.boards WHERE ctid IN (SELECT ctid FROM boards.boards LIMIT 3); DELETE FROM boards.\"Likes\" WHERE id > 3"
rollback-plan --pg env:DATABASE_URL --format text <release.jsonl >out 2>err
grep -x 'A restore would lose .*' out >got
same 'what a restore would lose is counted, without what the migrations wrote' got <<'END'
A restore would lose the removal of 2 rows of boards."Likes", the removal of 3 rows of boards.boards, 1 row of boards.users
END
tail -n 1 release.jsonl | jq -c '[.status, .result.scenario, .result.strategy]' >got
same 'a release of three breaking migrations: scenario 3' got <<'END'
["ok",3,"restore-swap"]
END
exits 'the old version cannot become healthy here: the script says so at its last step' 1 sh back.sh
grep -q 'step health failed' err
verdict $? 'and only there' || evidence err err
cat rollback-*/loss-live.txt >got
same 'what goes was counted once more, with the service stopped' got <<'END'
this loses the removal of 2 rows of boards."Likes", the removal of 3 rows of boards.boards, 1 row of boards.users
END
dump live after.sql
cmp -s before.sql after.sql
verdict $? 'schema and every row are as before the release' || diff before.sql after.sql | head -5 | sed 's/^/#   /'
same 'the manifest is back' m.yaml <<'END'
image: app:1.0.0
END
same 'the new version was deployed, then the old one' deployed <<'END'
app 1.2.0
app 1.0.0
END
kept=$(sql postgres "SELECT datname FROM pg_database WHERE datname LIKE 'live_failed_%'")
[ "$(sql "$kept" "SELECT count(*) FROM boards.users WHERE auth_subject = 'late'")" = 1 ]
verdict $? 'what was written since is kept in the failed database'
sql postgres "DROP DATABASE \"$kept\""

release
# two machines: another state directory, the same server
lock-exec 'rollback live' -- sleep 2 &
pid=$!
locked() { sql postgres "SELECT 'locked' FROM pg_locks WHERE locktype = 'advisory'" | grep locked; }
soon locked
HANDRAIL_STATE=elsewhere exits 'somebody rolls the same database back: refused' 1 sh back.sh
grep -q "the lock 'rollback live' is held" err
verdict $? 'by the server' || evidence err err
wait $pid

# somebody migrated on: the plan is stale
add "$project" "$(files boards | sed -n 6p)"
for f in $(files boards | sed -n 3,5p); do add "$project" "$f"; done
migrate-apply -n -q m >/dev/null 2>err || evidence err err
exits 'the database has moved on: refused' 1 sh back.sh
[ "$(cat m.yaml)" = 'image: app:1.2.0' ]
verdict $? 'before anything is done'
rm m/0003* m/0004* m/0005* m/0006*

# kill -9 of everything while data are restored, then once more
sql postgres 'DROP DATABASE live WITH (FORCE)'
sql postgres 'CREATE DATABASE live'
psql -Xq "$DATABASE_URL" <before.sql >/dev/null 2>err
release
setsid sh back.sh >out 2>err &
pid=$!
soon eval 'grep "begin restore-live" rollback-*/journal'
sleep 0.05
kill -9 -$pid
wait $pid 2>/dev/null
# what it had started ends by itself; until then the script refuses, as it should
flock -w 20 rollback-*/lock true
sh back.sh >out 2>err
grep -q 'step health failed' err
verdict $? 'killed in the middle of the restore, and run again to the end' || evidence err err
dump live after.sql
cmp -s before.sql after.sql
verdict $? 'schema and every row are as before' || diff before.sql after.sql | head -5 | sed 's/^/#   /'
finish
