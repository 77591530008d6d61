#!/bin/sh
# migrate-apply on the histories of other tools: read, kept in their own form, and the tool itself agrees.
# The tools themselves run when they are there: $PEERS (build/npm, by "make npm") holds node_modules with dbmate, node-pg-migrate, postgrator,
# graphile-migrate and drizzle-orm; alembic is on PATH.
[ -n "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- sh "$0" "$@"
. "$(dirname "$0")/lib.sh"
. "$top/t/pg.sh"
apply() { migrate-apply -n "$@"; }
PEERS=${PEERS-$top/build/npm}

# three NAME...: files that create t1, t2, t3; FILE patterns have %d
three() { # three DIR PATTERN [PREFIX [SUFFIX]]
	mkdir -p "$1"
	for i in 1 2 3; do
		# shellcheck disable=SC2059 # the pattern is one
		f=$(printf "$2" $i)
		mkdir -p "$1/$(dirname "$f")"
		printf '%sCREATE TABLE t%d (n int);\n%s' "${3-}" $i "${4-}" >"$1/$f"
	done
}
# adopt KIND STYLE DIR SQL WANTED: a new history of that kind, then found by itself
adopt() {
	exits "$1: a history of its own is made" 0 apply --history "$1" --to "$(ls "$3" | sed -n 's/^V*\([0-9]*\).*/\1/p' | sed -n 2p)" "$3"
	exits "$1: and found again" 0 apply "$3"
	field "$1: the rest is applied" '[.result.history_kind, .result.style, (.result.applied | length)] | @json' "[\"$1\",\"$2\",1]"
	gives "$1: what it holds" "$4" "$5"
	exits "$1: nothing pending" 0 apply "$3"
	field "$1: unchanged" .status unchanged
	gives "$1: no history of ours beside it" "SELECT to_regnamespace('handrail')" ''
}
peer() { # peer NAME COMMAND: does it run here?
	[ -e "$2" ] || command -v "$2" >/dev/null || { verdict 0 "$1 # SKIP is not here"; return 1; }
}

db dbmate
three d 0%d_t.sql '-- migrate:up
' '-- migrate:down
DROP TABLE nothing;
'
adopt dbmate dbmate d "SELECT string_agg(version, ' ' ORDER BY version) FROM schema_migrations" '01 02 03'
if peer dbmate "$PEERS/node_modules/.bin/dbmate"; then
	"$PEERS/node_modules/.bin/dbmate" --url "postgres://handrail@/dbmate?socket=$(printf '%s' "$DATABASE_URL" | sed 's/.*host=\([^&]*\).*/\1/; s/%2F/\//g')" -d d status >got 2>&1
	grep -q 'Pending: 0' got
	verdict $? 'dbmate agrees' || evidence got got
fi

db rails
three r 00%d_t.sql
adopt rails plain r "SELECT string_agg(version, ' ' ORDER BY version) FROM schema_migrations" '1 2 3'

db golang
three g 00%d_t.up.sql
adopt golang-migrate golang-migrate g 'SELECT version, dirty FROM schema_migrations' '3|f'
sql 'UPDATE schema_migrations SET dirty = true'
exits 'golang-migrate: dirty is refused: exit 1' 1 apply g
field 'golang-migrate: with its word' .error.code dirty

db goose
three o 0000%d_t.sql '-- +goose Up
-- +goose StatementBegin
' '-- +goose StatementEnd
-- +goose Down
DROP TABLE nothing;
'
adopt goose goose o "SELECT string_agg(version_id || ' ' || is_applied, ',' ORDER BY id) FROM goose_db_version" '0 true,1 true,2 true,3 true'

db node
three n 170000000000%d_t.sql '-- Up Migration
' '-- Down Migration
DROP TABLE nothing;
'
adopt node-pg-migrate node-pg-migrate n "SELECT string_agg(name, ' ' ORDER BY id) FROM pgmigrations" '1700000000001_t 1700000000002_t 1700000000003_t'
if peer node-pg-migrate "$PEERS/node_modules/.bin/node-pg-migrate"; then
	(cd "$PEERS" && DATABASE_URL=$(printf '%s' "$DATABASE_URL" | sed 's,@/,@localhost/,') node_modules/.bin/node-pg-migrate up -m "$box/n" --migration-file-language sql) >got 2>&1
	grep -q 'No migrations to run' got
	verdict $? 'node-pg-migrate agrees' || evidence got got
fi

db drizzle
three z 000%d_t.sql
mkdir -p z/meta
printf '{"version":"7","dialect":"postgresql","entries":[{"idx":0,"version":"7","when":1001,"tag":"0001_t","breakpoints":true},{"idx":1,"version":"7","when":1002,"tag":"0002_t","breakpoints":true},{"idx":2,"version":"7","when":1003,"tag":"0003_t","breakpoints":true}]}' >z/meta/_journal.json
adopt drizzle drizzle z "SELECT string_agg(created_at || ' ' || left(hash, 4), ',' ORDER BY id) FROM drizzle.__drizzle_migrations" \
	"1001 $(sha256sum <z/0001_t.sql | cut -c1-4),1002 $(sha256sum <z/0002_t.sql | cut -c1-4),1003 $(sha256sum <z/0003_t.sql | cut -c1-4)"
if peer drizzle "$PEERS/node_modules/drizzle-orm"; then
	cat >"$box/drizzle.mjs" <<-JS
	import { createRequire } from 'module';
	const require = createRequire('$PEERS/');
	const pg = require('pg'), { drizzle } = require('drizzle-orm/node-postgres'), { migrate } = require('drizzle-orm/node-postgres/migrator');
	const p = new pg.Pool({ connectionString: process.env.DATABASE_URL.replace('@/', '@localhost/') });
	await migrate(drizzle(p), { migrationsFolder: '$box/z' });
	await p.end();
	JS
	exits 'drizzle has nothing to do' 0 node drizzle.mjs
	gives 'and drizzle left it so' 'SELECT count(*) FROM drizzle.__drizzle_migrations' 3
fi

db prisma
three p 2024010100000%d_t/migration.sql
adopt prisma directories p "SELECT string_agg(migration_name, ' ' ORDER BY started_at) FROM _prisma_migrations WHERE finished_at > started_at" \
	'20240101000001_t 20240101000002_t 20240101000003_t'
echo '-- changed' >>p/20240101000001_t/migration.sql
exits 'prisma: a changed file: exit 1' 1 apply p

db flyway
three f V%d__a_table.sql
printf 'CREATE TABLE a (\n  x int\n);\n' >f/V1__a_table.sql
adopt flyway flyway f "SELECT string_agg(concat_ws(' ', installed_rank, version, description, type, script, success), ',' ORDER BY installed_rank) FROM flyway_schema_history" \
	'1 1 a table SQL V1__a_table.sql t,2 2 a table SQL V2__a_table.sql t,3 3 a table SQL V3__a_table.sql t'
gives 'flyway: its checksum' 'SELECT checksum FROM flyway_schema_history WHERE installed_rank = 1' 133894301
sed -i 's/$/\r/' f/V1__a_table.sql
exits 'flyway: other line ends are no change' 0 apply f
echo 'SELECT 1;' >>f/V1__a_table.sql
exits 'flyway: a changed file: exit 1' 1 apply f
sed -i '/SELECT/d' f/V1__a_table.sql
echo 'CREATE OR REPLACE VIEW v AS SELECT 1 AS n' >f/R__v.sql
exits 'flyway: a repeatable' 0 apply f
exits 'flyway: not again' 0 apply f
field 'flyway: unchanged' .status unchanged
echo 'CREATE OR REPLACE VIEW v AS SELECT 2 AS n' >f/R__v.sql
exits 'flyway: again when its text changed' 0 apply f
gives 'flyway: it ran' 'SELECT n FROM v' 2

db tern
three t 00%d_t.sql '' '---- create above / drop below ----
DROP TABLE nothing;
'
adopt tern tern t 'SELECT version FROM schema_version' 3
rm t/002_t.sql
exits 'tern: a gap: exit 2' 2 apply t
says 'tern: both are named' 'between 001_t.sql and 003_t.sql'

db postgrator
three q 00%d.do.t.sql
adopt postgrator postgrator q "SELECT string_agg(concat_ws(' ', version, name, left(md5, 4)), ',' ORDER BY version) FROM schemaversion" \
	"0,1 t $(md5sum <q/001.do.t.sql | cut -c1-4),2 t $(md5sum <q/002.do.t.sql | cut -c1-4),3 t $(md5sum <q/003.do.t.sql | cut -c1-4)"
if peer postgrator "$PEERS/node_modules/postgrator"; then
	cat >"$box/postgrator.mjs" <<-JS
	import { createRequire } from 'module';
	const require = createRequire('$PEERS/');
	const pg = require('pg'), Postgrator = (await import('$PEERS/node_modules/postgrator/postgrator.js')).default;
	const client = new pg.Client({ connectionString: process.env.DATABASE_URL.replace('@/', '@localhost/') });
	await client.connect();
	const p = new Postgrator({ driver: 'pg', migrationPattern: '$box/q/*', execQuery: (q) => client.query(q) });
	console.log((await p.migrate()).length);
	await client.end();
	JS
	node postgrator.mjs >got 2>&1
	same 'postgrator agrees' got <<-TEXT
	0
	TEXT
fi

db alembic
mkdir a
printf 'CREATE TABLE t1 (n int);' >a/0001_aaa.sql
printf "BEGIN;\nCREATE TABLE t2 (n int);\nUPDATE alembic_version SET version_num = 'bbb' WHERE version_num = 'aaa';\nCOMMIT;\n" >a/0002_bbb.sql
printf 'CREATE TABLE t3 (n int);' >a/0003_ccc.sql
adopt alembic plain a 'SELECT version_num FROM alembic_version' ccc
if peer alembic alembic; then
	mkdir -p al/versions
	printf '[alembic]\nscript_location = al\n' >alembic.ini
	cat >al/env.py <<-PY
	import os
	from alembic import context
	from sqlalchemy import create_engine
	url = os.environ['DATABASE_URL'].replace('postgres://', 'postgresql://')
	with create_engine(url).connect() as c:
	    context.configure(connection=c, target_metadata=None)
	    with context.begin_transaction():
	        context.run_migrations()
	PY
	down=None
	for r in aaa bbb ccc; do
		printf 'revision = "%s"\ndown_revision = %s\ndef upgrade(): pass\ndef downgrade(): pass\n' $r "$down" >al/versions/$r.py
		down="\"$r\""
	done
	alembic current >got 2>&1
	grep -q 'ccc (head)' got
	verdict $? 'alembic agrees' || evidence got got
	alembic downgrade aaa >got 2>&1
	exits "alembic: its own revisions" 1 migrate-status -n --check al/versions
	field 'alembic: in their order, as far as it is' '[.result.style, .result.current, (.result.migrations | map(.version + " " + .state) | join(", "))] | @json' \
		'["alembic","aaa","aaa applied, bbb pending, ccc pending"]'
	exits 'alembic: are not run here: exit 1' 1 apply al/versions
	says 'alembic: but by it' 'al/versions/bbb.py: this is run by the tool that it was written for'
	alembic upgrade head >got 2>&1
	exits 'alembic: it went on, and we agree' 0 migrate-status -n --check al/versions
	printf 'revision: str = "ddd"\ndown_revision: Union[str, None] = "bbb"\n' >al/versions/ddd.py
	exits 'alembic: two heads: exit 2' 2 migrate-status -n al/versions
	says 'alembic: both are named' 'both ccc.py and ddd.py follow bbb'
fi

db graphile
three h 00000%d-t.sql
previous=-
for i in 1 2 3; do
	body="CREATE TABLE t$i (n int);"
	hash=sha1:$({ [ $previous = - ] || echo $previous; echo "$body"; } | sha1sum | cut -d' ' -f1)
	printf -- '--! Previous: %s\n--! Hash: %s\n\n%s\n' $previous "$hash" "$body" >h/00000$i-t.sql
	previous=$hash
done
adopt graphile graphile h "SELECT string_agg(filename || ' ' || (previous_hash IS NULL), ',' ORDER BY filename) FROM graphile_migrate.migrations" \
	'000001.sql true,000002.sql false,000003.sql false'
if peer graphile-migrate "$PEERS/node_modules/.bin/graphile-migrate"; then
	mkdir -p gm/migrations/committed
	cp h/*.sql gm/migrations/committed/
	: >gm/migrations/current.sql
	url=$(printf '%s' "$DATABASE_URL" | sed 's,@/,@localhost/,')
	echo '{"pgSettings": {}}' >gm/.gmrc
	(cd gm && DATABASE_URL=$url ROOT_DATABASE_URL=$url-r SHADOW_DATABASE_URL=$url-x "$PEERS/node_modules/.bin/graphile-migrate" status --skipDatabase >../got 2>&1
	 DATABASE_URL=$url ROOT_DATABASE_URL=$url-r SHADOW_DATABASE_URL=$url-x "$PEERS/node_modules/.bin/graphile-migrate" migrate >>../got 2>&1)
	grep -q 'Up to date' got
	verdict $? 'graphile-migrate agrees' || evidence got got
fi

# a history that is somebody else's
db strange
sql 'CREATE TABLE schema_migrations (version varchar PRIMARY KEY)'
sql "INSERT INTO schema_migrations VALUES ('77')"
exits 'versions that belong to other files: exit 1' 1 apply n
exits '--history handrail begins its own' 0 apply --history handrail n
exits 'no such kind: exit 2' 2 apply --history nonsense n
finish
