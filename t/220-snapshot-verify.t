#!/bin/sh
# snapshot-verify: a sound archive, a trial restore, and a table of mutilations with the message each must bring
# shellcheck disable=SC2046 # words are what set -- is for
[ -n "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- sh "$0" "$@"
. "$(dirname "$0")/lib.sh"
. "$top/t/pg.sh"
prove_it() { snapshot-verify -n "$@"; }

db app
sql "CREATE TABLE notes (id int PRIMARY KEY, body text); INSERT INTO notes SELECT i, md5(i::text) FROM generate_series(1, 20000) i;
	CREATE ROLE someone; CREATE POLICY p ON notes TO someone USING (true); CREATE TABLE small (a int); INSERT INTO small VALUES (1)"
mkdir files && echo one >files/a && head -c 50000 /dev/urandom >files/b && ln -s /etc files/out
snapshot -n --pg "$DATABASE_URL" --dir files=files -o a.tar.zst >record 2>err; verdict $? 'an archive' || evidence err err
snapshot -n --pg "$DATABASE_URL" --dir files=files -o other.tar.zst >/dev/null 2>&1

exits 'it is sound: exit 0' 0 prove_it a.tar.zst
field 'what it holds' '.result.archives[0] | [.sound, .stores[0].tables, .stores[0].rows, .stores[1].entries] | @json' '[true,2,20001,4]'
exits 'it has the sum of the record' 0 prove_it --sha256 "$(tail -n 1 record | jq -r .result.sha256)" a.tar.zst
exits 'in capitals, too' 0 prove_it --sha256 "$(tail -n 1 record | jq -r .result.sha256 | tr a-f A-F)" a.tar.zst
exits 'what is no sum: exit 2' 2 prove_it --sha256 zz a.tar.zst
says 'is told' "--sha256 takes 64 hexadecimal digits, not 'zz'"
exits 'another sum: exit 1' 1 prove_it --sha256 "$(printf %064d 0)" a.tar.zst
exits 'a trial restore' 0 prove_it --deep a.tar.zst
says 'of the database' 'app restored on trial, its content is the same'
says 'and of the directory' 'files restored on trial, its content is the same'

tar --zstd -xOf a.tar.zst MANIFEST.json >manifest
size=$(stat -c %s a.tar.zst)
place() { jq -r "[.frames[] | select(.member | test(\"$1\"))][0] | \"\(.offset) \(.packed)\"" manifest; }
piece() { # piece FROM LENGTH [FILE]
	dd if="${3-a.tar.zst}" bs=1M iflag=skip_bytes,count_bytes skip="$1" count="$2" 2>/dev/null
}
# bad NAME TEXT: b.tar.zst must be refused with TEXT
bad() {
	exits "$1: exit 1" 1 prove_it b.tar.zst
	says "$1: the message" "$2"
}
flip() { # flip OFFSET
	cp a.tar.zst b.tar.zst
	byte=$(piece "$1" 1 | od -An -tu1)
	printf '%b' "\\0$(printf %o $((byte ^ 64)))" | dd of=b.tar.zst bs=1 seek="$1" conv=notrunc 2>/dev/null
}

# a bit in each kind of member
for member in HANDRAIL-ARCHIVE notes.*copy small.*copy rest.dump files/; do
	set -- $(place "$member")
	for at in $(($1 + $2 / 2)) $(($1 + $2 - 1)); do
		flip "$at"
		bad "a bit at $at ($member)" "the frame at byte $1 "
	done
done
end=$((size - 256))
set -- $(jq -r '.frames[-1] | "\(.offset + .packed)"' manifest)
manifest_at=$1
flip $((manifest_at + 100)); bad 'a bit in the manifest' 'MANIFEST.json) is damaged'
flip $((end + 30)); bad 'a bit in the footer' 'its footer is damaged'
flip $((size - 1)); bad 'a bit in its last byte' 'its footer is damaged'
flip 2; bad 'a bit in the magic number' 'the frame at byte 0 '

# cut at each boundary: for tar and zstd these are whole archives
for at in $(jq -r '.frames[1:][] | .offset' manifest) "$manifest_at" "$end"; do
	piece 0 "$at" >b.tar.zst
	zstd -qt b.tar.zst || echo "zstd says no at $at" >>said
	bad "cut at $at" 'it has no footer'
done
[ ! -e said ]; verdict $? 'zstd had nothing to say against them'
piece 0 $((size - 1)) >b.tar.zst; bad 'the last byte missing' 'no footer'
: >b.tar.zst; bad 'an empty file' 'not an archive of handrail'
echo hello >b.tar.zst; bad 'another file' 'not an archive of handrail'
{ cat a.tar.zst; echo more; } >b.tar.zst; bad 'something after it' '5 bytes follow its footer'
cat a.tar.zst a.tar.zst >b.tar.zst; bad 'twice the same' 'there are more bytes than were written'

# frames taken out, doubled, exchanged
set -- $(place 'rest.dump')
{ piece 0 "$1"; piece $(($1 + $2)) $size; } >b.tar.zst; bad 'a member missing' 'bytes are missing from its middle'
{ piece 0 $(($1 + $2)); piece "$1" $size; } >b.tar.zst; bad 'a member twice' 'more bytes than were written'
set -- $(jq -r '.frames | "\(.[1].packed) \(.[2].packed)"' manifest)
first=$(jq -r '.frames[1].offset' manifest)
{ piece 0 "$first"; piece $((first + $1)) "$2"; piece "$first" "$1"; piece $((first + $1 + $2)) $size; } >b.tar.zst
bad 'two members exchanged' 'the frame at byte ' # of the two, that which a thread reads first
{ piece 0 "$manifest_at"; piece "$(tar --zstd -xOf other.tar.zst MANIFEST.json | jq '.frames[-1] | .offset + .packed')" $size other.tar.zst; } >b.tar.zst
exits 'the manifest of another archive: exit 1' 1 prove_it b.tar.zst

# a small frame that unpacks to much more than it should
set -- $(place small.*copy)
head -c 300000000 /dev/zero | zstd -q --check -19 >bomb
{ piece 0 "$1"; cat bomb; piece $(($1 + $2)) $size; } >b.tar.zst
bad 'a bomb in place of a member' 'than were written'

exits 'several: the sound ones are told, too' 1 prove_it a.tar.zst b.tar.zst other.tar.zst
field 'each' '[.result.archives[].sound] | @json' '[true,false,true]'
exits 'no such archive: exit 2' 2 prove_it no.tar.zst

# of a large frame one thread sums up the bytes, while another unpacks them: whoever finds the damage, it is one message
rm a.tar.zst; mkdir large && head -c 20000000 /dev/urandom >large/file
snapshot -n --dir large=large -o a.tar.zst >/dev/null 2>&1
exits 'a large frame is sound' 0 prove_it -j2 a.tar.zst
tar --zstd -xOf a.tar.zst MANIFEST.json >manifest
set -- $(place files/file)
for at in 10000000 0 $(($2 - 1)); do
	flip $(($1 + at)); bad "a bit at $at of it" "$1 (stores/large/files/file) is damaged: its SHA-256 is not the one"
done
finish
