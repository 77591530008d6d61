#!/bin/sh
# health-wait: redis, dns, file, exec, Unix sockets, containers and Kubernetes; docker and kubectl are stubs on PATH
# shellcheck disable=SC2154 # fixture sets the ports
. "$(dirname "$0")/lib.sh"
. "$top/t/fixture.sh"
unset DOCKER_HOST COMPOSE_PROJECT_NAME

# redis
fixture redis 'echo:+PONG\r\n'
fixture noauth 'echo:-NOAUTH Authentication required.\r\n'
fixture auth 'echo:+OK\r\n+PONG\r\n'
fixture other 'echo:HTTP/1.1 400 Bad Request\r\n'
waits 'redis' 0 ok --timeout 5 "redis://127.0.0.1:$redis"
fixture loading 0.8@'echo:-LOADING Redis is loading the dataset in memory\r\n' 'echo:+PONG\r\n'
waits 'redis loading, then ready' 0 ok --timeout 5 "redis://127.0.0.1:$loading/0"
shows 'not before it is ready' '.seconds > 0.2' true
waits 'redis wants a password' 1 query-failed --timeout 0.2 "redis://localhost:$noauth"
waits 'redis with a password' 0 ok --timeout 2 "redis://:geheim@127.0.0.1:$auth"
! grep -q geheim out err
verdict $? 'which is told nowhere'
waits 'what is no redis' 1 empty-reply --timeout 0.2 "redis://127.0.0.1:$other"
if command -v redis-server >/dev/null; then
	redis-server --port 0 --unixsocket "$box/r.sock" --dir "$box" --save '' >/dev/null 2>&1 &
	redis_pid=$!
	exits 'a real redis, by its socket' 0 health-wait -n --timeout 5 "unix:$box/r.sock"
	kill "$redis_pid"
fi

# dns
waits 'dns of localhost' 0 ok --timeout 2 dns:localhost --expect-address 127.0.0.1
waits 'dns with another address' 1 assertion-failed --timeout 0.2 dns:localhost --expect-address 10.0.0.1
waits 'dns of nothing' 1 dns-failed --timeout 0.5 dns:nothing.invalid

# file
waits 'a file that is not there' 1 not-found --timeout 0.2 "file:$box/no/such"
(sleep 0.6; mkdir -p deep/er; echo x >part; mv part deep/er/flag; date +%s%N >moved) &
exits 'a file that appears by rename' 0 health-wait -n --timeout 5 file:deep/er/flag
seen=$(date +%s%N)
wait "$!"
[ $(((seen - $(cat moved)) / 1000000)) -lt "$slack" ]
verdict $? 'is seen at once' || echo "#   $(((seen - $(cat moved)) / 1000000)) ms"

# unix sockets
FIXTURE="-u $box/s.sock" fixture sock '200:{"a":1}'
exits 'http through a socket' 0 health-wait -n --timeout 2 "http+unix:$box/s.sock:/health" --expect-json /a=1
exits 'a socket' 0 health-wait -n --timeout 2 "unix:$box/s.sock"
waits 'no socket' 1 not-found --timeout 0.2 "unix:$box/none.sock"
waits 'no socket for http' 1 not-found --timeout 0.2 "http+unix:$box/none.sock"

# exec
waits 'exec: exit status' 1 exit-3 --timeout 0.4 'exec:echo so; exit 3'
shows 'exec: its last line' '.targets[0].last.text' '"exit status 3: so"'
waits 'exec: signal' 1 signal-9 --timeout 0.3 'exec:kill -9 $$'
waits 'exec: another exit is good' 0 ok 'exec:exit 7' --expect-exit 0,7
waits 'exec: output' 0 ok 'exec:echo ready' --expect-body '^ready'
waits 'exec: other output' 1 assertion-failed --timeout 0.3 'exec:echo no' --expect-body '^ready'
waits 'exec: a whole line of the output' 0 ok 'exec:echo a; echo 6.0.1; echo b' --expect-body '^6\.0\.1$'
waits 'exec: no part of the line' 1 assertion-failed --timeout 0.3 'exec:echo 16.0.1' --expect-body '^6\.0\.1$'
waits 'exec: errors are not output' 1 assertion-failed --timeout 0.3 'exec:echo ready >&2' --expect-body ready
waits 'exec: cut' 1 timeout --timeout 0.9 'exec:sleep 8' --attempt-timeout 300ms
shows 'exec: not under 250 ms' '.targets[0].attempts' 2
waits 'exec: not found' 1 exit-127 --timeout 9 --fail-fast exec:no-such-program

