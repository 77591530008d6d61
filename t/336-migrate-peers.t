#!/bin/sh
# a peer begins, we go on in its history, and the peer agrees that nothing is left; then it goes on itself, and we agree
[ -n "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- sh "$0" "$@"
. "$(dirname "$0")/lib.sh"
. "$top/t/pg.sh"
apply() { migrate-apply -n "$@"; }
# $PEERS holds node_modules with the peers; "make npm" puts them there
PEERS=${PEERS-$top/build/npm}
modules=$PEERS/node_modules
exists() { [ -e "$modules/$1" ] || { verdict 0 "$1 # SKIP is not here"; return 1; }; }
# peer NAME COMMAND...: must succeed
peer() {
	name=$1
	shift
	"$@" >peer.out 2>&1
	verdict $? "$name" || evidence peer peer.out
}
# url: as peers for JavaScript take it, on the socket
url() { printf '%s\n' "$DATABASE_URL" | sed 's,@/,@localhost/,'; }
# adopts KIND DIR COUNT: we go on with what the peer began
adopts() {
	exits "$1: its history is read" 0 migrate-status -n "$2"
	field "$1: as far as it came" '[.result.history_kind, .result.pending_count] | @json' "[\"$1\",$3]"
	exits "$1: we go on" 0 apply "$2"
	field "$1: with the rest" '.result.applied | length' "$3"
}
agrees() { # agrees KIND DIR: nothing is left for us after the peer went on
	exits "$1: we agree" 0 migrate-status -n --check "$2"
}

if exists .bin/dbmate; then
	db dbmate
	mkdir d
	for i in 1 2 3 4; do printf -- '-- migrate:up\nCREATE TABLE t%d (n int);\n-- migrate:down\nDROP TABLE t%d;\n' $i $i >d/00${i}_t.sql; done
	dbmate() { "$modules/.bin/dbmate" --no-dump-schema --url "postgres://handrail@/dbmate?socket=$(printf '%s' "$DATABASE_URL" | sed 's/.*host=\([^&]*\).*/\1/; s/%2F/\//g')" "$@"; }
	mkdir d1 && cp d/001* d/002* d1
	peer 'dbmate begins' dbmate -d d1 migrate
	mkdir d3 && cp d/00[123]* d3
	adopts dbmate d3 1
	peer 'dbmate: nothing pending' dbmate -d d3 status --exit-code
	peer 'dbmate takes back what we applied' dbmate -d d3 rollback
	peer 'dbmate goes on' dbmate -d d migrate
	agrees dbmate d
fi

if exists .bin/node-pg-migrate; then
	db node
	mkdir n
	for i in 1 2 3 4; do printf -- '-- Up Migration\nCREATE TABLE t%d (n int);\n-- Down Migration\nDROP TABLE t%d;\n' $i $i >n/170000000000${i}_t.sql; done
	npm_migrate() { (cd "$PEERS" && DATABASE_URL=$(url) node_modules/.bin/node-pg-migrate "$@" -m "$box/n" --migration-file-language sql); }
	peer 'node-pg-migrate begins' npm_migrate up 2
	mv n/1700000000004_t.sql four
	adopts node-pg-migrate n 1
	npm_migrate up >peer.out 2>&1
	grep -q 'No migrations to run' peer.out
	verdict $? 'node-pg-migrate: nothing pending' || evidence peer peer.out
	peer 'node-pg-migrate takes back what we applied' npm_migrate down 1
	mv four n/1700000000004_t.sql
	peer 'node-pg-migrate goes on' npm_migrate up
	agrees node-pg-migrate n
fi

if command -v sql-migrate >/dev/null; then
	db gorp
	mkdir g g1 g3
	for i in 1 2 3 4; do printf -- '-- +migrate Up\nCREATE TABLE t%d (n int);\n-- +migrate StatementBegin\nDO $$ BEGIN PERFORM 1; END $$;\n-- +migrate StatementEnd\n\n-- +migrate Down\nDROP TABLE t%d;\n' $i $i >g/2024010$i-t.sql; done
	printf -- '-- +migrate Up notransaction\nCREATE TABLE last (n int);\n-- +migrate Down\nDROP TABLE last;\n' >g/last.sql
	cp g/20240101-t.sql g/20240102-t.sql g1 && cp g/2024010[123]-t.sql g3
	gorp() { # gorp DIR COMMAND
		printf 'development:\n  dialect: postgres\n  datasource: user=handrail dbname=gorp host=%s sslmode=disable\n  dir: %s\n  table: gorp_migrations\n' \
			"$(printf '%s' "$DATABASE_URL" | sed 's/.*host=\([^&]*\).*/\1/; s,%2F,/,g')" "$1" >dbconfig.yml
		sql-migrate "$2"
	}
	peer 'sql-migrate begins' gorp g1 up
	adopts sql-migrate g3 1
	gorp g3 up >peer.out 2>&1
	grep -q 'Applied 0 migrations' peer.out
	verdict $? 'sql-migrate: nothing pending' || evidence peer peer.out
	peer 'sql-migrate takes back what we applied' gorp g3 down
	exits 'and we see it' 1 migrate-status -n --check g3
	peer 'sql-migrate goes on' gorp g up
	agrees sql-migrate g
	exits 'sql-migrate: down' 0 apply --down-to 20240102 --accept-data-loss g
	gives 'sql-migrate: is gone from its table' "SELECT string_agg(id, ' ' ORDER BY id) FROM gorp_migrations" '20240101-t.sql 20240102-t.sql'
else
	verdict 0 'sql-migrate # SKIP is not here'
fi

if exists postgrator; then
	db postgrator
	mkdir q
	for i in 1 2 3 4; do printf 'CREATE TABLE t%d (n int);\n' $i >q/00$i.do.t.sql; printf 'DROP TABLE t%d;\n' $i >q/00$i.undo.t.sql; done
	cat >p.mjs <<-JS
	import { createRequire } from 'module';
	const require = createRequire('$PEERS/');
	const pg = require('pg'), Postgrator = (await import('$modules/postgrator/postgrator.js')).default;
	const client = new pg.Client({ connectionString: process.env.URL });
	await client.connect();
	const p = new Postgrator({ driver: 'pg', migrationPattern: '$box/q/*', execQuery: (q) => client.query(q) });
	console.log((await p.migrate(process.argv[2])).length);
	await client.end();
	JS
	postgrator() { URL=$(url) node p.mjs "$1"; }
	peer 'postgrator begins' postgrator 002
	adopts postgrator q 2
	postgrator max >peer.out 2>&1
	same 'postgrator: nothing pending' peer.out <<-TEXT
	0
	TEXT
	peer 'postgrator takes back what we applied' postgrator 002
	peer 'postgrator goes on' postgrator max
	agrees postgrator q
fi

if exists .bin/graphile-migrate; then
	db graphile
	mkdir -p gm/migrations/committed
	: >gm/migrations/current.sql
	echo '{"pgSettings": {}}' >gm/.gmrc
	previous=
	for i in 1 2 3 4; do
		body="CREATE TABLE t$i (n int);"
		hash=sha1:$({ [ -z "$previous" ] || echo "$previous"; echo "$body"; } | sha1sum | cut -d' ' -f1)
		printf -- '--! Previous: %s\n--! Hash: %s\n--! Message: m%d\n\n%s\n' "${previous:--}" "$hash" $i "$body" >gm/00000$i-t.sql
		previous=$hash
	done
	graphile() { (cd gm && DATABASE_URL=$(url) ROOT_DATABASE_URL=$(url)-r SHADOW_DATABASE_URL=$(url)-x "$modules/.bin/graphile-migrate" "$@"); }
	mv gm/00000[12]-t.sql gm/migrations/committed
	peer 'graphile-migrate begins' graphile migrate
	mv gm/000003-t.sql gm/migrations/committed
	adopts graphile gm/migrations/committed 1
	graphile migrate >peer.out 2>&1
	grep -qi 'up to date' peer.out
	verdict $? 'graphile-migrate: nothing pending' || evidence peer peer.out
	mv gm/000004-t.sql gm/migrations/committed
	peer 'graphile-migrate goes on' graphile migrate
	agrees graphile gm/migrations/committed
	sed -i 's/t2/t22/' gm/migrations/committed/000002-t.sql
	exits 'graphile: a changed file: exit 1' 1 apply gm/migrations/committed
	field 'graphile: with its word' .error.code changed-file
fi

if exists drizzle-orm; then
	db drizzle
	mkdir -p z/meta
	journal() { # journal N: the first N
		i=0
		printf '{"version":"7","dialect":"postgresql","entries":['
		while [ $i -lt "$1" ]; do
			[ $i = 0 ] || printf ,
			printf '{"idx":%d,"version":"7","when":100%d,"tag":"000%d_t","breakpoints":true}' $i $i $i
			i=$((i + 1))
		done
		printf ']}\n'
	}
	for i in 0 1 2 3; do printf 'CREATE TABLE t%d (n int);\n--> statement-breakpoint\nCREATE INDEX ON t%d (n);\n' $i $i >z/000${i}_t.sql; done
	cat >z.mjs <<-JS
	import { createRequire } from 'module';
	const require = createRequire('$PEERS/');
	const pg = require('pg');
	const { drizzle } = require('drizzle-orm/node-postgres'), { migrate } = require('drizzle-orm/node-postgres/migrator');
	const pool = new pg.Pool({ connectionString: process.env.URL });
	await migrate(drizzle(pool), { migrationsFolder: '$box/z' });
	await pool.end();
	JS
	drizzle() { URL=$(url) node z.mjs; }
	journal 2 >z/meta/_journal.json
	peer 'drizzle begins' drizzle
	journal 3 >z/meta/_journal.json
	adopts drizzle z 1
	peer 'drizzle finds nothing to do' drizzle
	gives 'drizzle: nothing was pending' 'SELECT count(*) FROM drizzle.__drizzle_migrations' 3
	journal 4 >z/meta/_journal.json
	peer 'drizzle goes on' drizzle
	agrees drizzle z
	exits 'drizzle: and as a history of ours' 0 apply --import-history z
	field 'drizzle: all came over' '[.result.imported, .result.history_kind] | @json' '[4,"drizzle"]'
fi
finish
