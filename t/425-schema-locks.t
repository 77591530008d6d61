#!/bin/sh
# what schema-diff says of locks, rewrites and scans, against what was measured: ../shared/locks, each form by its statement and by
# the catalogs. A form that one of them cannot know says so in its row of t/data/lock-forms.tsv. Without a row are: what the server
# refused when it was measured (a NOT NULL column without default, the type of a column that a view uses, DROP SCHEMA); "drop
# expression", whose rewrite was that of the column's own making before; "create extension", which need not be installed;
# "set schema", after which the table has another id (t/437 has it); and virtual columns, which came with 18.
[ -n "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- sh "$0" "$@"
. "$(dirname "$0")/lib.sh"
# shellcheck source=t/pg.sh
. "$top/t/pg.sh"
major=$(psql -XAtc 'SHOW server_version_num' "$DATABASE_URL" | cut -c1-2)
measured=$shared/locks/lock$major.tsv
[ -f "$measured" ] || skip_all "no locks were measured on Postgres $major"
forms=$top/t/data/lock-forms.tsv

# each form in a schema of its own: one difference holds them all
db before
{
	echo 'CREATE ROLE lock_other;'
	seq "$(wc -l <"$forms")" | while read -r i; do
		echo "CREATE SCHEMA s$i; SET search_path = s$i;"
		cat "$top/t/data/lock-base.sql"
	done
} | psql -Xqv ON_ERROR_STOP=1 -o out "$DATABASE_URL" 2>err || evidence err err
before=$DATABASE_URL
psql -Xqc 'CREATE DATABASE after TEMPLATE before' "$server"
after=$(printf %s "$server" | sed 's,/postgres?,/after?,')
awk -F '\t' '{ printf "SET search_path = s%d; %s;\n", NR, $2 }' "$forms" >all.sql
psql -Xqf all.sql -o out "$after" 2>err
grep -v 'NOTICE\|wal_level' err >failed
same 'the server takes each form' failed </dev/null

# NAME lock rewrite scan, as measured; of what was there before
awk -F '\t' -v there=' t parent child bare t_nopk p p_1 p2 pr ch mv sq ' '
function rank(mode) { return index("ShareUpdateExclusive .Share ................ShareRowExclusive .......Exclusive .......AccessExclusive ", mode " ") }
NR == FNR { want[$1] = 1; next }
$1 in want { n = split($2, l, " "); best = "-"
	for (i = 1; i <= n; i++) { split(l[i], x, "="); if (index(there, " " x[1] " ") && (best == "-" || rank(x[2]) > rank(best)) && rank(x[2])) best = x[2] }
	print $1 "\t" best "\t" ($3 != "" ? "rewrite" : $5 > 0 ? "scan" : "-") }' "$forms" "$measured" | sort >all_measured

# the catalogs: the most that a change in the schema says
schema-diff -nq "$before" "$after" >out 2>err || evidence err err
tail -n 1 out | jq -r '["-", "ShareUpdateExclusive", "Share", "ShareRowExclusive", "Exclusive", "AccessExclusive"] as $order |
	[.result.changes[] | select(.kind != "user mapping")] | group_by(.schema)[] |
	[.[0].schema, $order[[.[].locks[]?.mode | . as $m | $order | index($m)] | max // 0],
	(if any(.rewrite) then "rewrite" elif any(.scan) then "scan" else "-" end)] | @tsv' >by_schema
awk -F '\t' 'NR == FNR { s[$1] = $2 "\t" $3; next } $3 !~ /diff:/ { k = "s" FNR; print $1 "\t" (k in s ? s[k] : "-\t-") }' by_schema "$forms" | sort >catalogs
# what leaves no trace in the catalogs is for the statements alone
awk -F '\t' '$2 !~ /^(TRUNCATE|REINDEX|CLUSTER|REFRESH|UPDATE|BEGIN|ANALYZE|DROP TABLE)/ && $3 !~ /diff:/ { print $1 }' "$forms" | sort >known
tab=$(printf '\t')
join -t "$tab" known all_measured >want_catalogs
join -t "$tab" known catalogs >got
same 'the catalogs tell the lock, the rewrite and the scan of each form' got <want_catalogs

# the statements: rewrite and scan
schema-diff --list-hazards | awk -F '\t' '{ split($3, x, " "); print $1 "\t" (x[2] ? x[2] : "-") }' >hazards
n=0
mkdir lint
while IFS=$tab read -r name text rest; do
	n=$((n + 1))
	case $rest in *lint:*) continue ;; esac
	printf '%s;\n' "$text" >"lint/$n.sql"
	printf '%s\t%s\n' "lint/$n.sql" "$name" >>names
done <"$forms"
for f in lint/*.sql; do schema-diff -nq --lint "$f" 2>err | tail -n 1 | jq -r '.result.findings[] | [.file, .id] | @tsv'; done >said
awk -F '\t' 'FILENAME == "hazards" { how[$1] = $2; next } FILENAME == "names" { name[$1] = $2; next }
	{ h = how[$2]; if (best[$1] != "rewrite" && h != "-") best[$1] = h }
	END { for (k in name) print name[k] "\t" (best[k] != "" ? best[k] : "-") }' hazards names said | sort >statements
cut -f 2 names | sort | join -t "$tab" - all_measured | cut -f 1,3 >want_statements
same 'the statements tell the rewrite and the scan of each form' statements <want_statements
finish