# containers through the Engine's socket
engine() { # engine NAME BODY...: an Engine that answers so
	export DOCKER_HOST="unix://$box/$1.sock"
	e_name=$1
	shift
	FIXTURE="-u $box/$e_name.sock" fixture "$e_name" "$@"
}
engine one '200:{"Name":"/web","State":{"Status":"running","Health":{"Status":"healthy"}}}'
waits 'docker: healthy' 0 ok --timeout 2 docker:web
engine start 0.5@'200:{"Name":"/web","State":{"Status":"running","Health":{"Status":"starting"}}}' \
	'200:{"Name":"/web","State":{"Status":"running","Health":{"Status":"healthy"}}}'
waits 'docker: starting, then healthy' 0 ok --timeout 5 docker:web
grep -q 'starting: /web is starting' err
verdict $? 'docker: the state was told'
engine gone 404
waits 'docker: no such container' 1 not-found --timeout 0.2 docker:web
engine two '200:[{"Names":["/p-web-1"],"State":"running","Status":"Up 1 second (healthy)","Labels":{}},{"Names":["/p-web-2"],"State":"exited","Status":"Exited (3) 1 second ago","Labels":{}}]'
waits 'compose: one of two has exited' 1 exited --timeout 0.2 compose:web
shows 'compose: which one' '.targets[0].last.text' '"p-web-2 has exited with 3; 1 of 2 good"'
engine pair '200:[{"Names":["/p-web-1"],"State":"running","Status":"Up 1 second (healthy)","Labels":{}},{"Names":["/p-run-1"],"State":"exited","Status":"Exited (1)","Labels":{"com.docker.compose.oneoff":"True"}}]'
waits 'compose: a one-off does not count' 0 ok --timeout 1 compose:web
engine none '200:[]'
waits 'compose: none' 1 not-found --timeout 0.2 compose:web

# containers through the command: the three forms that Compose has had; the trace of the calls
mkdir stubs
export PATH="$box/stubs:$PATH" DOCKER_HOST=tcp://elsewhere:1 STUBS="$box"
cat >stubs/docker <<'EOF'
#!/bin/sh
printf 'docker' >>"$STUBS/trace"; printf ' %s' "$@" >>"$STUBS/trace"; echo >>"$STUBS/trace"
cat "$STUBS/answer"
EOF
chmod +x stubs/docker
form() { printf '%s\n' "$2" >answer; waits "compose, $1" "$3" "$4" --timeout 0.4 compose:web; }
form 'an array' '[{"Name":"w1","State":"running","Health":"healthy"},{"Name":"w2","State":"running","Health":""}]' 0 ok
form 'an object' '{"Name":"w1","State":"restarting","Health":"","ExitCode":1}' 1 restarting
form 'an object a line' '{"Name":"w1","State":"running","Health":""}
{"Name":"w2","State":"running","Health":"unhealthy"}' 1 unhealthy
form 'nothing' '' 1 not-found
form 'no JSON' 'NAME  IMAGE' 1 invalid-json
sort -u trace >calls
same 'compose: the calls' calls <<'EOF'
docker compose ps -a --format json web
EOF
rm trace
echo '[{"Name":"/db","State":{"Status":"running"}}]' >answer
waits 'docker inspect' 0 ok --timeout 2 docker:db
same 'docker: the calls' trace <<'EOF'
docker inspect --type container db
EOF

