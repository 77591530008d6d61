#!/bin/sh
# shellcheck disable=SC2016 # the placeholders are some
# Flyway puts values in for ${name}, asked for or not: from options, from its own environment; what has none stops
[ -n "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- sh "$0" "$@"
. "$(dirname "$0")/lib.sh"
. "$top/t/pg.sh"
apply() { migrate-apply -n "$@"; }
file() { mkdir -p "$(dirname "$1")" && printf '%s\n' "${2-SELECT 1;}" >"$1"; }

db fly
file f/V1__t.sql 'CREATE TABLE t (n text);'
file f/V2__in.sql '-- of a stage
INSERT INTO t VALUES ('\''${Stage}'\'');'
exits 'one without a value: exit 2' 2 apply --history flyway f
says 'with its place and its name' 'f/V2__in.sql:2:24: the placeholder ${Stage} has no value'
says 'and what to type' "hint: --placeholder 'Stage=VALUE', or FLYWAY_PLACEHOLDERS_Stage in the environment"
gives 'nothing is done, also of the files before it' "SELECT to_regclass('t'), count(*) FROM flyway_schema_history" '|0'
exits 'migrate-status does not look into files that run once' 0 migrate-status -n f
exits 'its value as an option, in any case' 0 apply --placeholder stage=test f
gives 'is put in' 'SELECT n FROM t' test
gives 'the checksum is that of the file, as Flyway has it' "SELECT checksum FROM flyway_schema_history WHERE version = '2'" 2093358571
exits 'an applied one needs no value' 0 apply f

# what runs again when it changes is summed up with its values
file f/R__v.sql 'CREATE OR REPLACE VIEW v AS SELECT '\''${stage} ${x.y-z}'\'' AS s;'
exits 'a repeatable one without a value: exit 2' 2 apply f
says 'is named' 'f/R__v.sql:1:37: the placeholder ${stage} has no value'
export FLYWAY_PLACEHOLDERS_STAGE=test FLYWAY_PLACEHOLDERS_OTHER=no
exits 'values of the environment, and of an option' 0 apply --placeholder x.y-z=1 f
gives 'both are put in' 'SELECT s FROM v' 'test 1'
gives 'the checksum is that of the text with its values, as Flyway has it' "SELECT checksum FROM flyway_schema_history WHERE version IS NULL" 530363712
exits 'not again with the same values' 0 apply --placeholder x.y-z=1 f
field 'unchanged' .status unchanged
exits 'migrate-status needs the values of one that has run: exit 2' 2 migrate-status -n f
says 'says so' 'migrate-status: f/R__v.sql:1:46: the placeholder ${x.y-z} has no value'
exits 'and takes them' 0 migrate-status -n --check --placeholder x.y-z=1 f
exits 'again with another value' 0 apply --placeholder x.y-z=2 f
gives 'it ran' 'SELECT s FROM v' 'test 2'
exits 'an empty value is one' 0 env FLYWAY_PLACEHOLDERS_STAGE= migrate-apply -n --placeholder x.y-z=2 f
gives 'it is put in' 'SELECT s FROM v' ' 2'
mv f/R__v.sql .
exits 'one that is gone: exit 1' 1 apply f
field 'is not where the database stands' .result.before 2
echo 'SELECT 2;' >f/R__v.sql

file f/V3__odd.sql 'SELECT $${"a": 1}$$;'
exits 'all up to a brace is a name to Flyway: exit 2' 2 apply f
says 'it is named' 'f/V3__odd.sql:1:9: the placeholder ${"a": 1} has no value'
echo 'placeholderReplacement=false' >f/V3__odd.sql.conf
exits 'but in a file that asks for none' 0 apply f
file f/V4__odd.sql "INSERT INTO t VALUES ('\${stage}');"
exits 'FLYWAY_PLACEHOLDER_REPLACEMENT=false' 0 env FLYWAY_PLACEHOLDER_REPLACEMENT=false migrate-apply -n f
gives 'leaves all as it is' 'SELECT string_agg(n, $$,$$ ORDER BY n) FROM t' '${stage},test'
file f/V5__end.sql 'SELECT ${stage'
exits 'one without an end: exit 2' 2 apply f
says 'is shown' 'f/V5__end.sql:1:8: the placeholder ${stage has no value'
file f/V5__end.sql "INSERT INTO t VALUES ('\${}');"
exits 'one without a name: exit 2' 2 apply f
file f/V5__end.sql
exits 'other marks: exit 2' 2 env FLYWAY_PLACEHOLDER_PREFIX='#[' migrate-apply -n f
says 'are refused by name' "FLYWAY_PLACEHOLDER_PREFIX is '#[': only placeholders like \${name} are filled in here"
export FLYWAY_PLACEHOLDERS_DBPASSWORD=hunter22
file f/V5__end.sql "CREATE ROLE r PASSWORD '\${dbPassword}' WRONG;"
exits 'an error behind a password' 1 apply f
! grep -q hunter22 out err
verdict $? 'which is nowhere' || evidence out out

db plain
file p/1_x.sql "CREATE TABLE x AS SELECT '\${stage}' AS s;"
exits 'other directories: nothing is a placeholder' 0 apply p
gives 'whatever Flyway is told' 'SELECT s FROM x' '${stage}'
finish
