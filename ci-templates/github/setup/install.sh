#!/bin/bash
# install.sh - installs Handrail below $DEST: the release $VERSION from $URL, checked against $SUMS, or what $SOURCE
# builds; on GitHub Actions its programs are put on PATH.
set -euo pipefail

fail() {
	echo "::error title=handrail::$*"
	exit 1
}

if [ -n "${SOURCE-}" ]; then
	make -C "$SOURCE" -j"$(nproc)" install DESTDIR="$DEST" PREFIX= >&2
else
	case ${ARCH:-$(uname -m)} in
	x86_64) arch=amd64 ;;
	aarch64 | arm64) arch=arm64 ;;
	*) arch=${ARCH:-$(uname -m)} ;;
	esac
	file=handrail-$VERSION-linux-$arch.tar.gz
	sum=$(awk -v f="$file" '$2 == f { print $1 }' "$SUMS")
	[ -n "$sum" ] || fail "no release of $VERSION for $arch: SHA256SUMS has no $file; give 'source' to build from a checkout"
	mkdir -p "$DEST"
	trap 'rm -f "$DEST/$file"' EXIT
	curl -fsSL --retry 3 --retry-connrefused -o "$DEST/$file" "$URL/v$VERSION/$file" ||
	    fail "$URL/v$VERSION/$file could not be fetched"
	echo "$sum  $DEST/$file" | sha256sum -c --status || fail "$file is not what was released: its SHA-256 is not $sum"
	tar -xzf "$DEST/$file" -C "$DEST" --strip-components=1
fi
"$DEST/bin/step-exec" --version
if [ -n "${GITHUB_PATH-}" ]; then
	echo "$DEST/bin" >>"$GITHUB_PATH"
	echo "bin=$DEST/bin" >>"$GITHUB_OUTPUT"
fi
