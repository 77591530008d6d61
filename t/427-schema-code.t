#!/bin/sh
# what schema-diff says of old and new code, against what code does: each row of t/data/code-cases.tsv is a schema, a change of it,
# statements of old code and of new code. Both are run before the change and after it. Where one fails that ran, "compatible" would
# be a lie; the second and third column pin what is said, so that there are no false alarms either.
# EXPECT=write writes these columns anew.
[ -n "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- sh "$0" "$@"
. "$(dirname "$0")/lib.sh"
cases=$top/t/data/code-cases.tsv
at() { printf %s "$DATABASE_URL" | sed "s,/[^/?]*\(?\|$\),/$1\1,"; }

# each case in a schema of its own
awk -F '\t' 'BEGIN { print "CREATE ROLE code_app;" } { printf "CREATE SCHEMA s%d; GRANT USAGE ON SCHEMA s%d TO code_app; SET search_path = s%d; %s;\n", NR, NR, NR, $4 }' "$cases" >before.sql
awk -F '\t' '{ printf "SET search_path = s%d; %s;\n", NR, $5 }' "$cases" >change.sql
# a line for each statement that runs through: case, old or new, its number
awk -F '\t' '{ for (side = 6; side <= 7; side++) { n = $side == "-" ? 0 : split($side, one, " [|] ")
	for (i = 1; i <= n; i++) printf "BEGIN; SET LOCAL search_path = s%d; %s; SELECT '\''ran %d %s %d'\''; ROLLBACK;\n", NR, one[i], NR, side == 6 ? "old" : "new", i } }' "$cases" >code.sql
psql -Xqc 'CREATE DATABASE before' "$DATABASE_URL"
psql -Xqf before.sql -o out "$(at before)" 2>err
grep -v 'NOTICE\|wal_level' err >failed
psql -Xqc 'CREATE DATABASE after TEMPLATE before' "$DATABASE_URL"
psql -Xqf change.sql -o out "$(at after)" 2>err
grep -v 'NOTICE\|wal_level' err >>failed
same 'the server takes each schema and each change' failed </dev/null
for side in before after; do psql -XqAtf code.sql "$(at $side)" 2>err | grep '^ran ' | sort >ran_$side; done
grep -o "'ran [^']*'" code.sql | tr -d "'" | sort >all
grep ' old ' all | comm -23 - ran_before >odd
grep ' new ' all | comm -23 - ran_after >>odd
same 'old code runs before, new code after' odd </dev/null

schema-diff -nq "$(at before)" "$(at after)" >out 2>err || evidence err err
tail -n 1 out | jq -r '["compatible", "needs-check", "breaking"] as $order | [.result.changes[] | select(.schema)] | group_by(.schema)[] |
	[.[0].schema, $order[[.[].old_code as $v | $order | index($v)] | max], $order[[.[].new_code as $v | $order | index($v)] | max]] | @tsv' >by_schema
awk -F '\t' 'NR == FNR { old[$1] = $2; new[$1] = $3; next } { k = "s" FNR; OFS = "\t"; $2 = k in old ? old[k] : "compatible"; $3 = k in new ? new[k] : "compatible"; print }' by_schema "$cases" >told
[ "${EXPECT-}" = write ] && cp told "$cases"
cut -f 1-3 told >got
cut -f 1-3 "$cases" >want_told
same 'what is said of old and of new code' got <want_told

{
	grep ' old ' all | comm -23 - ran_after
	grep ' new ' all | comm -23 - ran_before
} | cut -d ' ' -f 2,3 | sort -u >fails
awk -F '\t' 'NR == FNR { split($0, f, " "); fails[f[1] f[2]]; next } ((FNR "old") in fails && $2 == "compatible") { print "old code: " $1 }
	((FNR "new") in fails && $3 == "compatible") { print "new code: " $1 }' fails told >lies
same 'what is compatible does not fail' lies </dev/null
finish
