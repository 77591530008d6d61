#!/bin/sh
# health-wait: the main cases, what is misuse, the states of HTTP and TCP targets
# shellcheck disable=SC2154 # fixture sets the ports
. "$(dirname "$0")/lib.sh"
. "$top/t/fixture.sh"

fixture up '200:{"version":"6.0.1","db":{"ok":true,"n":[1,2]},"count":"3"}'
fixture bad 500
fixture shut closed
url=http://127.0.0.1:$up/health

# the example of DESIGN.md: an option before the first target is a default for all
exits 'an option before the target is a default' 0 health-wait -n --expect-json /version=6.0.1 "$url"
shows 'it stands in its argv' '.targets[0].argv' "[\"$url\",\"--expect-json=/version=6.0.1\"]"
shows 'healthy' '[.healthy, .targets[0].state, .targets[0].last.status]' '[true,"ok",200]'
fixture late 0.6@closed 0.6@503 200
exits 'four kinds at once' 0 health-wait -n --timeout 5 "$url" "tcp://localhost:$up" exec:true "http://127.0.0.1:$late/"
shows 'all are healthy' '[.targets[].healthy]' '[true,true,true,true]'
shows 'refused, then 503, then good' '.targets[3].seconds > 0.7 and .targets[3].seconds < 1.6' true
grep -q 'refused: Connection refused' err && grep -q 'http-status: HTTP status 503' err
verdict $? 'transitions are told' || evidence err err

# the deadline
exits 'one that is never good: exit 1' 1 health-wait -n --timeout 1 "http://127.0.0.1:$bad/" "$url" "tcp://127.0.0.1:$shut"
on_time 1
verdict $? 'the deadline holds within 50 ms' || evidence out out
shows 'each has its state' '[.healthy, .targets[].state]' '[false,"http-status","ok","refused"]'
tail -n 1 out | jq -e '.status == "failed" and .error.code == "timeout"' >/dev/null
verdict $? 'and the record says failed'

# staying good
fixture flap 0.3@200 0.3@500 200
exits 'stable-for waits out a flap' 0 health-wait -n --timeout 5 --stable-for 0.5 "http://127.0.0.1:$flap/"
shows 'the flap is counted' '.targets[0].flaps' 1
shows 'from the flap on, half a second' '.seconds > 0.6 and .seconds < 1.6' true
exits 'consecutive is spaced' 0 health-wait -n "$url" --consecutive 3
shows 'three attempts, 500 ms between' '[.targets[0].attempts, .seconds > 0.9]' '[3,true]'
fixture late 0.6@503 200
exits 'too short to be stable: exit 1' 1 health-wait -n --timeout 0.5 --stable-for 0.4 "http://127.0.0.1:$late/" exec:false

# misuse
for words in '' 'nothing' "$url --no-such" "tcp://localhost:1 --expect-json /a" "tcp://localhost" "tcp://h:99999" \
	"tcp://::1:80" "$url --expect-json a=1" "$url --expect-json \$.*" "$url --expect-status 2x" \
	"--timeout 1 --stable-for 1 $url" "--sql x $url" "exec:" "$url --expect-body [" "http://" "$url --timeout x" \
	"$url --header nocolon" "$url --consecutive 0" "unix:relative" "$url --expect-version" "pg:env:NOT_SET" \
	"$url --head --expect-json /a"; do
	# shellcheck disable=SC2086 # words are meant
	exits "misuse: '$words'" 2 timeout 5 health-wait -n $words
done
exits 'refused after a failure upstream' 3 sh -c 'step-exec -n -- false 2>/dev/null | health-wait exec:true'

# assertions
yes() { exits "json: $1" 0 health-wait -n --timeout 0.3 "$url" --expect-json "$1"; }
no() {
	exits "json: not $1" 1 health-wait -n --timeout 0.2 "$url" --expect-json "$1"
	[ -z "${2-}" ] || shows "  $2" '.targets[0].last.text' "\"$2\""
}
yes '/version=6.0.1'; yes '.version = 6.0.1'; yes '$.db.ok=true'; yes '/db/n/1=2'; yes "\$['db'][\"n\"][-1] >= 2"
yes '/version~^6\.'; yes '/version!~^5'; yes '/db'; yes '/count="3"'; yes '/db/n=[1,2]'; yes '/version!=5'
no '/count=3' '/count=3: it is the string \"3\", not the number'; no '/db/n/2'; no '/version>7'; no '/db/n/0<1'
no '/nothing=1' '/nothing=1: there is nothing at this path'; no '/db/ok="true"'
exits 'body' 0 health-wait -n "$url" --expect-body '"ok": ?true'
waits 'header' 1 assertion-failed --timeout 0.2 "$url" --expect-header 'X-Version: 6'
exits 'status' 0 health-wait -n "http://127.0.0.1:$bad/" --expect-status 200,5xx

# versions
exits 'version' 0 health-wait -n "$url" --expect-version v6.0.1
shows 'three fresh connections' '[.targets[0].attempts, .targets[0].last.version]' '[3,"6.0.1"]'
exits 'version at a path' 0 health-wait -n "$url" --expect-version=/version=6.0.1 exec:true
waits 'another version' 1 version-mismatch --timeout 0.2 "$url" --expect-version 6.0.2
fixture string '200:"6.0.1"'
exits 'the body may be a JSON string' 0 health-wait -n "http://127.0.0.1:$string/" --expect-version 6.0.1
fixture nothing '200: '
waits 'an empty body' 1 version-mismatch --timeout 0.2 "http://127.0.0.1:$nothing/" --expect-version 6.0.1
shows 'and that is said' '.targets[0].last.text' '"the answer names no version"'
fixture metrics '200:# TYPE queue gauge
queue{q="a"} 17
up 1'
exits 'a line of the body' 0 health-wait -n "http://127.0.0.1:$metrics/" --expect-body '^queue\{q="a"\} 1[0-9]$'
waits 'no line of it' 1 assertion-failed --timeout 0.2 "http://127.0.0.1:$metrics/" --expect-body '^up 0$'
fixture number '200:{"version":6}'
waits 'a number is no version' 1 version-mismatch --timeout 0.2 "http://127.0.0.1:$number/" --expect-version 6
shows 'and that is said' '.targets[0].last.text' '"the version is the JSON number 6, not a string"'
printf '%s\n' '{"handrail":1,"id":"A","step":"manifest-bump","status":"started","time":"t"}' \
	'{"handrail":1,"id":"A","step":"manifest-bump","status":"ok","time":"t","result":{"changes":[{"from_version":"5.1","to_version":"6-alpine"}]}}' >bump
exits 'the version of manifest-bump' 0 sh -c "health-wait $url --expect-version exec:true <bump"
fixture old 0.8@'200:{"version":"5.1"}' '200:{"version":"6.0.1"}'
exits 'the old version for a while' 0 sh -c "health-wait --expect-version http://127.0.0.1:$old/ <bump"
shows 'until the new one answers' '.seconds > 0.7' true
fixture turns 'turn:{"version":"5.1"}|{"version":"6.0.1"}'
waits 'old and new in turn are not good' 1 version-mismatch --timeout 1 "http://127.0.0.1:$turns/" --expect-version 6.0.1 \
	--attempt-timeout 2
shows 'never three in a row' '.targets[0].healthy' false
sed 's/^\t//' >m.yaml <<'EOF'
	services:
	  redmine:
	    image: redmine:6.0.0-alpine
EOF
exits 'behind manifest-bump itself' 0 sh -c "manifest-bump -n --image redmine --to 6.0.1-alpine m.yaml | health-wait --timeout 5 $url --expect-version"
finish
