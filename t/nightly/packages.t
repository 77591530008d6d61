#!/bin/sh
# packages - the static tarball twice, elsewhere and later: the same bytes; its programs in an empty chroot; the Debian
# package through lintian, and installed into a fresh Debian
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/t/lib.sh"
git -C "$root" rev-parse HEAD >/dev/null 2>&1 || skip_all 'this is not a checkout'
version=$(cat "$root/VERSION")
unset MAKEFLAGS MAKELEVEL MFLAGS B BUILD FLAVOUR CFLAGS

for copy in one another/place; do
	git clone -q "$root" "$copy"
	exits "make static in $copy" 0 make -s -C "$copy" -j"$(nproc)" static
done
cmp one/build/release/handrail-*-linux-*.tar.gz another/place/build/release/handrail-*-linux-*.tar.gz
verdict $? 'the same bytes'

# a kernel, certificates and a resolver; no shell, no libraries
empty=$box/empty
mkdir -p "$empty/etc/ssl" "$empty/work"
tar -xzf one/build/release/handrail-*-linux-*.tar.gz -C "$empty" && mv "$empty"/handrail-* "$empty/h"
cp /etc/resolv.conf "$empty/etc/" && cp -RL /etc/ssl/certs "$empty/etc/ssl/"
if [ "$(id -u)" = 0 ]; then
	for program in "$empty"/h/bin/*; do
		exits "${program##*/} runs in an empty chroot" 0 chroot "$empty" "/h/bin/${program##*/}" --version
	done
	http-stub port routes &
	i=0
	while [ ! -s port ] && [ $i -lt 200 ]; do sleep 0.05; i=$((i + 1)); done
	printf '/v2/acme/app/manifests/1.2.4\t-\t200\tDocker-Content-Digest: sha256:beef\t{}\n' >routes
	printf 'image: 127.0.0.1:%s/acme/app:1.2.3\n' "$(cat port)" >"$empty/work/c.yaml"
	exits 'and speaks HTTP there' 0 chroot "$empty" /h/bin/manifest-bump -n --image acme/app --to 1.2.4 --registry /work/c.yaml
	grep -q '1.2.4@sha256:beef' "$empty/work/c.yaml"
	verdict $? 'with the library that it brings'
else
	verdict 0 'an empty chroot # SKIP only root can'
fi

if command -v dpkg-buildpackage >/dev/null; then
	exits 'make deb' 0 make -s -C one deb
	deb=$(echo one/build/handrail_"$version"-*.deb one/build/handrail_"$version"_*.deb | tr ' ' '\n' | grep -v '\*' | head -n 1)
	if command -v lintian >/dev/null; then
		exits 'lintian finds no error' 0 lintian --fail-on error "$deb"
	fi
	if [ "$(id -u)" = 0 ] && command -v debootstrap >/dev/null; then
		exits 'a fresh Debian' 0 debootstrap --variant=minbase --include=ca-certificates bookworm fresh
		cp "$deb" fresh/handrail.deb
		cp -r /etc/apt/. fresh/etc/apt/ && cp /etc/resolv.conf fresh/etc/
		exits 'takes the package' 0 chroot fresh sh -c 'apt-get update -q && apt-get install -qy --no-install-recommends ./handrail.deb'
		for program in "$root"/cmd/*.c; do
			p=$(basename "$program" .c)
			exits "$p runs there" 0 chroot fresh "/usr/bin/$p" --version
		done
	else
		verdict 0 'a fresh Debian # SKIP only root with debootstrap can'
	fi
fi
finish
