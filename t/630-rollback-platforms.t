#!/bin/sh
# what a plan does on compose, Helm and Kubernetes: docker, helm and kubectl cannot run here, so that small programs in
# their place show which commands come in which order, that every word arrives whole, and that a killed run continues.
. "$(dirname "$0")/lib.sh"
. "$top/t/rollback.sh"

mkdir stubs srv
export TRACE="$box/trace"
cat >stubs/stub <<'END'
#!/bin/sh
name=${0##*/} record='' dry='' last=''
for word; do
	[ "$last" = --record ] && record=$word
	[ "$word" = --dry-run ] && dry=1
	case $word in --exec-into) ;; *=cat\ *) printf -- '- chart: n\n  revision: 7\n  status: deployed\n---\nimage: 6\n' >"$HANDRAIL_HELM" ;; esac
	last=$word
done
case $name in
docker | helm | kubectl) printf '%s' "$name"; printf ' [%s]' "$@"; echo ;;
preflight) exit 0 ;;
manifest-bump) [ "$dry" ] || echo repin ;;
database-swap) if [ "$dry" ]; then echo verify; else echo swap; fi ;;
snapshot-restore) case $* in *exec-into*) ;; *) echo restore ;; esac ;;
migrate-apply) printf 'migrate-apply'; printf ' %s' "$@" | sed 's/ -n --record [^ ]*//'; echo ;;
snapshot) echo keep ;;
health-wait) echo healthy ;;
esac >>"$TRACE"
[ "$record" ] && echo '{"status":"ok"}' >>"$record"
if [ "${KILL-}" ] && [ ! -e killed ] && [ "$(wc -l <"$TRACE")" -ge "$KILL" ]; then
	touch killed
	kill -9 "$(cat script.pid)" $PPID
fi
[ "$name" = manifest-bump ] && echo '{"result":{"changes":[{"from":"notes:7"}]}}'
exit 0
END
stub_lock stubs
chmod +x stubs/stub
for name in docker helm kubectl manifest-bump snapshot-restore database-swap preflight health-wait migrate-apply snapshot; do
	ln -s stub stubs/$name
done
export PATH="$box/stubs:$PATH" HANDRAIL_STATE="$box/state" DATABASE_URL=postgres://app@db/notes

printf archive >a.tar.zst
sum=$(sha256sum a.tar.zst | cut -c1-64)
bump=$(rec 01 manifest-bump ok ',"result":{"changes":[{"file":"m.yaml","real":"/srv/my notes/m.yaml","path":"image","image":"notes","from":"notes:6","to":"notes:7","from_version":"6","to_version":"7","kind":"major"}]}')
store='{"name":"notes","kind":"postgres","uri":"postgres://app@db/notes","database":"notes","history_revision":"2"}'
snap() { rec 02 snapshot ok ',"result":{"archive":"'"$box"'/a.tar.zst","sha256":"'"$sum"'","format":1,"verified":true,"stores":['"$1"']}'; }
applied='"database":"postgres://app@db/notes","before":"2","after":"3","applied":[{"version":"3","name":"drop_author"}],"pending_count":0'
some=$(rec 03 migrate-apply ok ',"result":{'"$applied"'}')
health=$(rec 05 health-wait ok ',"result":{"targets":[{"argv":["http://h/health"]}]}')
stream() { printf '%s\n' "$@" >in; }

# go: the script to its end, with what a person does done at once
go() {
	rm -rf state "$TRACE"
	runs=0
	while [ $runs -lt 40 ] && ! sh script "$@" >out 2>err; do
		runs=$((runs + 1))
		set -- --done "$(sed -n 's/.*: sh script --done //p' err)"
		[ "$2" ] || break
		echo "person: $2" >>"$TRACE"
	done
}
plan() { # plan OPTION...: write the script
	rollback-plan --format sh "$@" <in >script 2>err || evidence err err
}

stream "$bump" "$(snap "$store")" "$some" "$health"
plan --platform compose --workload web --workload 'back worker'
go
same 'compose' "$TRACE" <<'END'
person: freeze
docker [compose] [--file] [/srv/my notes/m.yaml] [stop] [web] [back worker]
restore
verify
repin
swap
person: flush
docker [compose] [--file] [/srv/my notes/m.yaml] [up] [--detach] [--no-deps] [--wait] [web] [back worker]
healthy
person: open
END
grep -q 'manifest-bump -n --dry-run .* --verify' script
verdict $? 'the look before asks the registry for the old image'

plan --platform kubernetes --workload deployment/notes=3 --workload cronjob/tidy --namespace shop
go
same 'Kubernetes: the new image never starts' "$TRACE" <<'END'
person: freeze
kubectl [scale] [deployment/notes] [--replicas=0] [--namespace] [shop]
kubectl [patch] [cronjob/tidy] [--type=merge] [--patch={"spec":{"suspend":true}}] [--namespace] [shop]
restore
verify
repin
swap
person: flush
kubectl [apply] [--namespace] [shop] [--filename] [/srv/my notes/m.yaml]
kubectl [scale] [deployment/notes] [--replicas=3] [--namespace] [shop]
kubectl [rollout] [status] [deployment/notes] [--timeout=600s] [--namespace] [shop]
kubectl [patch] [cronjob/tidy] [--type=merge] [--patch={"spec":{"suspend":false}}] [--namespace] [shop]
healthy
person: open
END

