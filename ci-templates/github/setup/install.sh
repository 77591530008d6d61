#!/bin/bash
# install.sh - installs Handrail below $DEST: the release $VERSION from $URL, checked against $SUMS, or what $SOURCE
# builds; on GitHub Actions its programs are put on PATH.
set -euo pipefail

if [ -n "${SOURCE-}" ]; then
	make -C "$SOURCE" -j"$(nproc)" install DESTDIR="$DEST" PREFIX= >&2
else
	case $(uname -m) in
	x86_64) arch=amd64 ;;
	aarch64 | arm64) arch=arm64 ;;
	*) arch=$(uname -m) ;;
	esac
	file=handrail-$VERSION-linux-$arch.tar.gz
	sum=$(awk -v f="$file" '$2 == f { print $1 }' "$SUMS")
	if [ -z "$sum" ]; then
		echo "::error title=handrail::there is no checksum for $file in $SUMS" \
		    "(give 'source' to build from a checkout)"
		exit 1
	fi
	mkdir -p "$DEST"
	curl -fsSL --retry 3 --retry-connrefused -o "$DEST/$file" "$URL/v$VERSION/$file"
	echo "$sum  $DEST/$file" | sha256sum -c --quiet
	tar -xzf "$DEST/$file" -C "$DEST" --strip-components=1
	rm "$DEST/$file"
fi
if [ -n "${GITHUB_PATH-}" ]; then
	echo "$DEST/bin" >>"$GITHUB_PATH"
	echo "bin=$DEST/bin" >>"$GITHUB_OUTPUT"
fi
"$DEST/bin/step-exec" --version
