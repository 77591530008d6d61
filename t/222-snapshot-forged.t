#!/bin/sh
# archives that somebody has made up, with all their sums right: what leaves the directory is neither proven nor written
. "$(dirname "$0")/lib.sh"
mkdir files outside
echo secret >outside/secret
echo one >files/a; echo two >files/b
snapshot -n -q --dir f=files -o a.tar.zst >/dev/null 2>err; verdict $? 'an archive' || evidence err err
tar --zstd -xOf a.tar.zst MANIFEST.json >manifest

frame() { zstd -q --check -c "$1" >"$1.zst"; sum=$(sha256sum <"$1.zst" | cut -d' ' -f1) packed=$(stat -c %s "$1.zst"); }
# forge JQ: b.tar.zst is a.tar.zst with the entries of x.tar for its files, and the manifest that JQ makes of the right one
forge() {
	members=$(tar -tPf x.tar | wc -l) first=$(tar -tPf x.tar | sed 1q)
	head -c -1024 x.tar >inner
	frame inner
	at=$(jq '.frames[1].offset' manifest)
	jq -c --arg first "$first" --argjson members "$members" --arg sum "$sum" --argjson packed "$packed" --argjson size "$(stat -c %s inner)" \
	    '.frames |= (.[0:2] | .[1] += {member: $first, members: $members, sha256: $sum, packed: $packed, size: $size}) |
	    .stores[0].entries = $members | '"$1" manifest >MANIFEST.json
	rm -f m.tar && tar -b1 --format=ustar -cf m.tar MANIFEST.json
	{ head -c "$at" a.tar.zst; cat inner.zst; } >b.tar.zst
	frame m.tar
	{
		printf 'HANDRAIL ARCHIVE 1\nmanifest %020d %020d %s\nsize %020d\n' $((at + $(stat -c %s inner.zst))) "$packed" "$sum" \
		    $((at + $(stat -c %s inner.zst) + packed + 256))
	} >footer
	printf 'sum %s\n' "$(sha256sum <footer | cut -d' ' -f1)" >>footer
	{ cat m.tar.zst; tail -c 256 a.tar.zst | head -c 8; cat footer; yes '' | head -c $((248 - $(stat -c %s footer))); } >>b.tar.zst
	rm -rf back MANIFEST.json
}
pack() { tar -b1 --format=pax --owner=0 --group=0 -cPf x.tar "$@"; }
# caught NAME TEXT: the proof says no with TEXT; a restore writes nothing outside, and leaves nothing
caught() {
	exits "$1: the proof says no" 1 snapshot-verify -n b.tar.zst
	says "$1: and why" "$2"
	unwritten "$1"
}
unwritten() {
	exits "$1: a restore says no" 1 snapshot-restore -n --dir-into f=back b.tar.zst
	[ "$(ls -A outside)" = secret ] && [ "$(cat outside/secret)" = secret ] && [ "$(stat -c %h outside/secret)" = 1 ] && [ ! -e back ] && [ ! -e evil ]
	verdict $? "$1: nothing is written" || ls -laR outside back evil 2>/dev/null | sed 's/^/#   /'
}
into=stores/f/files/
cd files || exit 1

pack --transform "s,^,../$into,;s,^../,," a b; mv x.tar ..; cd ..
forge .
exits 'one made up like a real one is sound' 0 snapshot-verify -n b.tar.zst
exits 'and can be restored' 0 snapshot-restore -n --dir-into f=back b.tar.zst

echo evil >files/evil
pack -C files --transform "s,^evil,${into}../../../evil," a evil --transform "s,^a,${into}a,"
forge .; caught 'a name with ..' "a member '${into}../../../evil' that does not belong there"
pack -C files --transform "s,^evil,$box/outside/evil," --transform "s,^a,${into}a," a evil
forge .; caught 'an absolute name' "a member '$box/outside/evil' that does not belong there"
pack -C files --transform "s,^evil,stores/g/files/evil," --transform "s,^a,${into}a," a evil
forge .; caught "another store's" "a member 'stores/g/files/evil' that does not belong there"
pack -C files --transform "s,^evil,${into}../files/evil," --transform "s,^a,${into}a," a evil
forge .; caught '.. that comes back' 'that does not belong there'
pack -C files --transform "s,^,$into," a b
forge '.stores[0].entries = 9'; caught 'fewer entries than it tells' 'of 9 entries it has 2'
forge '.frames[1].members = 9 | .stores[0].entries = 9'; caught 'fewer members than it tells' 'it does not hold as many members as the manifest says'

# a way out by links: the archive may hold them, and nothing goes through
mkdir -p way/link && echo evil >way/link/evil
ln -s "$box/outside" files/link
pack -C files --transform "s,^,$into," link
tar -b1 --format=pax --owner=0 --group=0 -rPf x.tar -C way --transform "s,^,$into," link/evil
forge .; unwritten 'a file through a link'
ln "files/a" files/hard
pack -C files --transform "s,^,$into,rS" --transform "s,.*,${into}../../../outside/secret,hRS" a hard
forge .; unwritten 'a hard link to a file outside'
pack -C files --transform "s,^,$into,rS" --transform "s,.*,$box/outside/secret,hRS" a hard
forge .; unwritten 'by its absolute name'
pack -C files --transform "s,^,$into," a b
tar -b1 --format=pax --owner=0 --group=0 -cPf x2.tar -C files --transform "s,^,$into," a
{ head -c -1024 x.tar; cat x2.tar; } >x3.tar && mv x3.tar x.tar
forge .
exits 'a member twice: the proof says no' 1 snapshot-verify -n b.tar.zst
says 'and why' "the archive holds '${into}a' twice"
ln -s "$box/outside" elsewhere
exits 'into a link to a directory that is not empty: exit 2' 2 snapshot-restore -n --dir-into f=elsewhere a.tar.zst
mkdir mine && ln -s "$box/outside" mine/a
exits 'into a directory that holds a link: exit 2' 2 snapshot-restore -n --dir-into f=mine a.tar.zst
[ "$(ls -A outside)" = secret ]; verdict $? 'nothing is written there'
finish
