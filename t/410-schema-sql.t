#!/bin/sh
# --format sql: each case of t/schema is named as its file expect says, and the SQL leads there and back, by model and by pg_dump.
# All cases go through in one run, each in a schema of its name; those with a file since need a server of that version.
# EXPECT=write writes the files anew.
[ -n "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- sh "$0" "$@"
. "$(dirname "$0")/lib.sh"

# shellcheck disable=SC2317 # called by exits
compare() { schema-diff -n --scratch "$DATABASE_URL" "$@"; }
at() { printf %s "$DATABASE_URL" | sed "s,/[^/?]*\(?\|$\),/$1\1,"; }

cases=
for case in "$top"/t/schema/*/; do
	[ -e "$case/since" ] && ! since "$(cat "$case/since")" || cases="$cases $case"
done

for side in from to; do
	for case in $cases; do
		name=$(basename "$case")
		printf 'CREATE SCHEMA %s; SET search_path = %s;\n' "$name" "$name"
		cat "$case/$side.sql"
	done >$side.sql
done

exits 'the SQL of all cases leads there' 0 compare --write sql=up.sql from.sql to.sql
tail -n 1 out | jq -r '.result.changes[] | (.schema // "") as $case | [$case, .action, .kind, .object, .path // "-",
    .old_code, ([.hazards[] | select(.class != "new-code") | .id] | join(",") | if . == "" then "-" else . end)] | join("|")' >changes
for case in $cases; do
	name=$(basename "$case")
	awk -F'|' -v n="$name" '$1 == n || ($1 == "" && match($4, "(^|[^a-z_])" n "([^a-z_]|$)"))' changes >got
	cat got >>told
	[ "${EXPECT-}" = write ] && cp got "$case/expect"
	same "$name" got <"$case/expect"
done
sort changes >had
sort told | comm -13 - had | grep -v '|citext|\||ltree|\|^extension_moved_' >strangers
same 'no change belongs to no case' strangers </dev/null

exits 'and back' 0 compare --write sql=down.sql to.sql from.sql
exits 'by plain statements, too' 0 compare --plain --write sql=plain.sql from.sql to.sql
! grep -q CONCURRENTLY plain.sql; verdict $? 'which hold none that cannot stand in a transaction'
schema-diff -n --lint --format text up.sql >lint 2>/dev/null
! grep 'validate-in-transaction' lint; verdict $? 'no table is read whole under the lock of the statement before'
! grep -q ' USING .*::character' up.sql; verdict $? 'a text that is too long for its new type is refused, not cut'
awk '/handrail_not_null CHECK/ && /column_not_null_proven/ { found = 1 } END { exit found }' up.sql
verdict $? 'nothing is proved that a CHECK has proven'
! grep -q '^\(DROP\|CREATE\) POLICY .* ON policy_alter\.' up.sql; verdict $? 'a policy that changes is never away'
[ "$(grep -c '^ALTER DOMAIN domain_check[a-z_]*\.d VALIDATE' up.sql)" = 3 ]; verdict $? 'a rule of a domain is validated by itself'
for rule in 0 1; do
	echo "CREATE TABLE t (a int, CONSTRAINT c CHECK (a > $rule)); CREATE DOMAIN d AS int CONSTRAINT c CHECK (VALUE > $rule);" >rule$rule.sql
	echo "CREATE TABLE p (p0 int NOT NULL, p1 int NOT NULL, CONSTRAINT p_$rule PRIMARY KEY (p$rule));" \
	    "CREATE TABLE k (k0 int NOT NULL, k1 int NOT NULL, PRIMARY KEY (k$rule));" \
	    "CREATE TABLE u (u0 int, u1 int, CONSTRAINT u_key UNIQUE (u$rule))" >key$rule.sql
	# beside an index, a label and a key, which are built and added outside of transactions
	echo "CREATE TYPE e AS ENUM ('a'); CREATE TABLE p (a int, b int, c e, UNIQUE (a));" \
	    "CREATE TABLE r (a int, CONSTRAINT f FOREIGN KEY (a) REFERENCES p (a), CONSTRAINT x EXCLUDE USING btree (a WITH =));" \
	    "CREATE INDEX i ON p (b); ALTER TABLE p ADD CHECK (c IN ('a'))" >beside0.sql
	echo "CREATE TYPE e AS ENUM ('a', 'b'); CREATE TABLE p (a int, b int NOT NULL, c e, PRIMARY KEY (b));" \
	    "CREATE TABLE r (a int, CONSTRAINT f FOREIGN KEY (a) REFERENCES p (b), CONSTRAINT x EXCLUDE USING btree (a WITH =) WHERE (a > 1));" \
	    "CREATE INDEX i ON p (b, a); ALTER TABLE p ADD CHECK (c IN ('a', 'b'))" >beside1.sql
	# an index under a foreign key
	echo "CREATE TABLE p (a int, b int); CREATE UNIQUE INDEX u ON p (a)$([ $rule = 0 ] || echo ' INCLUDE (b)'); CREATE TABLE r (a int REFERENCES p (a));" >under$rule.sql
	# and those that are made anew with a function
	type=$([ $rule = 0 ] && echo int || echo bigint)
	echo "CREATE FUNCTION f(int) RETURNS $type LANGUAGE sql IMMUTABLE AS 'SELECT 1::$type';" \
	    "CREATE TABLE a (a int DEFAULT f(1), CHECK (f(a) > 0)); CREATE INDEX i ON a (f(a)); CREATE VIEW v AS SELECT f(1) > 0 AS x;" \
	    "CREATE POLICY p ON a USING (f(a) > 0);" \
	    "CREATE TRIGGER w BEFORE UPDATE ON a FOR EACH ROW WHEN (f(NEW.a) > 1) EXECUTE FUNCTION suppress_redundant_updates_trigger()" >anew$rule.sql
done
for what in rule key beside under anew; do
	exits "${what}s that change" 0 compare --write sql=$what.sql ${what}0.sql ${what}1.sql
	awk '{ sub(/;$/, "") } /handrail_not_null|p_a_key/ { next } / DROP / { gone[$3] } / ADD | SET DEFAULT / { delete gone[$3] }
	    /^DROP [PTV]/ { gone[$3] } /^CREATE [PTV]/ { delete gone[$3] }
	    /^COMMIT/ { for (x in gone) left++ } END { exit left }' $what.sql
	verdict $? 'are never away'
done
grep -q 'INDEX CONCURRENTLY' beside.sql; verdict $? 'while indexes are built outside of transactions'
exits 'from nothing' 0 compare --format sql empty to.sql
exits 'to nothing' 0 compare --format sql to.sql empty
if since 15; then
	exits 'the zoo from nothing' 0 compare --write sql=zoo.sql empty "$top/t/schema/zoo.sql"
	exits 'the zoo to nothing' 0 compare --format sql "$top/t/schema/zoo.sql" empty
fi

# pg_dump knows nothing of our model; the order of columns and parents is that of their making, and no ALTER makes a column of one's own
# one that is the parent's alone, nor can the name be changed that a partition's NOT NULL has since 18
lines() {
	pg_dump -s -T table_no_inherit.t -T table_inherit_column_kept.t -T 'table_inherit_first.*' "$@" | grep -v '^--\|restrict' |
	    sed 's/,$//; s/ CONSTRAINT t_id_not_null NOT NULL/ NOT NULL/' | sort
}
for db in walked made origin; do psql -Xqc "CREATE DATABASE $db" "$DATABASE_URL"; done
exits 'psql takes the script' 0 sh -c "psql -Xqv ON_ERROR_STOP=1 -f from.sql '$(at walked)' && psql -Xqv ON_ERROR_STOP=1 -f up.sql '$(at walked)'"
psql -Xqf to.sql "$(at made)" 2>/dev/null
[ "$(psql -XAtc 'SELECT last_value FROM sequence_begins_later.used' "$(at walked)")" = 5000 ]
verdict $? 'a sequence that is behind its new beginning already goes on'
[ "$(psql -XAtc 'SELECT last_value FROM column_serial_to_identity_type.t_a_seq' "$(at walked)")" = 700 ]
verdict $? 'a serial column that becomes an identity goes on with its number'
lines "$(at walked)" >walked.dump
lines "$(at made)" >made.dump
exits 'pg_dump sees the same as of the schema itself' 0 diff walked.dump made.dump
psql -Xqf from.sql "$(at origin)" 2>/dev/null
lines -T table_inherit_own.t "$(at origin)" >origin.dump
exits 'psql takes the way back' 0 psql -Xqv ON_ERROR_STOP=1 -f down.sql "$(at walked)"
[ "$(psql -XAtc 'SELECT last_value FROM column_serial_to_identity_type.t_a_seq' "$(at walked)")" = 700 ]
verdict $? 'and so does an identity that becomes a serial column'
lines -T table_inherit_own.t "$(at walked)" >back.dump
exits 'after which pg_dump sees what was there before' 0 diff back.dump origin.dump
exits 'a live database is copied by SQL of our own for the proof' 0 compare --format sql "$(at made)" from.sql

# what a newer pg_dump sets, an older server does not know; no server takes how it attaches the parts of exclusions
pg_dump -s -N partition_exclusion -N partition_overlaps "$(at made)" | grep -v "^SET transaction_timeout = " >made.sql
exits 'nothing differs after dump and restore' 0 compare --fail-on any --exclude extension_add --exclude partition_exclusion --exclude partition_overlaps "$(at made)" made.sql

if since 15; then
	for db in zoo zoo_made; do psql -Xqc "CREATE DATABASE $db" "$DATABASE_URL"; done
	exits 'psql takes the script of the zoo' 0 psql -Xqv ON_ERROR_STOP=1 -f zoo.sql "$(at zoo_made)"
	psql -Xqf "$top/t/schema/zoo.sql" "$(at zoo)" 2>/dev/null
	lines "$(at zoo)" | grep -v 'password' >zoo.dump
	lines "$(at zoo_made)" >zoo_made.dump
	exits 'pg_dump sees the zoo in it' 0 diff zoo_made.dump zoo.dump
fi

printf 'CREATE TABLE t (a integer)' >one.sql
cp one.sql two.sql
exits 'what cannot be proved' 2 schema-diff -n --format sql --scratch 'dbname=nowhere host=/nowhere' one.sql two.sql
[ ! -s out ]; verdict $? 'is not printed'
finish
