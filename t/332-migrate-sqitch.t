#!/bin/sh
# migrate-apply on sqitch's registry: plans with tags, dependencies and reworked changes; sqitch itself agrees
[ -n "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- sh "$0" "$@"
. "$(dirname "$0")/lib.sh"
. "$top/t/pg.sh"
apply() { migrate-apply -n "$@"; }
file() { mkdir -p "$(dirname "$1")" && printf '%s\n' "$2" >"$1"; }

file s/sqitch.plan '%syntax-version=1.0.0
%project=flipr
%uri=https://example.com/flipr

schemas/app 2024-01-01T00:00:00Z Ada <ada@example.com> # the schema: \\n two lines
users [schemas/app] 2024-01-02T00:00:00Z Ada Löve <ada@example.com> # Ünicode
flips [users schemas/app !other:dr_evil] 2024-01-03T00:00:00Z Ada <ada@example.com>
@v1 2024-01-04T00:00:00Z Ada <ada@example.com> # first
@v1.1 2024-01-04T00:00:00Z Ada <ada@example.com>

flips [flips@v1 users] 2024-01-05T00:00:00Z Ada <ada@example.com> # reworked
+more [@v1] 2024-01-06T00:00:00Z Ada <ada@example.com> # last'
file s/deploy/schemas/app.sql 'BEGIN;
CREATE SCHEMA app;
COMMIT;'
file s/revert/schemas/app.sql 'DROP SCHEMA app;'
file s/deploy/users.sql 'CREATE TABLE app.users (n int);'
file s/revert/users.sql 'DROP TABLE app.users;'
file s/deploy/flips@v1.1.sql 'BEGIN;
CREATE TABLE app.flips (n int);
COMMIT;'
file s/revert/flips@v1.1.sql 'DROP TABLE app.flips;'
file s/deploy/flips.sql 'ALTER TABLE app.flips ADD m int;'
file s/revert/flips.sql 'ALTER TABLE app.flips DROP m;'
file s/deploy/more.sql 'CREATE TABLE app.more (n int);'
file s/revert/more.sql 'DROP TABLE app.more;'
rows="SELECT string_agg(change, ' ' ORDER BY committed_at) FROM sqitch.changes"

peer=
if command -v sqitch >/dev/null; then
	peer=sqitch
	printf '[core]\n\tengine = pg\n' >s/sqitch.conf
	export SQITCH_FULLNAME=Grace SQITCH_EMAIL=grace@example.com TZ=UTC
fi
# as sqitch names the database of DATABASE_URL
target() { printf 'db:pg://handrail@/%s?host=%s\n' "$1" "$(printf '%s' "$DATABASE_URL" | sed 's/.*host=\([^&]*\).*/\1/; s,%2F,/,g')"; }
agrees() { # agrees NAME DB
	[ "$peer" ] || { verdict 0 "$1 # SKIP sqitch is not here"; return; }
	(cd s && sqitch status "$(target "$2")") >got 2>&1
	grep -q 'Nothing to deploy (up-to-date)' got
	verdict $? "$1" || evidence got got
}

db fresh
exits 'a registry of its own: up to a tag of a reworked change' 0 apply --history sqitch --to flips@v1.1 s
gives 'three are there' "$rows" 'schemas/app users flips'
exits 'found again, and gone on with' 0 apply s
field 'the rest' '[.result.history_kind, .result.history, (.result.applied | map(.version) | join(" "))] | @json' '["sqitch","sqitch.changes","flips more"]'
gives 'tags go with their change' "SELECT string_agg(tag || ' ' || (SELECT change FROM sqitch.changes c WHERE c.change_id = t.change_id), ', ' ORDER BY tag) FROM sqitch.tags t" '@v1 flips, @v1.1 flips'
gives 'dependencies' "SELECT string_agg(concat_ws(' ', type, dependency, dependency_id IS NOT NULL), ', ' ORDER BY dependency, dependency_id) FROM sqitch.dependencies" \
	'require @v1 t, require flips@v1 t, conflict other:dr_evil f, require schemas/app t, require schemas/app t, require users t, require users t'
gives 'events' "SELECT string_agg(event || cardinality(tags) || cardinality(requires), ' ' ORDER BY committed_at) FROM sqitch.events" 'deploy00 deploy01 deploy22 deploy02 deploy01'
agrees 'sqitch: nothing to deploy' fresh
exits 'nothing pending' 0 apply s
field 'unchanged' .status unchanged
exits 'down to a change' 0 apply --down-to flips@v1.1 --accept-data-loss s
gives 'is gone from the registry' "$rows" 'schemas/app users flips'
gives 'and told of' "SELECT string_agg(change, ' ' ORDER BY committed_at) FROM sqitch.events WHERE event = 'revert'" 'more flips'
if [ "$peer" ]; then
	(cd s && sqitch deploy "$(target fresh)") >got 2>&1
	verdict $? 'sqitch goes on from there' || evidence got got
	exits 'and we agree' 0 migrate-status -n --check s
	(cd s && sqitch revert -y --to flips@v1.1 "$(target fresh)") >got 2>&1
	verdict $? 'sqitch takes back what we applied' || evidence got got
	exits 'and we see it' 1 migrate-status -n --check s
	field 'two are pending' '[.result.migrations[] | select(.state == "pending") | .version] | join(" ")' 'flips more'

	db theirs
	(cd s && sqitch deploy --to users "$(target theirs)") >got 2>&1
	verdict $? 'sqitch begins' || evidence got got
	exits 'status of its history' 0 migrate-status -n s
	field 'applied and pending, by whom' '[.result.current, .result.migrations[0].applied_by, (.result.migrations | map(.state) | join(" "))] | @json' \
		'["users","Grace","applied applied pending pending pending"]'
	exits 'we go on' 0 apply s
	field 'in its form' '[.result.history_kind, (.result.applied | length)] | @json' '["sqitch",3]'
	agrees 'sqitch: nothing to deploy' theirs
	gives 'our rows are as its own' "SELECT count(DISTINCT (t.script_hash, t.change_id)) FROM sqitch.changes t" 5
	# a second registry made by sqitch alone must hold the same
	sql "SELECT change_id, script_hash, change, project, note, planned_at, planner_name, planner_email FROM sqitch.changes ORDER BY change_id" >ours
	sql "SELECT tag_id, tag, change_id, note FROM sqitch.tags ORDER BY tag_id" >>ours
	sql "SELECT change_id, type, dependency, dependency_id FROM sqitch.dependencies ORDER BY 1, 3" >>ours
	sql "SELECT event, change, requires, conflicts, tags FROM sqitch.events ORDER BY committed_at" >>ours
	db alone
	(cd s && sqitch deploy "$(target alone)") >got 2>&1 || evidence got got
	sql "SELECT change_id, script_hash, change, project, note, planned_at, planner_name, planner_email FROM sqitch.changes ORDER BY change_id" >wanted
	sql "SELECT tag_id, tag, change_id, note FROM sqitch.tags ORDER BY tag_id" >>wanted
	sql "SELECT change_id, type, dependency, dependency_id FROM sqitch.dependencies ORDER BY 1, 3" >>wanted
	sql "SELECT event, change, requires, conflicts, tags FROM sqitch.events ORDER BY committed_at" >>wanted
	same 'the registry is the one that sqitch alone makes' ours <wanted

	db locked
	(cd s && sqitch deploy --to users "$(target locked)") >got 2>&1
	psql -Xqc 'SELECT pg_advisory_lock(75474063)' -c 'SELECT pg_sleep(20)' "$DATABASE_URL" >/dev/null 2>&1 &
	holder=$!
	soon holds "SELECT count(*) = 1 FROM pg_locks WHERE locktype = 'advisory'"
	exits "sqitch's own lock keeps us out: exit 2" 2 apply --lock-wait 300ms s
	field 'locked' .error.code locked
	kill "$holder"
fi

db faults
exits 'all' 0 apply --history sqitch s
echo '-- changed' >>s/deploy/users.sql
exits 'a changed script: exit 1' 1 apply s
field 'with its word' .error.code changed-file
exits 'accepted' 0 apply --accept-changed users s
gives 'its sum is the new one' "SELECT script_hash FROM sqitch.changes WHERE change = 'users'" "$(sha1sum <s/deploy/users.sql | cut -d' ' -f1)"
sed -i '/more/d' s/sqitch.plan
exits 'the database is ahead of the plan: exit 1' 1 apply s
field 'future' .error.code future-version
exits 'a history of another registry' 0 apply --history sqitch:meta --dry-run s
field 'is empty' '.result.pending | length' 4
file n/1_x.sql 'SELECT 1;'
exits 'files of another style' 2 apply --history sqitch n
says 'do not fit' 'is a history of sqitch, and n holds files of the style plain'

plan() { # plan LINES WANTED
	mkdir -p p
	printf '%%syntax-version=1.0.0\n%%project=x\n\n%s\n' "$1" >p/sqitch.plan
	exits "refused: $2" 2 apply p
	says 'with its line' "$2"
}
who='2024-01-01T00:00:00Z A <a@b>'
plan "a $who
a $who" 'p/sqitch.plan:5: change a stands here twice without a tag between'
plan "a [b] $who" 'p/sqitch.plan:4: change a requires b, which the plan has not before it'
plan 'a 2024' 'p/sqitch.plan:4: a change without its time, planner and address'
plan "@t $who" 'p/sqitch.plan:4: a tag before the first change'
plan "a $who
@t $who
@t $who" 'p/sqitch.plan:6: tag @t stands on line 5, too'
plan "a [b $who" 'p/sqitch.plan:4: a [ without its ]'
finish
