#!/bin/sh
# the directory styles: found by looking, read as their tools read them
[ -n "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- sh "$0" "$@"
. "$(dirname "$0")/lib.sh"
. "$top/t/pg.sh"
# style STYLE DIR: what is found, and in which order it would run
style() {
	exits "$1" 0 migrate-apply -n --dry-run "$2"
	field "$1: found, in this order" '.result.style + ": " + ([.result.pending[] | .version + " " + .name] | join(", "))' "$1: $3"
}
file() { mkdir -p "$(dirname "$1")" && printf '%s\n' "${2-SELECT 1;}" >"$1"; }

db styles
file plain/1_a.sql; file plain/10_b.sql; file plain/9.sql; file plain/20250101120000-c.sql; file plain/2.5_d.sql
style plain plain '1 a, 2.5 d, 9 , 10 b, 20250101120000 c'
file fly/V1__a.sql; file fly/V1_2__b_c.sql; file fly/V1.10__d.sql; file fly/R__v.sql; file fly/U1_2__b_c.sql; file fly/afterMigrate.sql
style flyway fly '1 a, 1.2 b_c, 1.10 d, R:v v'
says 'flyway: a callback is listed as not run' 'fly/afterMigrate.sql: a callback or another file of Flyway: not run'
file fd/sub/V2__in.sql; file fd/V1.sql; file fd/v3__lower.sql; file fd/V4.1.0__x.sql; file fd/V4__y.sql.orig; file fd/V5__.sql; file fd/other/x.sql
style flyway fd '1 , 2 in, 4.1.0 x, 5 '
says 'flyway: a lower-case v is none' 'fd/v3__lower.sql: a callback or another file of Flyway: not run'
says 'flyway: a backup copy is none' 'fd/V4__y.sql.orig: a backup copy'
says 'flyway: a directory without migrations is told of' 'fd/other/: a directory: what is in it is not read'
file fc/V1__t.sql 'CREATE TABLE fc (n int);'; file fc/V2__i.sql 'CREATE TABLE fc2 (n int); CREATE TABLE fc2 (n int);'
echo 'executeInTransaction = false' >fc/V2__i.sql.conf
exits 'flyway: a file that asks for no transaction: exit 4' 4 migrate-apply -n --history h.fc fc
gives 'flyway: keeps what is done' "SELECT to_regclass('fc2')" fc2
echo 'shouldExecute=false' >fc/V2__i.sql.conf
exits 'flyway: another setting: exit 2' 2 migrate-apply -n --history h.fc fc
says 'flyway: is named' 'fc/V2__i.sql.conf: a setting that is not had here: shouldExecute=false'
file fj/V1__a.sql; file fj/V2__Fill.java; file fj/V3__c.sql
exits 'flyway: a migration in Java stops: exit 1' 1 migrate-apply -n fj
says 'flyway: it is named' 'fj/V2__Fill.java: this is run by the tool that it was written for'
file fb/V1__a.sql; file fb/V2__b.sql; file fb/B2__base.sql; file fb/V3__c.sql
style flyway fb '2 base, 3 c'
file gm/1_a.up.sql; file gm/1_a.down.sql; file gm/2_b.up.sql
style golang-migrate gm '1 a, 2 b'
file pg/001.do.a.sql; file pg/001.undo.a.sql; file pg/002.do.sql
style postgrator pg '001 a, 002 '
file dm/1_a.sql '-- migrate:up transaction:false'; file dm/2_b.sql '--migrate:up
SELECT 1;
-- migrate:down
SELECT 1/0;'
style dbmate dm '1 a, 2 b'
file go/1_a.sql '-- +goose Up
SELECT 1;
-- +goose Down
SELECT 1/0;'
style goose go '1 a'
mkdir bm; printf '\357\273\277-- migrate:up transaction:false\r\nCREATE TABLE bm (n int); CREATE TABLE bm (n int);\r\n-- migrate:down\r\nDROP TABLE bm;\r\n' >bm/1_a.sql
exits 'a byte order mark before the first mark, CRLF behind it' 4 migrate-apply -n --history h.bm bm
gives 'the mark counts' "SELECT to_regclass('bm')" bm
file gf/1_a.sql "-- +goose Up
-- +goose ENVSUB ON
SELECT '\${HOME}';"
exits 'goose: variables that it puts in: exit 2' 2 migrate-apply -n gf
says 'goose: with the line' "gf/1_a.sql:2: '-- +goose ENVSUB ON': what this asks for is done by its own tool"
file tf/001_a.sql "SELECT '{{.prefix}}';
---- create above / drop below ----"
exits 'tern: a template: exit 2' 2 migrate-apply -n tf
file sm/1_a.sql '-- +migrate Up notransaction
SELECT 1;'
style sql-migrate sm '1 a'
file tn/001_a.sql 'SELECT 1;
---- create above / drop below ----
SELECT 1/0;'
style tern tn '001 a'
file t2/001_a.sql 'SELECT 1;'; file t2/002_b.sql 'CREATE TABLE t2 (n int);
---- create above / drop below ----
DROP TABLE t2;'
exits 'tern: only the second file has a way back, which is not run as a way up: exit 2' 2 migrate-apply -n --history h.t2 t2
says 'tern: with the line and what to say' "t2/002_b.sql:2: '---- create above / drop below ----' is how tern begins the way back"
exits 'tern: said by name' 0 migrate-apply -n --history h.t2 --style tern t2
file np/1700000000000_a.sql '-- Up Migration
SELECT 1;
-- Down Migration
SELECT 1/0;'
style node-pg-migrate np '1700000000000 a'
file pr/20240101_a/migration.sql; file pr/20240102_b/migration.sql; file pr/migration_lock.toml
style directories pr '20240101 a, 20240102 b'
printf 'provider = "mysql"\n' >pr/migration_lock.toml
exits 'prisma: of another database: exit 2' 2 migrate-apply -n pr
says 'prisma: which' 'these migrations are for mysql, not for Postgres'
file di/2024-01-01-000000_a/up.sql; printf 'provider = "mysql"\n' >pr/migration_lock.toml
exits 'prisma: of another database: exit 2' 2 migrate-apply -n pr
says 'prisma: which' 'these migrations are for mysql, not for Postgres'
file di/2024-01-01-000000_a/down.sql
style directories di '2024-01-01-000000 a'
exits 'the ways down are not run' 0 sh -c 'for d in dm go tn np; do migrate-apply -nq --history "h.$d" $d || exit; done'

file sq/sqitch.plan '%syntax-version=1.0.0
%project=x

users 2024-01-01T00:00:00Z A <a@b> # one
@v1 2024-01-01T00:00:00Z A <a@b> # tag
flips [users] 2024-01-02T00:00:00Z A <a@b> # two'
file sq/deploy/users.sql 'BEGIN;
CREATE TABLE users (n int);
COMMIT;'
file sq/revert/users.sql 'DROP TABLE users;'; file sq/deploy/flips.sql; file sq/revert/flips.sql
style sqitch sq 'users , flips '
exits 'sqitch: up' 0 migrate-apply -n --history h.s sq
exits 'sqitch: down to the first' 0 migrate-apply -n --history h.s --down-to users --accept-data-loss sq
field 'sqitch: there' '[.result.reverted[0].version, .result.after] | join(" ")' 'flips users'

file bk/1_a.sql; file bk/1_a.sql~; file bk/2_b.sql.swp; file bk/.3_c.sql; chmod +x bk/1_a.sql~
style plain bk '1 a'
says 'a backup copy is not run, executable or not' 'bk/1_a.sql~: a backup copy'
file code/1_a.sql '-- Up Migration
SELECT 1;'; file code/2_b.js; file code/2_b.ts; file code/3_c.sql; file code/2_b.d.ts; file code/index.js
exits 'a migration in another language stops: exit 1' 1 migrate-apply -n --history h.code code
field 'not-sql' .error.code not-sql
says 'and is named' 'code/2_b.js: this is run by the tool that it was written for'
gives 'before anything is done' "SELECT to_regclass('h.code')" ''
exits 'what is before it can go' 0 migrate-apply -n --history h.code --to 1 code
exits 'and what is after it, when it is there' 0 migrate-apply -n --history h.code --baseline 2 code
field 'that is' '[.result.applied[].version] | join(" ")' 3
exits '--style overrules' 0 migrate-apply -n --dry-run --style plain gm
exits '--style of no such name: exit 2' 2 migrate-apply -n --style nonsense gm
says 'names those there are' 'the styles are '
file dup/1_a.up.sql; file dup/01_b.up.sql
exits 'two of one version: exit 2' 2 migrate-apply -n dup
says 'both are named' '01_b.up.sql and 1_a.up.sql'
file two/1_a.up.sql; file two/1_a.down.sql; file two/01_b.down.sql
exits 'two ways down of one version: exit 2' 2 migrate-apply -n two
says 'both are named' 'two files take version 1 back: two/01_b.down.sql and two/1_a.down.sql'
mkdir dj && file dj/meta/_journal.json '{"dialect":"mysql","entries":[{"idx":0,"when":1,"tag":"0000_a"}]}'; file dj/0000_a.sql
exits 'drizzle: of another database: exit 2' 2 migrate-apply -n dj
says 'drizzle: which' 'these migrations are for mysql, not for Postgres'
file pe/1_a/migration.sql; file pe/2_b/steps.json
style directories pe '1 a'
says 'prisma: a migration without its file is told of' 'pe/2_b/: a directory: what is in it is not read'
file lone/1_a.up.sql; file lone/2_b.down.sql
exits 'a way down without a way up: exit 2' 2 migrate-apply -n lone
says 'is named' 'lone/2_b.down.sql: there is no file for the way up of version 2'
file nomark/1_a.sql '-- migrate:up'; file nomark/2_b.sql '-- migrate:down'
exits 'a file without its mark: exit 2' 2 migrate-apply -n nomark
says 'is named' "nomark/2_b.sql: there is no line '-- migrate:up'"
ln -s nowhere plain/30_x.sql
exits 'a file that cannot be read: exit 2' 2 migrate-apply -n plain
says 'is named' 'plain/30_x.sql: '
# what ends a statement there needs no ";"
db marks
mkdir -p mg md/meta mm
printf -- '-- +goose Up\n-- +goose StatementBegin\nCREATE TABLE ga (n int)\n-- +goose StatementEnd\n--+goose statementend\nCREATE TABLE gb (n text DEFAULT $$\n a -- +goose StatementEnd\n$$);\n-- +goose Down\n-- +goose StatementBegin\nDROP TABLE ga\n-- +goose StatementEnd\nDROP TABLE gb;\n' >mg/1_a.sql
exits 'goose: StatementEnd' 0 migrate-apply -n --history h.mg mg
gives 'goose: but not in the middle of a line' "SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = 'gb'::regclass" "'
 a -- +goose StatementEnd
'::text"
exits 'goose: and down' 0 migrate-apply -n --history h.mg --down-to 0 --accept-data-loss mg
echo '{"version":"7","dialect":"postgresql","entries":[{"idx":0,"version":"7","when":1700000000000,"tag":"0000_a","breakpoints":true}]}' >md/meta/_journal.json
printf 'CREATE TABLE da (n int)\n--> statement-breakpoint\nCREATE TABLE db (n int)--> statement-breakpoint\nCREATE TABLE dc (n int); SELECT nix' >md/0000_a.sql
exits 'drizzle: statement-breakpoint' 1 migrate-apply -n --history h.md md
says 'drizzle: places stay what they were' 'md/0000_a.sql:4:33: column "nix" does not exist'
sed -i 's/ SELECT nix//' md/0000_a.sql
exits 'drizzle: all are run' 0 migrate-apply -n --history h.md md
printf -- '-- +migrate Up\n-- +migrate StatementBegin\nCREATE TABLE sa (n int)\n-- +migrate StatementEnd\nCREATE TABLE sb (n int);\n-- +migrate Down\nDROP TABLE sb; DROP TABLE sa;\n' >mm/1_a.sql
exits 'sql-migrate: StatementEnd' 0 migrate-apply -n --history h.mm mm
printf -- '-- liquibase formatted sql\n--changeset bob:1 endDelimiter:/\nSELECT 1\n/\n' | tee l.sql >/dev/null
mkdir ml && mv l.sql ml/1_l.sql
exits 'liquibase: its files are its own: exit 2' 2 migrate-apply -n --history h.ml ml
says 'liquibase: with the line' "ml/1_l.sql:1: 'liquibase formatted sql'"

# tools whose history is not adopted
db sqlx
mkdir mx
echo 'CREATE TABLE x (n int);' >mx/20240101000000_x.sql
echo 'CREATE TABLE y (n int);' >mx/20240102000000_y.sql
sql "CREATE TABLE _sqlx_migrations (version bigint PRIMARY KEY, description text NOT NULL, installed_on timestamptz NOT NULL DEFAULT now(), success boolean NOT NULL, checksum bytea NOT NULL, execution_time bigint NOT NULL); CREATE TABLE x (n int); INSERT INTO _sqlx_migrations VALUES (20240101000000, 'x', now(), true, '', 1)"
exits 'sqlx has been here: exit 2' 2 migrate-apply -n mx
says 'up to where' 'sqlx has migrated this database up to 20240101000000, by its table public._sqlx_migrations'
exits 'a history of our own goes on' 0 migrate-apply -n --history handrail --baseline 20240101000000 mx
exits 'and is found without being named' 0 migrate-status -n --check mx
finish
