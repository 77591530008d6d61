#!/bin/sh
# schema-diff --lint: the rules of other tools, each with a case that it finds and one that it lets pass, in the words of its manual
. "$(dirname "$0")/lib.sh"

rules=$top/t/data/lint-rules.tsv
schema-diff --list-hazards >hazards 2>err
verdict $? 'the hazards are listed' || evidence err err
# a file for each side of each rule
n=0
tab=$(printf '\t')
mkdir bad good
while IFS=$tab read -r rule bad good; do
	n=$((n + 1))
	printf '%s\n' "$bad" >"bad/$n.sql"
	printf '%s\n' "$good" >"good/$n.sql"
	printf '%s\t%s\n' "$n" "$rule" >>numbers
done <"$rules"
# who NAME - the rules of that side that are found
who() {
	for f in "$1"/*.sql; do
		schema-diff -nq --lint --advice "$f" 2>>err | tail -n 1 | jq -r --arg n "$(basename "$f" .sql)" '.result.findings[] | .aliases // "" | split(" ")[] | [$n, .] | @tsv'
	done | sort -u >"$1.said"
	sort numbers | comm -12 - "$1.said" | sort -n | cut -f 2
}
: >err
who bad >got
cut -f 1 "$rules" >want_all
same 'each rule finds its case' got <want_all
who good >got
same 'and lets pass what its manual lets pass' got </dev/null
[ -s err ] && evidence err err
cut -f 7 hazards | tr ' ' '\n' | grep : | grep -v 'eugene:E9$\|pgfence' | sort -u >names
cut -f 1 "$rules" | sort -u | comm -23 names - >untested
# what takes a server to see, and names of rules that other tools have given up
grep -v 'squawk:\(prefer-big-int\|unused-ignore\|ban-add-column\|ban-alter-function-options\|ban-replace-view-function\|ban-alter-generated-expression\)$\|atlas:\(CD102\|MY113\|checksum\|non-linear\)$\|EXTENSION_VERSION_UPGRADE$\|strong_migrations:\(add_column_null\|validate_check_constraint\)$' untested >left
same 'no rule that is named is left out' left </dev/null
printf 'SELECT 1;\n-- handrail: allow drop-table it was\nSELECT 2;\n' >unused.sql
schema-diff -nq --lint --advice unused.sql 2>err | tail -n 1 | jq -r '.result.findings[] | "\(.line) \(.id)"' >got
same 'a comment that accepts nothing' got <<'X'
3 unused-allow
X
finish
