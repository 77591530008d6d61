#!/bin/sh
# --record, forms, signals, the child's life
. "$(dirname "$0")/lib.sh"

exits '--record' 0 step-exec --record j.jsonl true </dev/null
sed 's/.*"status":"\([a-z]*\)".*/\1/' j.jsonl >got
same 'the journal has both records' got <<'END'
started
ok
END
exits '--record again' 0 step-exec --record j.jsonl true </dev/null
[ "$(wc -l <j.jsonl)" = 4 ]; verdict $? 'it appends'
printf '{"cut' >>j.jsonl
step-exec --record j.jsonl true >/dev/null </dev/null 2>&1
[ "$(sed -n '5p' j.jsonl)" = '{"cut' ] && [ "$(wc -l <j.jsonl)" = 7 ]; verdict $? 'a cut line of a killed run does not swallow ours'
exits '--record in no directory: exit 2' 2 step-exec --record no/such/j touch ran </dev/null
[ ! -e ran ]; verdict $? 'nothing done without the journal'
exits '--record on a full disk: exit 2' 2 step-exec --record /dev/full touch ran </dev/null
[ ! -e ran ]; verdict $? 'nothing done without the journal'
if command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then
	strace -f -e trace=write,fsync,execve -o trace step-exec --record s.jsonl true >/dev/null 2>&1 </dev/null
	awk '/execve.*\["true"\].* = 0/{run=1} /fsync/{if(run)after++; else before++} END{exit !(before>=1 && after>=1)}' trace
	verdict $? 'fsync before acting and after' || evidence trace trace
	[ "$(grep -c 'write(1, ' trace)" = 2 ]; verdict $? 'each record is one write'
fi