# Kubernetes
rm trace
cat >stubs/kubectl <<'EOF'
#!/bin/sh
printf 'kubectl' >>"$STUBS/trace"; printf ' %s' "$@" >>"$STUBS/trace"; echo >>"$STUBS/trace"
. "$STUBS/answer"
exec sleep 20
EOF
chmod +x stubs/kubectl
deploy() { # deploy GENERATION OBSERVED DESIRED UPDATED ALL AVAILABLE [CONDITION]
	printf 'echo '\''{"metadata":{"generation":%s},"spec":{"replicas":%s},\n"status":{"observedGeneration":%s,"updatedReplicas":%s,"replicas":%s,"availableReplicas":%s,"conditions":[%s]}}'\''\n' \
		"$1" "$3" "$2" "$4" "$5" "$6" "${7-}"
}
{ deploy 2 1 2 2 2 2; echo 'sleep 0.1'; deploy 2 2 2 1 3 3; echo 'sleep 0.1'; deploy 2 2 2 2 3 3
	echo 'sleep 0.1'; deploy 2 2 2 2 2 1; echo 'sleep 0.1'; deploy 2 2 2 2 2 2; } >answer
waits 'a rollout' 0 ok --timeout 5 k8s:deploy/web@prod
shows 'its end is seen, not its steps' '.seconds > 0.35' true
same 'kubectl: the calls' trace <<'EOF'
kubectl get -w -o json deployment web -n prod
EOF
exits 'a rollout, step by step' 0 health-wait -n -v --timeout 5 k8s:deploy/web
deploy 2 2 2 1 2 1 '{"type":"Progressing","status":"False","reason":"ProgressDeadlineExceeded","message":"web has timed out"}' >answer
waits 'a rollout that cannot end' 1 deadline-exceeded --timeout 9 k8s:deploy/web
shows 'ends the wait at once' '.seconds < 2' true
echo 'echo "{\"status\":{\"conditions\":[{\"type\":\"Failed\",\"status\":\"True\",\"reason\":\"BackoffLimitExceeded\"}]}}"' >answer
waits 'a failed job' 1 failed --timeout 9 k8s:job/migrate
tail -n 1 out | jq -e '.error.code == "hopeless"' >/dev/null
verdict $? 'is hopeless'
echo 'echo "{\"status\":{\"conditions\":[{\"type\":\"Complete\",\"status\":\"True\"}]}}"' >answer
waits 'a job that is complete' 0 ok --timeout 5 k8s:job/migrate
echo 'echo "{\"metadata\":{\"generation\":1},\"status\":{\"observedGeneration\":1,\"desiredNumberScheduled\":3,\"updatedNumberScheduled\":3,\"numberAvailable\":3}}"' >answer
waits 'a daemon set' 0 ok --timeout 5 k8s:ds/agent
echo 'echo "{\"metadata\":{\"generation\":1},\"spec\":{\"replicas\":2,\"updateStrategy\":{\"rollingUpdate\":{\"partition\":1}}},\"status\":{\"observedGeneration\":1,\"replicas\":2,\"readyReplicas\":2,\"updatedReplicas\":1}}"' >answer
waits 'a stateful set with a partition' 0 ok --timeout 5 k8s:sts/db
echo 'exit 1' >answer
waits 'no such workload' 1 not-found --timeout 0.4 k8s:deploy/none
waits 'stable for a while' 1 not-found --timeout 1 --stable-for 0.3 k8s:deploy/none
deploy 1 1 1 1 1 1 >answer
waits 'stays good' 0 ok --timeout 5 --stable-for 0.4 k8s:deploy/web
shows 'for that long' '.seconds >= 0.4 and .seconds < 1.5' true

# --from
cat >targets.jsonl <<EOF
{"target":"http://127.0.0.1:$sock/","method":"GET"}
{"target":"file:$box/stubs","attempt-timeout":1}

{"argv":["exec:exit 4","--expect-exit=4"]}
EOF
sed -i 1d targets.jsonl
exits '--from' 0 health-wait -n --timeout 2 --from targets.jsonl
shows 'two targets' '[.targets[].argv | length]' '[2,2]'
echo '{"target":"tcp://127.0.0.1:1","expect-json":"/a"}' >bad.jsonl
exits '--from with a misplaced option' 2 health-wait -n --from bad.jsonl
grep -q 'bad.jsonl: line 1: --expect-json: does not belong to a tcp target' err
verdict $? 'names file, line and option' || evidence err err
finish
