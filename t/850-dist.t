#!/bin/sh
# make dist gives the same bytes twice, with debian/ in its place; make install puts everything where it belongs
. "$(dirname "$0")/lib.sh"
git -C "$top" rev-parse HEAD >/dev/null 2>&1 || skip_all 'this is not a checkout'
version=$(cat "$top/VERSION")
git clone -q "$top" one && git clone -q "$top" two || exit 1
exits 'make dist' 0 make -C one dist
sleep 1
exits 'and again, elsewhere and later' 0 make -C two dist
cmp one/build/handrail-"$version".tar.gz two/build/handrail-"$version".tar.gz
verdict $? 'the same bytes'
tar -tzf one/build/handrail-"$version".tar.gz >names
grep -qx "handrail-$version/debian/rules" names && ! grep -q '/\.git/' names
verdict $? 'debian/ is in it, and .git is not'
[ "$(sed -n '1s/.*(\(.*\)).*/\1/p' "$top/ci-templates/debian/changelog")" = "$version" ] &&
    grep -q "^## $version" "$top/NEWS.md"
verdict $? 'the package and the news tell the same version'

# with what make check was called with: nothing is built anew under the other tests
exits 'make install' 0 make -C "$top" PACKAGES=no FLAVOUR="$FLAVOUR" B="${BUILD#"$top"/}" install DESTDIR="$box/root" PREFIX=/usr
! grep -q '^  CC' out
verdict $? 'builds nothing that is built'
for source in "$top"/cmd/*.c; do
	p=$(basename "$source" .c)
	for f in "bin/$p" "share/man/man1/$p.1" "share/bash-completion/completions/$p" "share/zsh/site-functions/_$p"; do
		[ -s "root/usr/$f" ] || echo "$f"
	done
done >lack
[ ! -s lack ] && [ -s root/usr/share/man/man7/handrail.7 ] && [ -s root/usr/share/man/man5/handrail-record.5 ]
verdict $? 'every program has its manual and its completions' || evidence lacks lack
bash -c '. root/usr/share/bash-completion/completions/step-exec; COMP_WORDS=(step-exec --ti) COMP_CWORD=1
	compopt() { :; }; _handrail_step_exec; echo "${COMPREPLY[@]}"' >completed
[ "$(cat completed)" = --timeout= ]
verdict $? 'bash completes an option'
if command -v zsh >/dev/null; then
	cat >complete.zsh <<'END'
zmodload zsh/zpty
zpty -b z zsh -f -i
zpty -w z "PS1=; fpath=($1 \$fpath); autoload -U compinit; compinit -u -d $1/dump; echo REA''DY"
zpty -r z said '*READY*'
zpty -w -n z "step-exec --ti"$'\t'
zpty -r z said '*--timeout*' && print completed
END
	exits 'zsh completes an option' 0 timeout 20 zsh -f complete.zsh "$box/root/usr/share/zsh/site-functions"
	grep -qx completed out
	verdict $? 'of the table' || evidence out out
else
	verdict 0 'zsh # SKIP it is not here'
fi
finish