cat >helm.want <<'END'
person: freeze
kubectl [scale] [deployment/notes] [--replicas=0]
restore
verify
repin
helm [rollback] [notes] [7] [--no-hooks]
kubectl [scale] [deployment/notes] [--replicas=0]
swap
person: flush
kubectl [scale] [deployment/notes] [--replicas=1]
kubectl [rollout] [status] [deployment/notes] [--timeout=600s]
healthy
person: open
END
plan --platform helm --helm notes=7
go
same 'Helm: scaled down again after the rollback, before the data change places' "$TRACE" <helm.want
stream "$bump" "$(snap "$store"',{"name":"notes-helm","kind":"exec","command":"helm history --max 1 --output yaml '"'notes'"'"}')" "$some" "$health"
plan --platform helm --helm notes
go
same 'the revision is that of the snapshot' "$TRACE" <helm.want
stream "$bump" "$(snap "$store")" "$some" "$health"
plan --platform helm
go
grep -qx 'person: helm' "$TRACE" && ! grep -q '^helm' "$TRACE"
verdict $? 'not known: a person finds it; never the one before by itself' || evidence trace "$TRACE"

# killed after every command
plan --platform helm --helm notes=7
n=1
while [ $n -le 10 ]; do
	rm -rf state killed "$TRACE"
	set --
	for i in 1 2 3 4 5 6 7 8; do
		(KILL=$n sh -c 'echo $$ >script.pid; exec sh script "$@"' sh "$@" >out 2>err) 2>/dev/null && break
		set --
		step=$(sed -n 's/.*: sh script --done //p' err)
		[ -z "$step" ] || { echo "person: $step" >>"$TRACE"; set -- --done "$step"; }
	done
	[ -e killed ] && uniq "$TRACE" | cmp -s - helm.want || break
	n=$((n + 1))
done
[ $n = 11 ]
verdict $? 'killed after each command, and continued: the same' || { echo "#   at $n"; evidence trace "$TRACE"; }

# a release that needs no data: nothing is stopped
stream "$bump" "$(rec 03 migrate-apply unchanged ',"result":{"before":"2","after":"2"}')" "$health"
plan --platform kubernetes --workload notes
go
same 'code alone' "$TRACE" <<'END'
repin
kubectl [apply] [--filename] [/srv/my notes/m.yaml]
kubectl [scale] [deployment/notes] [--replicas=1]
kubectl [rollout] [status] [deployment/notes] [--timeout=600s]
healthy
END

# the way down, where it is proven
down() { # down LOSSLESS ARCHIVE: a rehearsed run
	rec 03 migrate-apply ok ',"result":{'"$applied"',"directory":"/srv/m","rehearsal":{"archive":"'"$2"'","before":"2","after":"3","applied":[{"version":"3"}],"lossless":'"$1"'}}'
}
strategy() { rollback-plan "$@" <in 2>err | tail -n 1 | jq -r .result.strategy; }
stream "$bump" "$(snap "$store")" "$(down true "$box/a.tar.zst")" "$health"
[ "$(strategy)" = restore-swap ] && rollback-plan <in 2>err | grep -q 'rollback-plan --down takes it'
verdict $? 'a way down that is proven is offered'
plan --down --platform compose
go
same 'and taken: by the new version, before its pin goes, to the recorded revision' "$TRACE" <<'END'
person: freeze
docker [compose] [--file] [/srv/my notes/m.yaml] [stop] [notes]
migrate-apply --pg env:DATABASE_URL --down-to 2 --accept-data-loss /srv/m
repin
docker [compose] [--file] [/srv/my notes/m.yaml] [up] [--detach] [--no-deps] [--wait] [notes]
healthy
person: open
END
rollback-plan --down <in 2>err | tail -n 1 | jq -c '.result.steps[] | select(.id == "down") | .image' >got
same 'marked as of the new image' got <<'END'
"new"
END
[ "$(strategy --down --consistent)" = restore-swap ]
verdict $? 'not when the data must be exactly as before'
stream "$bump" "$(snap "$store")" "$(down false "$box/a.tar.zst")" "$health"
[ "$(strategy --down)" = restore-swap ]
verdict $? 'not when the rehearsal lost something'
stream "$bump" "$(snap "$store")" "$(down true /other.tar.zst)" "$health"
[ "$(strategy --down)" = restore-swap ]
verdict $? 'not when another snapshot was rehearsed on'
stream "$bump" "$(snap "$store")" "$some" "$health"
[ "$(strategy --down)" = restore-swap ] && rollback-plan --down <in 2>err | grep -q 'cannot be taken back: no rehearsal'
verdict $? 'not without a rehearsal'

# other ways to restore
plan --in-place --platform compose
go
same 'in place: kept in a snapshot, emptied by a person, restored' "$TRACE" <<'END'
person: freeze
docker [compose] [--file] [/srv/my notes/m.yaml] [stop] [notes]
keep
person: empty
restore
repin
person: flush
docker [compose] [--file] [/srv/my notes/m.yaml] [up] [--detach] [--no-deps] [--wait] [notes]
healthy
person: open
END
rollback-plan --in-place <in 2>err | tail -n 1 | jq -c '[.result.strategy, (.result.steps[] | select(.irreversible) | .id)]' >got
same 'the one step that cannot be undone is marked' got <<'END'
["restore-in-place","empty"]
END
stream "$bump" "$(snap "${store%\}}"',"clone":"notes_copy"}')" "$some" "$health"
plan
go
same 'a copy on the server: two renames, nothing is loaded' "$TRACE" <<'END'
verify
repin
swap
person: deploy
healthy
END
grep -q 'database-swap .* notes_copy' script
verdict $? 'by its name'
exits '--workload with a count that is none: exit 2' 2 rollback-plan -n --workload a=b
exits '--helm with a revision that is none: exit 2' 2 rollback-plan -n --helm a=-1
if command -v shellcheck >/dev/null; then
	exits 'shellcheck finds nothing' 0 shellcheck script
else
	verdict 0 'shellcheck # SKIP is not here'
fi
finish
