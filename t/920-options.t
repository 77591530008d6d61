#!/bin/sh
# the trio of every program: help, version, bad option; and the manuals list the options that the tables have
. "$(dirname "$0")/lib.sh"

options() { # options SECTION PAGE: the long options of that section's lists
	awk -v s=".Sh $1" '$0 == s {on = 1; next} /^\.Sh /{on = 0} on && /^\.It .*Fl -/' "$2" |
	    grep -o 'Fl -[a-z0-9][a-z0-9-]*' | sed 's/Fl -/--/' | sort
}

for source in "$top"/cmd/*.c; do
	program=$(basename "$source" .c)
	exits "$program --help: exit 0" 0 "$program" --help
	[ -s out ] && [ ! -s err ] && ! awk 'length > 80' out | grep . >wide
	verdict $? "$program --help: on standard output, within 80 columns" || evidence wide wide
	exits "$program --version: exit 0" 0 "$program" --version
	printf '%s (handrail) %s\n' "$program" "$(cat "$top/VERSION")" | cmp -s - out
	verdict $? "$program --version: names it" || evidence out out
	exits "$program: an unknown option: exit 2" 2 "$program" -n --no-such-option </dev/null
	grep -q "^$program: .*no-such-option" err
	verdict $? "$program: the message is on standard error and names the option" || evidence err err

	page=$top/man/$program.1
	"$program" --spec=mdoc >spec && grep -o 'Fl -[a-z0-9][a-z0-9-]*' spec | sed 's/Fl -/--/' | sort >own
	[ -f "$page" ]
	verdict $? "$program has a manual" || continue
	options OPTIONS "$page" >page
	cat own >table
	same "$program.1 lists its options" table <page
	for section in NAME SYNOPSIS DESCRIPTION RESULT 'EXIT STATUS' EXAMPLES 'SEE ALSO'; do
		grep -q "^\.Sh $section\$" "$page" || echo "$section"
	done >lack
	[ ! -s lack ]
	verdict $? "$program.1 has all sections" || evidence lacks lack
	brief=$("$program" --help | sed -n "2s/^$program: //p")
	grep -qxF ".Nd $brief" "$page"
	verdict $? "$program.1 and --help say the same in one line" || printf '#   %s\n' "$brief" "$(grep '^\.Nd' "$page")"
done

step-exec --spec=words | tr -d = | sort >words
step-exec --spec=mdoc | grep -o 'Fl -[a-z0-9][a-z0-9-]*' | sed 's/Fl -/--/' | sort >own
comm -23 words own >table
options OPTIONS "$top/man/handrail.7" >page
same 'handrail.7 lists the common options' table <page
finish
