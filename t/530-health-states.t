#!/bin/sh
# health-wait: servers that misbehave, each with its state and its deadline
# shellcheck disable=SC2154 # fixture sets the ports
. "$(dirname "$0")/lib.sh"
. "$top/t/fixture.sh"
unset http_proxy https_proxy all_proxy HTTPS_PROXY ALL_PROXY

# ends STATE NAME ARGUMENT...: that state, and the deadline of 0.6 s holds (a busy machine gets a second try)
ends() {
	e_state=$1 e_name=$2
	shift 2
	waits "$e_name" 1 "$e_state" --timeout 0.6 "$@"
	# of the whole step: what was begun is ended within it
	on_time 0.6 || health-wait -n --timeout 0.6 "$@" >out 2>err
	on_time 0.6
	verdict $? "$e_name: on time" || evidence out out
}

fixture hang hang
fixture full full
fixture drip drip
fixture huge huge
fixture empty echo:
fixture shuts close
fixture reset reset
fixture ssh 'say:SSH-2.0-OpenSSH_9.2\r\n'
fixture loop "302:/again"
fixture deep "200:$(printf '%*s' 5000 '' | tr ' ' '[')"
fixture broken '200:{"a":'
fixture up 200
fixture late 0.3@200 hang
ends tls-failed 'what hangs a moment before the end tells no more than what was seen' "https://127.0.0.1:$late/" --insecure
ends timeout 'accepts and never answers' "http://127.0.0.1:$hang/"
ends connect-timeout 'SYN dropped' "http://127.0.0.1:$full/"
ends connect-timeout 'SYN dropped, tcp' "tcp://127.0.0.1:$full"
ends timeout 'a byte a second' "http://127.0.0.1:$drip/"
ends body-too-large 'a body without end' "http://127.0.0.1:$huge/"
fixture wide "head:X-Wide: $(printf '%*s' 90000 '' | tr ' ' x)"
waits 'a header of 90 KB' 0 ok --timeout 2 "http://127.0.0.1:$wide/"
fixture wider "head:X-Wide: $(printf '%*s' 110000 '' | tr ' ' x)"
ends body-too-large 'one of 110 KB' "http://127.0.0.1:$wider/"
shows 'is told as such' '.targets[0].last.text' '"the headers of the answer are too large (300 KiB, or 100 KiB of one)"'
ends empty-reply 'closes' "http://127.0.0.1:$empty/"
ends reset 'closes, tcp' "tcp://127.0.0.1:$shuts"
ends reset 'resets' "http://127.0.0.1:$reset/"
ends reset 'resets, tcp' "tcp://127.0.0.1:$reset"
ends empty-reply 'an SSH banner' "http://127.0.0.1:$ssh/"
waits 'an SSH banner, tcp' 0 ok --timeout 1 "tcp://127.0.0.1:$ssh"
ends redirect 'a redirect' "http://127.0.0.1:$loop/"
ends redirect 'a redirect loop' "http://127.0.0.1:$loop/" --follow
shows 'is cut after 10' '.targets[0].last.text' '"more than 10 redirects"'
ends invalid-json 'deeply nested JSON' "http://127.0.0.1:$deep/" --expect-json /a
ends invalid-json 'broken JSON' "http://127.0.0.1:$broken/" --expect-json /a

# --follow goes where it is told, also to another port
fixture away "301:http://localhost:$up/there"
waits 'a redirect to another port' 0 ok --timeout 2 "http://127.0.0.1:$away/" --follow

