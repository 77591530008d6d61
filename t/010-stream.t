#!/bin/sh
# the record stream: pass-through, barrier, sticky failure, needs, repeats, bad input
. "$(dirname "$0")/lib.sh"

rec() { # rec ID STEP STATUS [MORE]
	printf '{"handrail":1,"id":"%s","step":"%s","status":"%s","time":"2026-11-20T10:00:00.000Z"%s}\n' "$1" "$2" "$3" "${4-}"
}
step() { step-exec --name probe "$@"; }
ran() { [ -e ran ]; }

# what comes in goes out, byte for byte
{
	printf '{"handrail":1,"id":"A","step":"x","status":"ok","z":0.1,"a":18446744073709551616,"a":1e5,"b":1.10}\n'
	printf '{ "handrail" : 1, "id":"B", "x": "\\u00e9\\u0000\303\251" }\r\n'
	printf '{"unknown":{"deep":[1,2,{"k":null}]}}\n'
	printf '\n'
	printf '{"id":"C","step":"s","status":"ok"}{"id":"D","step":"s","status":"unchanged"}\n'
	printf '{"id":"E","step":"last","status":"ok"}'
} >in
exits 'odd but right records are taken' 0 step -- touch ran <in
head -c "$(wc -c <in)" out >passed
cmp -s in passed; verdict $? 'numbers, key order, duplicate keys, CRLF, two objects on a line: byte for byte' || evidence passed passed
[ "$(grep -c '"step":"probe"' out)" = 2 ]; verdict $? 'a missing last newline is added before our records'
[ "$(tail -c 1 out | od -An -tx1 | tr -d ' ')" = 0a ]; verdict $? 'our last record ends with a newline'

# started, then the end, same id
sed -n 's/.*"id":"\([0-9A-Z]*\)","step":"probe","status":"\([a-z]*\)".*/\1 \2/p' out >two
[ "$(cut -d' ' -f1 two | uniq | wc -l)" = 1 ] && [ "$(cut -d' ' -f2 two | tr '\n' ' ')" = 'started ok ' ]
verdict $? 'started and closing record share an id' || evidence two two

# the barrier: nothing is done before the end of input
rm -f ran
{ rec A x ok; sleep 0.3; [ -e ran ] && touch early; } | step -- touch ran >out 2>err
ran && [ ! -e early ]; verdict $? 'nothing is done before the end of input'

# started is out before the work
step -- sh -c 'grep -q started live && touch flushed' >live 2>err </dev/null
[ -e flushed ]; verdict $? 'the started record is written before the work'

# sticky failure
for status in failed cancelled refused; do
	rm -f ran
	rec A migrate-apply $status ',"error":{"code":"x","message":"it broke"}' >in
	exits "$status upstream: exit 3" 3 step -- touch ran <in
	! ran && grep -q '"status":"refused"' out && grep -q upstream-failed out && grep -q 'it broke' err
	verdict $? "$status upstream: nothing done, refused, with the reason"
	! grep -q '"step":"probe","status":"started"' out; verdict $? "$status upstream: no started record"
done
rm -f ran
{ rec A one started; rec B two started; rec B two ok; } >in
exits 'a started without an end: exit 3' 3 step -- touch ran <in
! ran && grep -q upstream-unfinished out && grep -q 'one (A)' err
verdict $? 'it is named'
{ rec B two ok; rec B two started; } >in
exits 'the end may stand before the start (merged streams)' 0 step -- true <in
rec A x failed >in
exits 'failure stays sticky through a pipe of steps' 3 sh -c 'step-exec true <in | step-exec true | step-exec true'
[ "$(grep -c refused out)" = 3 ]; verdict $? 'each step records its refusal'

# --needs
rec A snapshot ok ',"service":"redmine"' >in
exits 'needs: there' 0 step --needs snapshot -- true <in
exits 'needs: another service' 3 step --needs snapshot --service wiki -- true <in
grep -q missing-step out; verdict $? 'needs: says missing-step'
exits 'needs: same service' 0 step --needs snapshot --service redmine -- true <in
exits 'needs: one of two is missing' 3 step --needs snapshot,migrate-apply -- true <in
exits 'needs: empty stream' 3 step --needs snapshot -- true </dev/null
rec A snapshot planned >in
exits 'needs: planned is not done' 3 step --needs snapshot -- true <in
exits 'needs: planned is enough for a dry run' 0 step --needs snapshot --dry-run -- true <in
rec A snapshot unchanged >in
exits 'needs: unchanged counts' 0 step --needs=snapshot -- true <in
rec A snapshot started >in
exits 'needs: started does not count' 3 step --needs snapshot -- true <in

