#!/bin/sh
# a release: the templates know its checksums; the setup action takes it over HTTP, and nothing else in its place
. "$(dirname "$0")/lib.sh"
command -v node >/dev/null || skip_all 'node is not here'
export DEST="$box/dest" GITHUB_PATH="$box/path" GITHUB_OUTPUT="$box/output"
version=9.8.7
cp -R "$top/ci-templates" templates
mkdir -p "served/v$version" "handrail-$version-linux-amd64"
cp -R "$BUILD/bin" "handrail-$version-linux-amd64/"
tarball=$box/served/v$version/handrail-$version-linux-amd64.tar.gz
tar -czf "$tarball" "handrail-$version-linux-amd64"
: >portfile
node "$top/t/ci/serve.mjs" portfile served &
soon test -s portfile
URL=http://127.0.0.1:$(cat portfile)
export URL

exits 'a release is written into the templates' 0 templates/release "$version" "$tarball"
grep -qx "$(sha256sum <"$tarball" | cut -d' ' -f1)  handrail-$version-linux-amd64.tar.gz" templates/github/setup/SHA256SUMS
verdict $? 'its checksum' || evidence sums templates/github/setup/SHA256SUMS
old=$(cat "$top/VERSION")
! grep -rnF "$old" templates/github templates/gitlab templates/fleet --include=*.yml >left
verdict $? 'and its number wherever one is pinned' || evidence left left
exits 'again' 0 templates/release "$version" "$tarball"
[ "$(grep -c "handrail-$version" templates/github/setup/SHA256SUMS)" = 1 ]
verdict $? 'stands there once'
exits 'another file is no release' 2 templates/release "$version" "$0"

setup() { # setup NAME=VALUE...
	rm -rf "$DEST" path output
	env SUMS="$box/templates/github/setup/SHA256SUMS" VERSION="$version" ARCH=x86_64 "$@" templates/github/setup/install.sh
}
exits 'the setup action takes it' 0 setup
[ "$(cat path)" = "$DEST/bin" ] && grep -qx "bin=$DEST/bin" output && "$DEST/bin/manifest-bump" --version >/dev/null
verdict $? 'and puts it on PATH'
printf x >>"$tarball"
exits 'a tarball that somebody changed' 1 setup
grep -q '^::error .*not what was released' out && [ ! -e path ] && [ ! -e "$DEST/bin" ] && [ -z "$(ls "$DEST")" ]
verdict $? 'is refused, and nothing of it stays' || evidence out out
rm "$tarball"
exits 'one that is not there' 1 setup
grep -q '^::error .*could not be fetched' out
verdict $? 'is told' || evidence out out
exits 'an architecture without a release' 1 setup ARCH=riscv64
grep -q "^::error .*riscv64.*source" out
verdict $? 'is told, with the way out' || evidence out out
exits 'a version that was never released' 1 setup VERSION=1.2.3
kill $!
finish
