#!/bin/sh
# manifest-bump: the main case, its refusals, what a bad file brings, and that nothing but the scalar changes
. "$(dirname "$0")/lib.sh"

# shellcheck disable=SC2317
bump() { manifest-bump -n "$@"; }
field() { jq -r "select(.result) | $1" out; }

exits 'help' 0 manifest-bump --help
[ "$(awk 'length > 80' out | wc -l)" = 0 ]
verdict $? 'help fits 80 columns'
exits 'version' 0 manifest-bump --version
exits 'an unknown option' 2 manifest-bump --imgae redmine
grep -q 'image' err
verdict $? 'suggests the nearest'
exits 'nothing selected' 2 manifest-bump -n --to 2 x.yaml
exits 'no version' 2 manifest-bump -n --image x x.yaml
exits 'not a version' 2 manifest-bump -n --image x --to 'a b' x.yaml

# the pipeline's first line, as DESIGN prints it
mkdir -p packages/redmine
manifest() {
	printf '# Redmine: issue tracker\nname: redmine\nimage:\n  name: redmine\n  tag: '"'%s'"'   # \342\206\220 this one\n' "$1"
	printf '  env_var: REDMINE_IMAGE_TAG\ndatabase:\n  image:\n    name: postgres\n    tag: "16.4-bookworm"\n'
}
manifest 5-alpine >packages/redmine/manifest.yaml
manifest 6-alpine >want.yaml
chmod 640 packages/redmine/manifest.yaml
exits 'main case' 0 manifest-bump --image redmine --to 6-alpine packages/redmine/manifest.yaml </dev/null
cmp -s want.yaml packages/redmine/manifest.yaml
verdict $? 'only the version differs'
[ "$(stat -c %a packages/redmine/manifest.yaml)" = 640 ]
verdict $? 'the mode is kept'
[ "$(field '.result.changes[0] | [.line, .column, .path, .from, .to, .from_version, .to_version, .image, .kind, .service] | @csv')" = \
	'5,9,"image.tag","5-alpine","6-alpine","5-alpine","6-alpine","redmine","major","redmine"' ]
verdict $? 'the record tells file, line, from, to, kind' || cat out
[ "$(field '.subject[0].digest.sha256')" = "$(sha256sum <want.yaml | cut -d' ' -f1)" ]
verdict $? 'the subject is the new file'

touch -d 2001-01-01 packages/redmine/manifest.yaml
exits 'again' 0 bump --image redmine --to 6-alpine packages/redmine/manifest.yaml
[ "$(field .status)" = unchanged ] && [ "$(stat -c %Y packages/redmine/manifest.yaml)" = 978307200 ]
verdict $? 'is unchanged and touches nothing'

exits 'a downgrade is refused' 1 bump --image redmine --to 5-alpine packages/redmine/manifest.yaml
cmp -s want.yaml packages/redmine/manifest.yaml && [ "$(field '.error.code + " " + .status')" = 'refuse-downgrade failed' ]
verdict $? 'writes nothing, and is a record'
manifest 5-alpine >want.yaml
exits 'undone with --allow-downgrade' 0 bump --image redmine --to 5-alpine --allow-downgrade packages/redmine/manifest.yaml
cmp -s want.yaml packages/redmine/manifest.yaml
verdict $? 'byte for byte'

exits 'no match' 1 bump --image redmin --to 6 packages/redmine/manifest.yaml
grep -q 'packages/redmine/manifest.yaml:5:9 image.tag: redmine:5-alpine' err
verdict $? 'lists what there is' || cat err
exits 'a stateful major' 1 bump --image postgres --to 17.0-bookworm packages/redmine/manifest.yaml
[ "$(field .error.code)" = refuse-stateful-major ]
verdict $? 'is refused by name'
echo '{"image":"postgres","from":"16.4-bookworm","to":"17.0-bookworm"}' >plan.json
exits 'a plan that names it' 0 bump --plan plan.json --dry-run --image postgres --to 17.0-bookworm packages/redmine/manifest.yaml
exits 'by service' 0 bump --dry-run --service database --to 16.6-bookworm packages/redmine/manifest.yaml

# selection in a Compose file
cat >compose.yaml <<'END'
services:
  web:
    image: nginx:1.25.3
  proxy: {image: "nginx:1.25.3", ports: [80]}
END
exits 'several matches' 1 bump --image nginx --to 1.25.4 compose.yaml
grep -q 'compose.yaml:3:12 services.web.image' err && grep -q 'compose.yaml:4:19 services.proxy.image' err
verdict $? 'lists them with line and column' || cat err
exits 'one of them by service' 0 bump --service proxy --to 1.25.4 compose.yaml
exits 'all' 0 bump --all --image nginx --to 1.25.5 compose.yaml
same 'both were changed' compose.yaml <<'END'
services:
  web:
    image: nginx:1.25.5
  proxy: {image: "nginx:1.25.5", ports: [80]}
END
exits 'a major' 1 bump --path services.web.image --to 2.0.0 compose.yaml
exits 'with consent' 0 bump --path services.web.image --to 2.0.0 --allow major compose.yaml

# characters are not bytes
printf '\357\273\277# \303\244\303\266\303\274 \360\237\230\200\r\nnote: "\342\202\254\342\202\254"\r\nservices: {\303\244: {image: acme/app:1.0.0}} # \303\237' >utf8.yaml
exits 'BOM, CRLF, UTF-8, no last newline' 0 bump --image acme/app --to 1.0.1 utf8.yaml
printf '\357\273\277# \303\244\303\266\303\274 \360\237\230\200\r\nnote: "\342\202\254\342\202\254"\r\nservices: {\303\244: {image: acme/app:1.0.1}} # \303\237' >want.yaml
cmp utf8.yaml want.yaml
verdict $? 'all kept'

