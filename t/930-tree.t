#!/bin/sh
# the tree keeps its rules: banned functions, sizes, lints, and tables that name what is there
. "$(dirname "$0")/lib.sh"
cd "$top" || exit 1

none() { # none NAME: $box/wrong lists what is wrong; it must be empty
	[ ! -s "$box/wrong" ]
	verdict $? "$1" || evidence wrong "$box/wrong"
}
code=$(ls lib/*/*.[ch] cmd/*.c)

# without comments and strings, so that words about a function are not calls of it
for f in $code; do
	sed 's/"\([^"\\]\|\\.\)*"/""/g; s,/\*.*\*/,,; /^ \* /d; /^\/\* /d' "$f" |
	    grep -nE '(^|[^_[:alnum:].>])(strcpy|sprintf|vsprintf|strcat|atoi|atol|atof|strtok|gets|system|popen|longjmp|setjmp)[[:space:]]*\(' |
	    sed "s,^,$f: ,"
done >"$box/wrong"
none 'no banned function is called'
# mem: nothing can go on without memory
for f in lib/*/*.c; do
	sed 's/"\([^"\\]\|\\.\)*"/""/g; s,/\*.*\*/,,; /^ \* /d; /^\/\* /d' "$f" |
	    grep -nE '(^|[^_[:alnum:].>])(exit|abort)[[:space:]]*\(' | sed "s,^,$f: ,"
done | grep -v '^lib/core/mem.c: ' >"$box/wrong"
none 'only cmd/ exits'

wc -l $code | awk '$2 != "total" && $1 >= ($2 ~ /^cmd/ ? 315 : 520)' >"$box/wrong"
none 'files are about 500 lines at most, programs about 300'
# an option is one line, and so is a hazard
for f in $code t/*/*.[ch]; do
	[ "$f" = lib/schema/hazard_table.c ] || expand "$f" | LC_ALL=C.UTF-8 grep -nE '^.{101}' |
	    grep -vE '^[0-9]+: {8}OPT_' | sed "s,^,$f: ,"
done >"$box/wrong"
none 'lines end at 100 columns'
for f in $code; do sed -n '1{/^\/\* [a-z0-9_.-]* /!p}' "$f" | sed "s,^,$f: ,"; done >"$box/wrong"
none 'each file begins with what it is for'
find . -mindepth 1 -maxdepth 1 -printf '%f\n' |
    grep -vxE '\.git|\.gitignore|\.ci|\.clang-format|\.github|\.gitlab-ci\.yml|build|Makefile|cmd|lib|ci-templates|man|t|README|README\.md|LICENSE|NEWS\.md|VERSION' >"$box/wrong"
none 'nothing else stands at the top'
find lib cmd t -name 'util*' -o -name 'common*' -o -name 'misc*' -o -name 'helper*' >"$box/wrong"
none 'no file is called util, common, misc or helpers'

nm "$BUILD/lib.a" | awk '$2 == "T" { print $3 }' | sort | uniq -d >"$box/wrong"
none 'no two functions have one name: the linker would take either, without a word'

grep '^| `' README.md | sed 's/^| \([^|]*\) |.*/\1/' | grep -o '[a-z-]*' >"$box/named"
for f in cmd/*.c; do basename "$f" .c; done | grep -vxFf "$box/named" >"$box/wrong"
none 'the table of README.md names every program'
[ "$(readlink README)" = README.md ]
verdict $? 'README is a link to it'
[ "$(wc -l <README.md)" -le 60 ]
verdict $? 'and it is one screen'

if command -v mandoc >/dev/null; then
	mandoc -Tlint -Wwarning man/*.[157] >"$box/wrong" 2>&1
	none 'mandoc finds nothing in the manuals'
else
	verdict 0 'mandoc # SKIP is not here'
fi
if command -v shellcheck >/dev/null; then
	git ls-files >"$box/files" 2>/dev/null || find . -type f -not -path './build/*' >"$box/files"
	while read -r f; do
		head -n 1 "$f" 2>/dev/null | grep -aqE '^#! */(usr/)?bin/(env )?(ba|da)?sh' && printf '%s\n' "$f"
	done <"$box/files" >"$box/shell"
	[ -s "$box/shell" ] && xargs shellcheck -x -P t -S warning -e SC1090,SC2034,SC2154,SC2209,SC2238,SC3045 <"$box/shell" >"$box/wrong" 2>&1
	none 'shellcheck finds nothing in any script'
	find "$BUILD/completion/bash" -type f -exec shellcheck -s bash {} + >"$box/wrong" 2>&1
	none 'nor in the completion for bash'
else
	verdict 0 'shellcheck # SKIP is not here'
fi
finish