# a gzip bomb, in little memory
head -c 268435456 /dev/zero | gzip -1 >bomb.gz
fixture bomb "bomb:$box/bomb.gz"
ends body-too-large 'a gzip bomb' "http://127.0.0.1:$bomb/"
if [ "${FLAVOUR-}" = release ]; then
	for port in "$bomb" "$huge" "$deep"; do
		health-wait -nq --timeout 0.5 "http://127.0.0.1:$port/" --expect-json /a >/dev/null 2>&1 &
		sleep 0.4
		awk '/^VmHWM/ { exit !($2 < 32768) }' "/proc/$!/status"
		verdict $? "under 32 MB with it ($(awk '/^VmHWM/ { print $2 }' "/proc/$!/status") kB)"
		awk '/^Threads/ { exit $2 != 1 }' "/proc/$!/status"
		verdict $? 'and one thread'
		wait "$!"
	done
fi

# one hung target does not keep others waiting; a hedge meets the server that recovers
fixture hung 1.2@hang 200
exits 'a server that hung at first' 0 health-wait -n --timeout 9 --attempt-timeout 5s "http://127.0.0.1:$hung/" "tcp://127.0.0.1:$up"
shows 'is seen good before its first attempt is over' '.targets[0].seconds < 3' true
shows 'the other one at once' '.targets[1].seconds < 0.3' true

# both families of localhost
FIXTURE=-6 fixture six '200:{"six":true}'
exits 'localhost on ::1 only' 0 health-wait -n --timeout 2 "http://localhost:$six/" "tcp://localhost:$six" "http://[::1]:$six/" "tcp://[::1]:$six"
exits 'localhost on 127.0.0.1 only' 0 health-wait -n --timeout 2 "http://localhost:$up/" "tcp://localhost:$up"
waits 'each address: one is not good' 1 refused --timeout 0.5 "http://localhost:$up/" --each-address
FIXTURE="-6 -p $up" fixture both 200
waits 'each address: both are' 0 ok --timeout 2 "http://localhost:$up/" --each-address
shows 'each was asked' '.targets[0].attempts' 2

# proxies
fixture proxy '200:{"proxy":true}'
export http_proxy="http://127.0.0.1:$proxy" no_proxy=elsewhere,.inside.invalid
exits 'the loopback is asked without the proxy' 0 health-wait -n --timeout 2 --expect-json /status=up "http://127.0.0.1:$up/" "http://localhost:$up/"
exits 'others with it, unresolved' 0 health-wait -n --timeout 2 http://outside.invalid/ --expect-json /proxy=true
waits 'not those that are listed' 1 dns-failed --timeout 0.5 http://a.inside.invalid/
unset http_proxy no_proxy

# secrets
waits 'a password in a URL' 0 ok --timeout 2 "http://user:pw@127.0.0.1:$up/" --header 'Authorization: Bearer hushhush'
cat out err | grep -E 'pw@|hushhush' >told
[ ! -s told ]
verdict $? 'is told nowhere, nor is a token' || evidence told told
shows 'the user is' '.targets[0].target' "\"http://user:***@127.0.0.1:$up/\""

# what is asked
FIXTURE=-r fixture asked 200
asks() { # asks NAME ARGUMENT...: the request's lines that matter, against stdin
	a_name=$1
	shift
	exits "$a_name" 0 health-wait -n --timeout 2 "http://127.0.0.1:$asked/x?y=1" "$@"
	tr -d '\r' <asked.port.request | grep -vE '^(Host|Accept|Accept-Encoding|Content-Type):' >request
	same "$a_name: the request" request
}
asks 'GET' <<'EOF'
GET /x?y=1 HTTP/1.1
User-Agent: health-wait

EOF
asks 'HEAD with a header' --head --header 'X-Probe: yes' <<'EOF'
HEAD /x?y=1 HTTP/1.1
User-Agent: health-wait
X-Probe: yes

EOF
asks 'a body, another method' --method PUT --body ping <<'EOF'
PUT /x?y=1 HTTP/1.1
User-Agent: health-wait
Content-Length: 4

ping
EOF
FIXTURE=-r fixture second 200
fixture first "302:http://localhost:$second/there"
exits 'redirected to another host' 0 health-wait -n --timeout 2 "http://127.0.0.1:$first/" --follow --header 'Authorization: Bearer token'
grep -q '^GET /there' second.port.request && ! grep -q Authorization second.port.request
verdict $? 'which is not told the headers' || evidence request second.port.request