# release and service
{ rec A x ok ',"release":"4001","service":"redmine"'; printf '{"id":"B","step":"y","status":"ok","time":"2026-11-20T09:00:00.000Z","service":"old"}\n'; } >in
step -- true <in 2>err | tail -n 1 >out
grep -q '"release":"4001","service":"redmine"' out; verdict $? 'release and service come from the newest record'
HANDRAIL_SERVICE=env step -- true <in 2>err | tail -n 1 | grep -q '"release":"4001","service":"env"'; verdict $? 'the environment wins over the stream'
HANDRAIL_SERVICE=env step --service given -- true <in 2>err | tail -n 1 | grep -q '"service":"given"'; verdict $? 'the option wins over the environment'

# repeats
rec A x ok >a; rec B y ok >b
cat a b a a >in
step -- true <in 2>err | head -n -2 >out
cat a b >ab
same 'exact repeats are dropped' out <ab
{ cat a; rec A x ok ',"other":1'; } >in
exits 'same id and status, another body: exit 2' 2 step -- touch ran2 <in
[ ! -e ran2 ] && grep -q 'line 2' err && grep -q 'another body' err; verdict $? 'it names the line'
grep -q '"status":"failed"' out; verdict $? 'and later steps see the failure'

# bad input
bad() { # bad NAME LINE [WORDS]
	exits "$1: exit 2" 2 step -- touch ran3 <in
	[ ! -e ran3 ] && grep -q "^step-exec: standard input: line $2: " err && grep -q "${3-}" err
	verdict $? "$1: nothing done, line named" || evidence err err
}
{ cat a; echo 'not a record'; cat b; } >in; bad 'words' 2
printf '%s\n' host1 host2 >in; bad 'a list' 1 'give -n'
echo '[1,2]' >in; bad 'an array' 1
echo '"text"' >in; bad 'a string' 1
{ cat a b; printf '{"handrail":1,"id":"C","st'; } >in; bad 'a cut last line' 3 'cut off'
printf '{"a":"\377"}\n' >in; bad 'not UTF-8' 1
printf '{"a":1} trailing\n' >in; bad 'trailing words' 1
{ echo '{'; echo '  "pretty": 1'; echo '}'; } >in; bad 'pretty-printed JSON' 1

# -n and the terminal
echo garbage >in
exits '-n leaves standard input alone' 0 step -n -- true <in
exits 'the child does not read it either' 0 step -n -- sh -c 'test -z "$(cat)"' <in
if command -v script >/dev/null; then
	exits 'a terminal on stdin is not read' 0 timeout 10 script -qec 'step-exec -q true >tty.out' /dev/null </dev/null
	grep -q '"status":"ok"' tty.out; verdict $? 'and the step runs'
fi
exits 'closed stdin is an empty stream' 0 sh -c 'step-exec true <&-'
exits 'closed stdout: exit 2' 2 sh -c 'step-exec touch ran4 >&-'
[ ! -e ran4 ]; verdict $? 'closed stdout: nothing done'
exits 'closed stderr is no trouble' 0 sh -c 'step-exec sh -c "echo x >&2" 2>&-'
exits 'full stdout: exit 2' 2 sh -c 'step-exec touch ran4 >/dev/full'
[ ! -e ran4 ]; verdict $? 'full stdout: nothing done'
grep -q 'standard output' err; verdict $? 'full stdout: said'
rec A x ok >in
exits 'full stdout with records upstream: exit 2' 2 sh -c 'step-exec touch ran4 <in >/dev/full'
[ ! -e ran4 ]; verdict $? 'nothing done'
exits 'the reader goes away during the work: exit 4' 4 sh -c '{ step-exec sh -c "sleep 0.3; touch ran5"; echo $? >code; } | head -n 1 >/dev/null; exit $(cat code)'
[ -e ran5 ]; verdict $? 'SIGPIPE does not stop the work'

# misuse in a pipeline reaches the steps after
exits 'misuse upstream stops the next step' 3 sh -c 'step-exec --bogus true 2>/dev/null </dev/null | step-exec touch ran6'
[ ! -e ran6 ]; verdict $? 'nothing done after misuse upstream'
finish
