# shellcheck shell=sh
# t/rollback.sh - records for rollback-plan, and a lock that locks nothing for scripts of which only the steps count; after lib.sh

rec() { # rec AT STEP STATUS REST
	printf '{"handrail":1,"id":"01JD00000000000000000000%s","step":"%s","status":"%s","time":"2026-11-20T10:%s:30.000Z","seconds":30.0,%s"service":"notes"%s}\n' \
	    "$1" "$2" "$3" "$1" "${release+\"release\":\"$release\",}" "${4-}"
}

# stub_lock DIR: a lock-exec there that only runs its command
stub_lock() {
	cat >"$1/lock-exec" <<-'END'
	#!/bin/sh
	while [ "$1" != -- ]; do shift; done
	shift
	exec "$@"
	END
	chmod +x "$1/lock-exec"
}