# TLS
if command -v openssl >/dev/null; then
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key.pem -out cert.pem -days 2 \
		-subj /CN=localhost -addext subjectAltName=DNS:localhost >/dev/null 2>&1
	openssl s_server -accept 127.0.0.1:0 -www -key key.pem -cert cert.pem >tls.out 2>&1 </dev/null &
	tls_pid=$!
	soon grep ACCEPT tls.out
	tls=$(sed -n 's/^ACCEPT.*:\([0-9]*\)$/\1/p' tls.out)
	waits 'self-signed' 1 tls-failed --timeout 9 --fail-fast "https://localhost:$tls/"
	shows 'and why' '.targets[0].last.text | test("self.signed")' true
	waits 'self-signed, trusted' 0 ok --timeout 5 "https://localhost:$tls/" --cacert cert.pem
	waits 'the wrong name' 1 tls-failed --timeout 9 --fail-fast "https://127.0.0.1:$tls/" --cacert cert.pem
	shows 'and why' '.targets[0].last.text | test("name matches .*127")' true
	waits 'not verified' 0 ok --timeout 5 "https://127.0.0.1:$tls/" --insecure
	kill "$tls_pid"
	# a server that wants a certificate of ours
	openssl s_server -accept 127.0.0.1:0 -www -key key.pem -cert cert.pem -CAfile cert.pem -Verify 1 -verify_return_error \
		>mtls.out 2>&1 </dev/null &
	tls_pid=$!
	soon grep ACCEPT mtls.out
	tls=$(sed -n 's/^ACCEPT.*:\([0-9]*\)$/\1/p' mtls.out)
	waits 'with a client certificate' 0 ok --timeout 5 "https://localhost:$tls/" --cacert cert.pem --cert cert.pem --key key.pem
	exits 'without one' 1 health-wait -n --timeout 0.5 "https://localhost:$tls/" --cacert cert.pem
	kill "$tls_pid"
fi
ends tls-failed 'no TLS there' "https://127.0.0.1:$up/" --insecure
ends timeout 'a TLS handshake that hangs' "https://127.0.0.1:$hang/"
exits 'a certificate that is not there: exit 2' 2 health-wait -n "https://127.0.0.1:$up/" --cacert none.pem

# giving up
fixture bad 503
exits '--on-failure' 1 health-wait -n --timeout 0.3 "http://127.0.0.1:$bad/" --on-failure 'echo logs; echo more >&2; exit 5'
shows 'its output is in the record' '.on_failure | [.exit, .output]' '[5,"logs\nmore\n"]'
fixture denied 401
waits '--fail-fast' 1 http-status --timeout 9 --fail-fast "http://127.0.0.1:$denied/"
shows 'at once' '.seconds < 1' true
waits '--fail-fast waits for a 503' 1 http-status --timeout 0.5 --fail-fast "http://127.0.0.1:$bad/"
shows 'until the end' '.seconds >= 0.5' true

# the forms, and the live table of a terminal
exits '--format text' 1 health-wait -n --timeout 0.3 --format text "http://127.0.0.1:$bad/" "http://127.0.0.1:$up/"
grep -q '^good ok .*http://127.0.0.1' out && grep -q "http-status .*$bad/  HTTP status 503" out
verdict $? 'is a table' || evidence out out
if command -v script >/dev/null; then
	TERM=xterm script -qec "health-wait -n --timeout 0.6 'exec:false' 'http://127.0.0.1:$up/' >/dev/null" /dev/null >typed 2>&1 </dev/null
	grep -q 'good ok ' typed && grep -q 'exit-1 ' typed && grep -q "$(printf '\033\\[3A')" typed
	verdict $? 'a live table on a terminal' || evidence typed typed
	[ "$(grep -c 'good after' typed)" = 0 ]
	verdict $? 'in place of lines'
fi
finish
