#!/bin/sh
# a stream of 100 MB: linear time, bounded memory
. "$(dirname "$0")/lib.sh"
big() { # big RECORDS
	awk -v n="$1" 'BEGIN { pad = sprintf("%400s", ""); gsub(/ /, "x", pad)
		for (i = 0; i < n; i++) printf "{\"handrail\":1,\"id\":\"%026d\",\"step\":\"s%d\",\"status\":\"ok\",\"result\":{\"pad\":\"%s\"}}\n", i, i % 7, pad }'
}
big 220000 >in
size=$(wc -c <in)
[ "$size" -gt 100000000 ]; verdict $? 'the input has 100 MB'
exits 'a 100 MB stream passes' 0 step-exec true <in
head -c "$size" out | cmp -s - in; verdict $? 'unchanged'
# bounded: the records themselves (100 MB) are not held
limit=80000
case $(command -v step-exec) in */asan/*) limit=0;; esac
if [ "$limit" != 0 ]; then
	( ulimit -v $limit && step-exec true <in >/dev/null 2>err )
	verdict $? "within $limit KB of address space" || evidence err err
fi
finish
