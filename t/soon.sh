# shellcheck shell=sh
# t/soon.sh - what a test waits for, and not for ever

# soon COMMAND...: wait until it succeeds; where that takes more than 30 s the test has failed
soon() {
	soon_end=$(($(date +%s) + 30))
	until "$@" >/dev/null 2>&1; do
		[ "$(date +%s)" -lt $soon_end ] || {
			tap_bad=1
			printf '#   still not so after 30 s: %s\n' "$*"
			return 1
		}
		sleep .02
	done
}
# ended PID: that process runs no more
ended() { ! kill -0 "$1" 2>/dev/null || grep -q '^State:.[ZX]' "/proc/$1/status" 2>/dev/null; }
