#!/bin/sh
# the revision that a snapshot records is the one that migrate-apply knows, whatever tool keeps the history; the way back checks it
[ -n "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- sh "$0" "$@"
. "$(dirname "$0")/lib.sh"
. "$top/t/pg.sh"
take() { snapshot -nq --no-verify -o "$1" >out 2>err || evidence err err; }

mkdir m
for i in 8 9 10; do echo "CREATE TABLE t$i (a int);" >m/${i}_t.sql; done
for kind in handrail flyway goose golang-migrate tern postgrator dbmate rails sql-migrate node-pg-migrate; do
	db "$(printf %s $kind | tr -d -)"
	migrate-apply -nq --history "$kind" m >out 2>err || evidence err err
	after=$(tail -n 1 out | jq -r .result.after)
	take "$kind.tar.zst"
	field "$kind" '.result.stores[0] | [.history_kind, .history_revision] | join(" ")' "$kind $after"
done
exits 'a way back that another tool has migrated: preflight finds the revision' 0 preflight -n --check history --revision "$after"
exits 'and misses another one: exit 1' 1 preflight -n --check history --revision 999
snapshot-restore -nq --pg-into "$DATABASE_URL" "$kind.tar.zst" >restored 2>err || evidence err err
exits 'so does the exchange' 0 database-swap --dry-run --revision "$after" <restored
exits 'which refuses another one' 1 database-swap --dry-run --revision 999 <restored
says 'by name' "at $after, not at 999"

# those that only their own tools write: NAME KIND REVISION SQL
by_hand() {
	db "$1"
	sql "$4"
	take "$1.tar.zst"
	field "$2" '.result.stores[0] | [.history_kind, .history_revision] | join(" ")' "$2 $3"
}
by_hand prisma prisma 20240202000000 'CREATE TABLE _prisma_migrations (id text, checksum text, finished_at timestamptz, migration_name text, rolled_back_at timestamptz);
	INSERT INTO _prisma_migrations VALUES (1, 1, now(), '"'20240101000000_a', NULL), (2, 2, now(), '20240202000000_b', NULL),
	(3, 3, NULL, '20240303000000_failed', NULL), (4, 4, now(), '20240404000000_back', now())"
by_hand alembic alembic 'ae10 bf20' "CREATE TABLE alembic_version (version_num text); INSERT INTO alembic_version VALUES ('bf20'), ('ae10')"
by_hand django django app.0002_more "CREATE TABLE django_migrations (id int, app text, name text, applied timestamptz);
	INSERT INTO django_migrations VALUES (2, 'app', '0002_more', now()), (1, 'auth', '0009_x', now())"
by_hand elsewhere flyway 1.10 'CREATE SCHEMA "Own"; CREATE TABLE "Own".flyway_schema_history (installed_rank int, version text, success bool);
	INSERT INTO "Own".flyway_schema_history VALUES (1, '"'1.9', true), (2, '1.10', true), (3, NULL, true), (4, '1.11', false)"
by_hand sqitch sqitch third "CREATE SCHEMA sqitch; CREATE TABLE sqitch.dependencies (a int); CREATE TABLE sqitch.changes (change_id text, change text, committed_at timestamptz);
	INSERT INTO sqitch.changes VALUES (1, 'third', now()), (2, 'second', now() - interval '1 day')"
by_hand empty dbmate '' 'CREATE TABLE schema_migrations (version text)'

db several
sql "CREATE SCHEMA a; CREATE SCHEMA b; CREATE TABLE a.schema_migrations (version text); CREATE TABLE b.goose_db_version (id int, version_id bigint, is_applied bool);
	INSERT INTO a.schema_migrations VALUES (7); INSERT INTO b.goose_db_version VALUES (1, 5, true), (2, 6, true), (3, 6, false);
	CREATE TABLE a.schemaversion (nothing int); CREATE TABLE b.schema_version (version text); INSERT INTO b.schema_version VALUES ('x')"
take several.tar.zst
field 'several: each with its own, and none for all' '.result.stores[0] | [.history_revision, (.histories | sort_by(.table)[] | .table, .kind, .revision)] | @csv' \
	',"a.schema_migrations","dbmate","7","b.goose_db_version","goose","5"'
sql "CREATE SCHEMA handrail; CREATE TABLE handrail.history (version text); INSERT INTO handrail.history VALUES (3)"
take ours.tar.zst
field 'ours has taken over from them' '.result.stores[0] | [.history_kind, .history_revision, .histories] | @csv' '"handrail","3",'
sql "DELETE FROM handrail.history; ALTER TABLE handrail.history ADD seq int; INSERT INTO handrail.history VALUES ('1.9', 1), ('1.10', 2), ('1.2', 3)"
take dots.tar.zst
field 'versions with dots are compared part by part' '.result.stores[0].history_revision' '1.10'
sql "DELETE FROM handrail.history; INSERT INTO handrail.history VALUES ('zeta', 1), ('ae10', 2)"
take names.tar.zst
field 'of names the last one counts' '.result.stores[0].history_revision' ae10
finish
