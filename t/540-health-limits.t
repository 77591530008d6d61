#!/bin/sh
# health-wait: name servers that are silent, children that hide, signals, the clock, descriptors, a thousand targets
# shellcheck disable=SC2154 # fixture sets the ports
. "$(dirname "$0")/lib.sh"
. "$top/t/fixture.sh"
fixture up 200

# a name server of our own, in a network of our own
cat >names.sh <<'EOF'
. "$top/t/soon.sh"
. "$top/t/fixture.sh"
ip link set lo up
echo 'nameserver 127.0.0.1' >resolv.conf
echo 'hosts: files dns' >nsswitch.conf
mount --bind resolv.conf /etc/resolv.conf && mount --bind nsswitch.conf /etc/nsswitch.conf || exit 99
FIXTURE='-U -p 53' # shellcheck disable=SC2086 # words are meant
fixture names $2
fixture web '200:{"version":"6"}'
case $1 in
silent) exec health-wait -n --timeout 2 http://db.test/ "tcp://127.0.0.1:$web" postgres://u@db.test/d tcp://db.test:80 redis://db.test dns:db.test ;;
late) exec health-wait -n --timeout 9 "http://app.test:$web/" --expect-version=6 "tcp://app.test:$web" ;;
idn) exec health-wait -n --timeout 4 "http://bücher.test:$web/" "tcp://bücher.test:$web" dns:bücher.test ;;
esac
EOF
spaces() { unshare -rnm true 2>/dev/null; }
alone() { PATH="$PATH" top="$top" unshare -rnm sh ./names.sh "$@"; }
if spaces && alone probe mute >/dev/null 2>&1; [ "$?" != 99 ] && spaces; then
	exits 'a silent name server: exit 1' 1 alone silent mute
	on_time 2
	verdict $? 'the deadline holds' || evidence out out
	shows 'each says so' '[.targets[] | .state]' '["dns-timeout","ok","dns-timeout","dns-timeout","dns-timeout","dns-timeout"]'
	shows 'the others are seen at once' '.targets[1].seconds < 0.2' true
	exits 'a name that appears' 0 alone late '0.6@nxdomain a:127.0.0.1'
	grep -q 'dns-failed' err
	verdict $? 'was not there at first' || evidence err err
	exits 'a name server that wakes up' 0 alone late '1.5@mute a:127.0.0.1'
	shows 'is asked again before the first question is given up' '.seconds < 4.5' true
	exits 'a name of other letters' 0 alone idn a:127.0.0.1
else
	verdict 0 'name servers # SKIP no namespaces here'
fi

# children: groups, sessions of their own, a parent that is killed
marked() { # processes with our mark, of those that are alive
	grep -laF "MARK=$1" /proc/[0-9]*/environ 2>/dev/null | while read -r f; do
		grep -q '^State:.[ZX]' "${f%environ}status" 2>/dev/null || echo "$f"
	done
}
gone() { # gone MARK NAME: within a second
	g_n=0
	while [ -n "$(marked "$1")" ] && [ "$g_n" -lt 50 ]; do sleep 0.02 && g_n=$((g_n + 1)); done
	[ -z "$(marked "$1")" ]
	verdict $? "$2" || marked "$1" | while read -r p; do
		printf '#   %s\n' "$(tr '\0' ' ' <"${p%environ}cmdline")"
	done
}
family='sleep 60 & setsid sleep 61 & (setsid sh -c "sleep 62 & sleep 63" &) ; '
waits 'a command with a family, cut' 1 timeout --timeout 0.9 "exec:MARK=$$a; export MARK; $family sleep 64" --attempt-timeout 400ms
[ -z "$(marked "$$a")" ]
verdict $? 'leaves nothing' || evidence out out
on_time 0.9
verdict $? 'and is ended in time' || evidence out out
waits 'a command that leaves a family behind' 0 ok --timeout 5 "exec:MARK=$$b; export MARK; $family exit 0"
gone "$$b" 'leaves nothing either'
health-wait -nq --timeout 60 "exec:MARK=$$c; export MARK; $family sleep 64" --attempt-timeout 50s >/dev/null 2>&1 &
pid=$!
sleep 0.5
[ -n "$(marked "$$c")" ]
verdict $? 'a family is there'
kill -9 "$pid"
wait "$pid" 2>/dev/null
gone "$$c" 'and gone when health-wait is killed'
waits 'output without end is drained' 1 timeout --timeout 0.7 'exec:yes'
waits 'much output' 0 ok --timeout 9 'exec:head -c 5000000 /dev/zero | tr "\0" x; echo; echo ready' --expect-body 'ready'

# signals
health-wait -n --timeout 60 exec:false "http://127.0.0.1:$up/" >out 2>err &
pid=$!
sleep 0.6
kill -TERM "$pid"
wait "$pid"
[ $? = 143 ]
verdict $? 'SIGTERM: exit 143'
tail -n 1 out | jq -e '.status == "cancelled" and ([.result.targets[].state] == ["exit-1","ok"])' >/dev/null
verdict $? 'the record is closed as cancelled, with what was seen' || evidence out out

# the wall clock steps back
if [ "${FLAVOUR-}" = release ]; then
	cat >step.c <<'EOF'
#define _GNU_SOURCE
#include <time.h>
#include <sys/syscall.h>
#include <unistd.h>
int clock_gettime(clockid_t c, struct timespec *t)
{
	static int calls;
	int bad = syscall(SYS_clock_gettime, c, t);
	if (c == CLOCK_REALTIME && calls++ > 3) t->tv_sec -= 86400;
	return bad;
}
EOF
	cc -shared -fPIC -o step.so step.c
	fixture clock 0.5@503 200
	exits 'the clock is stepped back' 0 env LD_PRELOAD="$box/step.so" health-wait -n --timeout 5 --stable-for 0.3 "http://127.0.0.1:$clock/"
	shows 'and nothing is late' '.seconds > 0.3 and .seconds < 1.5' true
	exits 'nor is the deadline' 1 env LD_PRELOAD="$box/step.so" health-wait -n --timeout 0.5 exec:false
	shows 'by the clock that cannot be stepped' '.seconds >= 0.5 and .seconds < 0.6' true
fi

# a thousand targets
i=0
while [ "$i" -lt 1000 ]; do echo "{\"target\":\"http://127.0.0.1:$up/$i\"}"; i=$((i + 1)); done >thousand
exits 'a thousand targets' 0 health-wait -n --timeout 20 --from thousand
shows 'all are good' '[.targets[] | select(.healthy)] | length' 1000
exits 'a thousand targets with 256 descriptors' 0 sh -c 'ulimit -n 256; exec health-wait -n --timeout 20 --from thousand'
shows 'all are good' '[.targets[] | select(.healthy)] | length' 1000
fixture shut closed
sed "s/$up/$shut/" thousand >closed
exits 'a thousand that are never good' 1 health-wait -nq --timeout 2 --from closed
shows 'at most a thousand attempts a second' '[.targets[].attempts] | add <= 3100' true
on_time 2
verdict $? 'the deadline holds' || evidence err err
finish