# links
mkdir -p deep && cp want.yaml deep/real.yaml && ln -s deep/real.yaml link.yaml
exits 'a symbolic link' 0 bump --image acme/app --to 1.0.2 link.yaml
[ -L link.yaml ] && grep -q 'app:1.0.2' deep/real.yaml && [ "$(field '.result.changes[0].real')" = "$(realpath deep/real.yaml)" ]
verdict $? 'is followed, and stays'

# git apply takes the dry run
git init -q repo && cp compose.yaml repo/ && cd repo || exit 1
manifest-bump -n --dry-run --service proxy --to 1.25.9 compose.yaml >../out 2>'patch'
cmp -s compose.yaml ../compose.yaml && git apply 'patch' && grep -q 'nginx:1.25.9' compose.yaml && grep -q '\^~~~~~' 'patch'
verdict $? 'git apply takes the diff of --dry-run; a caret points' || cat 'patch'
[ "$(jq -r 'select(.result).status' ../out)" = planned ]
verdict $? 'it is recorded as planned'
cd .. || exit 1

# bad input: file, line, column; nothing written
bad() { # bad NAME MESSAGE FORMAT - the file as printf takes it
	# shellcheck disable=SC2059
	printf "$3" >bad.yaml
	cp bad.yaml bad.before
	exits "$1" 2 bump --image acme/app --to 1.0.1 bad.yaml
	grep -q "$2" err && cmp -s bad.yaml bad.before
	verdict $? "$1: says where" || cat err
}
bad 'UTF-16' 'bad.yaml:1:1: UTF-16' '\377\376a\0'
bad 'NUL' 'bad.yaml:2:4: a NUL byte' 'a: 1\nb: \0\n'
bad 'not UTF-8' 'bad.yaml:2:5: bytes that are not UTF-8' 'a: 1\nb: "\300\200"\n'
bad 'tab' 'bad.yaml:2:1: a tab' 'a:\n\tb: 1\n'
bad 'a key twice' 'bad.yaml:[23]:3: the key image stands twice' 'x:\n  image: acme/app:1.0.0\n  image: acme/app:1.0.0\n'
bad 'alias to nothing' 'bad.yaml:1:4: ' 'x: *nowhere\n'
bad '20,000 brackets' 'nested too deep' "$(awk 'BEGIN {for (i = 0; i < 20000; i++) printf "["}')"
exits 'no file' 2 bump --image x --to 1 missing.yaml

# faults
if [ "$(id -u)" != 0 ]; then
	chmod 555 deep
	exits 'cannot write' 2 bump --image acme/app --to 1.0.3 deep/real.yaml
	chmod 755 deep
fi
exits 'records onto a full disk: nothing was begun' 2 sh -c 'manifest-bump -n --image acme/app --to 1.0.3 deep/real.yaml >/dev/full'
grep -q 'app:1.0.2' deep/real.yaml
verdict $? 'and the file is as it was'
exits 'an earlier failure' 3 sh -c 'step-exec -n -- false | manifest-bump --image acme/app --to 1.0.3 deep/real.yaml'
grep -q 'app:1.0.2' deep/real.yaml
verdict $? 'stops it'

# two copies at once: the later one sees what the earlier one wrote, or fails; nothing is lost
i=0 lost=0
while [ $i -lt 15 ]; do
	i=$((i + 1))
	printf 'a: {image: "x/a:1.0.0"}\nb: {image: "x/b:1.0.0"}\n' >two.yaml
	manifest-bump -n --image x/a --to 1.0.1 two.yaml >/dev/null 2>&1 &
	manifest-bump -n --image x/b --to 1.0.1 two.yaml >/dev/null 2>&1
	b=$?
	wait $!
	a=$?
	[ $a = 0 ] && ! grep -q 'x/a:1.0.1' two.yaml && lost=1
	[ $b = 0 ] && ! grep -q 'x/b:1.0.1' two.yaml && lost=1
	case $a$b in 00 | 02 | 20) ;; *) lost=1 ;; esac
done
[ $lost = 0 ]
verdict $? 'two copies at once lose nothing'

# a disk that fails in the middle (builds with fault points only)
cp want.yaml one.yaml && cp want.yaml full.yaml
HANDRAIL_FAULT=io-sync,28 manifest-bump -n --all --image acme/app --to 1.0.7 one.yaml full.yaml >out 2>err ||
	{ cmp -s want.yaml one.yaml && cmp -s want.yaml full.yaml && grep -q 'No space left' err; }
verdict $? 'a full disk leaves all files as they were'
[ -z "$(find . -maxdepth 1 -name '.*.handrail-*')" ]
verdict $? 'and no temporary file'

# kill -9 at any moment leaves the old or the new file
i=0 torn=0
while [ $i -lt 20 ]; do
	i=$((i + 1))
	cp want.yaml kill.yaml
	(manifest-bump -n --image acme/app --to 1.0.7 kill.yaml >/dev/null 2>&1 & p=$!; sleep 0.00$((i % 7)); kill -9 $p 2>/dev/null)
	sed 's/1\.0\.7/1.0.1/' kill.yaml | cmp -s - want.yaml || torn=1
done
[ $torn = 0 ]
verdict $? 'kill -9 leaves the old or the new file'
finish
