#!/bin/sh
# fuzz - each target of t/fuzz under libFuzzer for FUZZ_SECONDS (ten minutes); what it finds stays in build/fuzz/TARGET
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/t/lib.sh"
clang -fsanitize=fuzzer,address -x c -o probe - 2>/dev/null <<'END' || skip_all 'no clang with libFuzzer'
int LLVMFuzzerTestOneInput(const unsigned char *d, unsigned long n);
int LLVMFuzzerTestOneInput(const unsigned char *d, unsigned long n) { return n > 9 && d[0] == 255; }
END
out=$root/build/fuzz
packages=$(sed -n 's/^PKGS *:= //p' "$root/Makefile")
make -s -C "$root" CC=clang FLAVOUR=asan B=build/fuzz CFLAGS=-fsanitize=fuzzer-no-link build/fuzz/lib.a >build.log 2>&1
verdict $? 'the library builds for it' || evidence build build.log

for source in "$root"/t/fuzz/*.c; do
	target=$(basename "$source" .c)
	# the seeds of past runs, and the real files
	mkdir -p "$out/$target.corpus"
	for f in "$root"/../shared/real/*/*.y*ml "$root"/../shared/real/*/*/*.yaml; do
		[ -f "$f" ] && { printf '\0'; cat "$f"; } >"$out/$target.corpus/$(cksum <"$f" | cut -d' ' -f1)"
	done
	# shellcheck disable=SC2046,SC2086 # words are meant
	clang -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -DHANDRAIL_FAULTS -D_GNU_SOURCE \
	    -I"$root/lib" $(pkg-config --cflags $packages) -o "$target" "$source" "$out/lib.a" \
	    $(pkg-config --libs $packages) -lpg_query -lm >build.log 2>&1 &&
	    "./$target" -max_total_time="${FUZZ_SECONDS:-600}" -max_len=4096 -timeout=10 -artifact_prefix="$out/$target-" \
	    "$out/$target.corpus" >>build.log 2>&1
	verdict $? "$target" || tail -n 40 build.log | sed 's/^/#   /'
done
finish