# signals
for sig in INT:130 TERM:143; do
	code=${sig#*:} sig=${sig%:*}
	rm -f up
	step-exec --grace 1 --record "$sig.jsonl" sh -c 'trap "touch ended; exit" TERM; touch up; sleep 20 & wait' >out 2>err </dev/null &
	pid=$!
	soon test -e up
	# background jobs of sh ignore INT by default; step-exec catches it all the same
	kill -s $sig $pid
	wait $pid; got=$?
	[ $got = $code ]; verdict $? "SIG$sig: exit $code" || echo "#   got $got"
	grep -q '"status":"cancelled"' out && grep -q '"status":"cancelled"' $sig.jsonl; verdict $? "SIG$sig: cancelled in stream and journal"
	[ -e ended ]; verdict $? "SIG$sig: the child was asked to end"
	rm -f ended
done
# what a runner has done to signals before it started us
exits 'the ends of children ignored: theirs are seen all the same' 1 perl -e '$SIG{CHLD} = "IGNORE"; exec @ARGV' step-exec -n sh -c 'exit 3'
field 'as they were' .result.exit 3
perl -MPOSIX -e 'sigprocmask(SIG_BLOCK, POSIX::SigSet->new(SIGTERM)); exec @ARGV' step-exec -n sh -c 'touch up7; sleep 20 & wait' >out 2>err & pid=$!
soon test -e up7
kill -TERM $pid
wait $pid; got=$?
[ $got = 143 ]; verdict $? 'SIGTERM blocked: it stops all the same' || echo "#   got $got"
mkfifo fifo
{ echo '{"id":"A"}'; sleep 1; } >fifo &
step-exec touch ran <fifo >out 2>err & pid=$!
sleep 0.3
kill -TERM $pid
wait $pid; echo $? >code
[ "$(cat code)" = 143 ] && [ ! -e ran ] && grep -q '{"id":"A"}' out && grep -q '"status":"cancelled"' out
verdict $? 'SIGTERM while reading: 143, what came was passed on, cancelled' || { evidence out out; evidence code code; }
step-exec sh -c 'touch up9; exec sleep 20.7' >killed.jsonl 2>err </dev/null & pid=$!
soon test -e up9
kill -9 $pid; wait $pid 2>/dev/null
exits 'after kill -9 the next step refuses' 3 step-exec touch ran <killed.jsonl
grep -q 'never ended' err; verdict $? 'because of the started without an end'
pkill -f '^sleep 20.7' 2>/dev/null

# forms
exits 'unknown form: exit 2' 2 step-exec --format yaml true </dev/null
grep -q 'the forms are json' err; verdict $? 'the forms are listed'
exits 'text in place of the records' 1 step-exec --format text --write text=t.txt false </dev/null
grep -q '^step-exec failed in' out && cmp -s out t.txt && ! grep -q handrail out; verdict $? 'one line, on stdout and in the file'
for form in /dev/stderr /dev/fd/2 /proc/self/fd/2; do
	exits "--write to $form" 0 step-exec --write text=$form true </dev/null
	says "$form: is there" 'step-exec ok in '
done
exits '--write to /dev/stdout' 0 step-exec --write text=/dev/stdout true </dev/null
sed -n 2p out >got
grep -q '^step-exec ok in ' got && [ "$(wc -l <out)" = 3 ]
verdict $? 'stands between the records' || evidence out out
mkfifo form
cat form >got &
exits '--write to a pipe' 0 step-exec --write text=form true </dev/null
wait $!
grep -q '^step-exec ok in ' got && [ -p form ]
verdict $? 'which stays one' || evidence got got
step-exec --help >/dev/full 2>err
[ $? = 2 ] && grep -q '^step-exec: standard output: No space left on device' err
verdict $? 'help onto a full disk: exit 2, and says so' || evidence err err
exits 'a form that cannot be written: exit 4 after the work' 4 step-exec --write text=no/such/dir true </dev/null
grep -q '"status":"ok"' out; verdict $? 'the record still tells that the work was done'
exits '--write without a file: exit 2' 2 step-exec --write text true </dev/null

# options
exits 'unknown option suggests' 2 step-exec --dry-rum true </dev/null
grep -q 'did you mean --dry-run?' err; verdict $? 'the nearest name'
exits 'names are spelt whole' 2 step-exec --dry true </dev/null
exits 'a flag takes no value' 2 step-exec --dry-run=yes true </dev/null
exits 'a value is needed' 2 step-exec --timeout
exits 'a duration is a duration' 2 step-exec --timeout 5x true </dev/null
exits 'options of the command are its own' 0 step-exec sh -c 'exit 0' --bogus </dev/null
exits '--help wins' 0 step-exec --help
[ -s out ] && [ ! -s err ]; verdict $? 'on standard output'

# ci
GITHUB_ACTIONS=true GITHUB_SERVER_URL=https://github.com GITHUB_REPOSITORY=a/b GITHUB_RUN_ID=7 GITHUB_SHA=abc GITHUB_REF=refs/heads/main GITHUB_ACTOR=eve \
	step-exec true </dev/null 2>err | tail -n 1 >out
grep -q '"ci":{"provider":"github","run":"https://github.com/a/b/actions/runs/7","commit":"abc","ref":"refs/heads/main","actor":"eve"}' out
verdict $? 'ci of GitHub Actions'
GITHUB_ACTIONS='' GITLAB_CI=true CI_JOB_URL=https://gl/j/1 step-exec true </dev/null 2>err | tail -n 1 | grep -q '"ci":{"provider":"gitlab","run":"https://gl/j/1"'
verdict $? 'ci of GitLab'

# secrets
DATABASE_URL='postgres://app:s3cr%40tpw@db/x' PGPASSWORD=hunter22 step-exec --record sec.jsonl sh -c 'echo "url $DATABASE_URL plain s3cr@tpw pg $PGPASSWORD" ' >out 2>err </dev/null
grep -q 'plain \*\*' sec.jsonl && ! grep -q -e 's3cr' -e hunter22 out err sec.jsonl; verdict $? 'passwords of the environment are washed out of records and of what is echoed' || evidence out out
exits 'a password in argv is washed' 0 step-exec true 'postgres://u:verysecret@h/d' </dev/null
! grep -q verysecret out; verdict $? 'from the record, too'
finish
