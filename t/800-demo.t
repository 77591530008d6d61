#!/bin/sh
# the demo ends well, in time, and leaves nothing behind; also when it is interrupted
. "$(dirname "$0")/lib.sh"
mkdir well INT TERM KILL

left() { # left DIR: what a demo whose TMPDIR is DIR has left there, and the processes that it has left
	# the directory of a script that was killed is nobody's to remove
	find "$1" -mindepth 1 -maxdepth 1 ! \( -path 'KILL/*' -name 'handrail-demo*' \)
	grep -lsaz "^TMPDIR=$box/$1\$" /proc/[0-9]*/environ | sed 's,environ$,cmdline,' | while read -r p; do
		words=$(cat "$p" 2>/dev/null | tr '\0' ' ')
		[ -z "$words" ] || printf '%s\n' "$words"
	done
}

begun=$(date +%s)
exits 'the demo ends with 0' 0 env -u SCRATCH TMPDIR="$box/well" "$top/t/demo/run"
cp out story
# the sanitizers are allowed more time
[ $(($(date +%s) - begun)) -lt "$([ "$FLAVOUR" = release ] && echo 30 || echo 90)" ]
verdict $? 'in under 30 s'
tail -n 1 story >last
same 'with every row there' last <<'END'
Version 6 answers, and all 4 rows are there, column for column as before the release.
END
[ "$(grep -c '^\$ manifest-bump' story)" = 2 ]
verdict $? 'after two releases'
grep -q 'strategy restore-swap' story
verdict $? 'and a restore'
left well >nothing
[ ! -s nothing ]
verdict $? 'nothing is left' || evidence left nothing

# in the middle of the second release; a background job of sh ignores SIGINT, so it is put back
for signal in INT TERM KILL; do
	TMPDIR="$box/$signal" env --default-signal=INT setsid "$top/t/demo/run" >"story.$signal" 2>&1 </dev/null &
	echo $! >"pid.$signal"
done
for signal in INT TERM KILL; do
	demo=$(cat "pid.$signal")
	for _ in $(seq 600); do
		grep -q 'HTTP status 503' "story.$signal" && break
		kill -0 "$demo" || break
		sleep 0.1
	done
	if [ $signal = KILL ]; then kill -KILL "$demo"; else kill -$signal "-$demo"; fi
	wait "$demo" 2>/dev/null
	for _ in $(seq 150); do
		left $signal >nothing
		[ -s nothing ] || break
		sleep 0.1
	done
	grep -q 'HTTP status 503' "story.$signal" && [ ! -s nothing ]
	verdict $? "nothing is left after SIG$signal" || { evidence left nothing; evidence story "story.$signal"; }
done
finish
