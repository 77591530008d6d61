#!/bin/sh
# step-exec: what it records of a command, how it ends one, and what it leaves behind
. "$(dirname "$0")/lib.sh"
field() { jq -c "select(.status != \"started\") | $1" out; }

exits 'a command that works: exit 0' 0 step-exec -n --name deploy -- sh -c 'echo said; echo complained >&2'
field '[.step, .status, .result.exit, .result.timed_out, .result.output_bytes]' >got
same 'its record' got <<'END'
["deploy","ok",0,false,16]
END
sort err >got
same 'all that it says goes to standard error' got <<'END'
complained
said
END
exits 'a command that fails: exit 1' 1 step-exec -n -- sh -c 'exit 7'
field '[.status, .error.code, .result.exit, .result.signal]' >got
same 'its record' got <<'END'
["failed","exit",7,null]
END
exits 'a command that is killed: exit 1' 1 step-exec -n -- sh -c 'kill -SEGV $$'
field '[.result.exit, .result.signal]' >got
same 'its record names the signal' got <<'END'
[139,11]
END
exits 'a command that is not there: exit 2' 2 step-exec -n -- no-such-command
field '[.status, .error.code, .result.argv]' >got
same 'its record' got <<'END'
["failed","not-found",["no-such-command"]]
END
exits 'no command: exit 2' 2 step-exec -n
exits 'a command without execute permission: exit 2' 2 step-exec -n -- /etc/passwd

# arguments are words, not shell
step-exec -n -- sh -c 'printf "%s|" "$@"; echo' sh "it's \$HOME" '*' '' '; rm -rf /' >out 2>err
same 'arguments are passed on as they are' err <<'END'
it's $HOME|*||; rm -rf /|
END
step-exec -n -- sh -c 'read -r line; echo "[$line]"' >out 2>err <err
same 'its standard input is empty' err <<'END'
[]
END

# the directory
mkdir -p real/deep
ln -s real link
step-exec -n -- true >out 2>err
field .result.directory >got
same 'the directory is recorded without -C' got <<END
"$(pwd -P)"
END
step-exec -n -C link/deep -- pwd -P >out 2>err
field .result.directory >got
same 'and with it: whole, without links' got <<END
"$(pwd -P)/real/deep"
END
exits '-C to a directory that is not there: exit 2' 2 step-exec -n -C nowhere -- true

# output
step-exec -n -- sh -c 'printf "a\000b\377c\n"' >out 2>err
field .result.output >got
same 'binary output is recorded as UTF-8' got <<'END'
"a\u0000b�c\n"
END
printf 'a\000b\377c\n' | cmp -s - err
verdict $? 'and copied as it is'
exits 'much output' 0 step-exec -n -- sh -c 'yes 0123456789abcde | head -c 10000000; echo; echo last'
field '[(.result.output | utf8bytelength), (.result.output | endswith("\nlast\n")), .result.output_bytes]' >got
same 'its last 64 KiB are recorded' got <<'END'
[65536,true,10000006]
END
[ "$(wc -c <err)" = 10000006 ]
verdict $? 'and all of it was copied'
step-exec -n -- sh -c 'echo "{\"handrail\":1}"; echo "::error::x"' 2>err >out
[ "$(wc -l <out)" = 2 ]
verdict $? 'nothing of it gets among the records'
API_TOKEN=hunter22secret step-exec -n -- sh -c 'echo "token $API_TOKEN and postgres://u:sesame99@h/d"' sesame postgres://u:sesame99@h/d >out 2>err
! grep -qE 'hunter22secret|sesame99' out
verdict $? 'secrets are washed out of the record' || evidence out out

# time
exits 'a timeout: exit 1' 1 step-exec -n --timeout 200ms -- sh -c 'echo begun; sleep 60'
field '[.status, .error.code, .result.timed_out, .result.output, (.result.seconds < 2)]' >got
same 'its record holds what was said before' got <<'END'
["failed","timeout",true,"begun\n",true]
END
exits 'a command deaf to TERM is killed after the grace' 1 step-exec -n --timeout 100ms --grace 200ms -- \
    sh -c 'trap "" TERM; while :; do sleep 0.05; done'
field '[.result.timed_out, (.result.seconds < 2)]' >got
same 'soon' got <<'END'
[true,true]
END
exits 'the whole group ends' 1 step-exec -n --timeout 300ms -- sh -c 'sleep 60 & echo $! >child; sleep 60 & wait'
soon ended "$(cat child)"
verdict $? 'children of the command are gone'
exits 'grandchildren that left the group' 1 step-exec -n --timeout 500ms -- \
    sh -c 'setsid sh -c "setsid sleep 60 & echo \$! >grand; wait" & sleep 60'
soon ended "$(cat grand)"
verdict $? 'are gone, too'
exits 'a command that leaves a daemon behind ends when it ends' 0 timeout 5 step-exec -n -- sh -c 'setsid sleep 3 & echo $! >daemon'
kill -0 "$(cat daemon)"
verdict $? 'and the daemon lives' && kill "$(cat daemon)"

# stopped
stop() { # stop SIGNAL STATUS
	rm -f child
	step-exec -n -- sh -c 'sleep 60 & echo $! >child; wait' >out 2>err &
	pid=$!
	soon test -s child
	kill -s "$1" $pid
	wait $pid
	code=$?
	[ $code = "$2" ]
	verdict $? "SIG$1: exit 128 + signal" || printf '#   exit %s\n' "$code"
	field '[.status, .error.code]' >got
	same 'the record is closed as cancelled' got <<'END'
["cancelled","cancelled"]
END
	soon ended "$(cat child)"
	verdict $? 'and nothing runs on'
}
stop TERM 143
stop INT 130

# in the stream
printf '%s\n' '{"handrail":1,"id":"01JD0000000000000000000001","step":"migrate-apply","status":"failed","time":"2026-11-20T10:00:00.000Z","seconds":1.0}' >in
exits 'after a failure upstream: exit 3' 3 step-exec -- touch ran <in
[ ! -e ran ]
verdict $? 'and the command is not run'
exits '--dry-run: exit 0' 0 step-exec -n --dry-run -- touch ran
[ ! -e ran ]
verdict $? 'and the command is not run'
field '[.status, .result.argv]' >got
same 'the record says planned' got <<'END'
["planned",["touch","ran"]]
END
if [ -e /dev/full ]; then
	(step-exec -n -- touch ran2 >/dev/full) 2>err
	[ $? = 2 ] && [ ! -e ran2 ]
	verdict $? 'when the record cannot be written, nothing is run: exit 2' || evidence err err
fi
exits 'an empty name: exit 2' 2 step-exec -n --name '' -- true
printf '#!/no/such/shell\n' >odd && chmod +x odd
exits 'a script whose interpreter is not there: exit 2' 2 step-exec -n ./odd
says 'says what is missing' './odd: the interpreter of its first line is not there'

finish
