#!/bin/sh
# manifest-bump and registries: tags over pages, digests, tokens, errors; a stub, and Debian's docker-registry when it is there
. "$(dirname "$0")/lib.sh"
unset HANDRAIL_REGISTRY_USER HANDRAIL_REGISTRY_PASSWORD
export DOCKER_CONFIG="$box/docker"
mkdir docker

route() { printf '%s\t%s\t%s\t%s\t%s\n' "$@" >>routes; }
bump() { manifest-bump -n "$@" c.yaml >out 2>err; }
version() { sed 's/.*app:\([^"]*\)".*/\1/' c.yaml; }
file() { printf 'services: {web: {image: "127.0.0.1:%s/acme/app:%s"}}\n' "$port" "$1" >c.yaml; }

: >routes
http-stub port routes &
soon test -s port
port=$(cat port)

# pages
route '/v2/acme/app/tags/list?n=1000' - 200 'Link: </v2/acme/app/tags/list?n=2&last=b>; rel="next"' '{"tags":["1.2.3","1.2.4","latest"]}'
route '/v2/acme/app/tags/list?n=2&last=b' - 200 'Link: <http://127.0.0.1:@PORT@/v2/acme/app/tags/list?last=c>; rel="next"' '{"tags":["1.2.10","1.3.0-rc1","1.2.11-alpine","2.0.0"]}'
route '/v2/acme/app/tags/list?last=c' - 200 - '{"tags":["1.3.0","1.3.1","2","1.2","sha-1a2b3c4"]}'
route /v2/acme/app/manifests/1.2.10 - 200 'Docker-Content-Digest: sha256:beef' '{}'
route /v2/acme/app/manifests/1.3.1 - 200 - '{"a":1}'

file 1.2.3
bump --image acme/app --to newest-patch
[ "$(version)" = 1.2.10 ]
verdict $? 'newest-patch, over three pages' || evidence err err
bump --image acme/app --to newest-minor
[ "$(version)" = 1.3.1 ]
verdict $? 'newest-minor; no prerelease, no other variant' || evidence err err
exits 'newest is a major' 1 manifest-bump -n --image acme/app --to newest c.yaml
bump --image acme/app --to newest --allow major
[ "$(version)" = 2.0.0 ]
verdict $? 'with consent' || evidence err err
exits 'nothing is newer' 0 manifest-bump -n --image acme/app --to newest c.yaml
[ "$(jq -r 'select(.result).status' out)" = unchanged ]
verdict $? 'is unchanged'
file 1.2.3-alpine
bump --image acme/app --to newest-patch
[ "$(version)" = 1.2.11-alpine ]
verdict $? 'within the variant' || evidence err err

# digests
file 1.2.3
bump --image acme/app --to newest-patch --registry
[ "$(version)" = 1.2.10@sha256:beef ]
verdict $? 'the digest of the header' || evidence err err
bump --image acme/app --to 1.3.1 --registry
[ "$(version)" = "1.3.1@sha256:$(printf '{"a":1}' | sha256sum | cut -d' ' -f1)" ]
verdict $? 'or of the bytes, when there is no header' || evidence err err
file 1.2.3
exits '--verify: a tag that is not there' 1 manifest-bump -n --image acme/app --to 1.2.9 --verify c.yaml
[ "$(jq -r 'select(.error).error.code' out)" = no-such-tag ] && [ "$(version)" = 1.2.3 ]
verdict $? 'is refused by name'
exits '--verify: one that is' 0 manifest-bump -n --dry-run --image acme/app --to 1.2.10 --verify c.yaml
exits '--released registry' 1 manifest-bump -n --one-minor-at-a-time --released registry --image acme/app --to 1.4.0 c.yaml
grep -q 'go to 1.3.1 first' err
verdict $? 'names the newest patch of what would be skipped' || evidence err err

# errors
fails() { # fails NAME WORD STATUS HEADER
	printf '/v2/acme/app/manifests/9.9.9\t-\t%s\t%s\t{}\n' "$3" "$4" >routes
	exits "$1" 2 manifest-bump -n --image acme/app --to 9.9.9 --allow major --verify c.yaml
	[ "$(jq -r 'select(.error).error.code' out)" = "$2" ]
	verdict $? "$1: $2" || evidence err err
}
fails '403' unauthorized 403 -
fails '401 without a challenge' unauthorized 401 -
fails '429' rate-limited 429 'Retry-After: 17'
grep -q 'in 17 s' err
verdict $? 'says when to try again'
fails '500' registry 500 -
: >routes
exits '404 on the list' 2 manifest-bump -n --image acme/app --to newest c.yaml
[ "$(jq -r 'select(.error).error.code' out)" = not-found ]
verdict $? 'not-found'

# a token
: >port.log
: >routes
route '/token?scope=repository%3Aacme%2Fapp%3Apull&service=reg' "Basic $(printf me:topsecret1 | base64)" 200 - '{"token":"tok-abc123"}'
route '/token?scope=repository%3Aacme%2Fapp%3Apull&service=reg' - 401 - '{}'
route /v2/acme/app/manifests/1.2.4 'Bearer tok-abc123' 200 'Docker-Content-Digest: sha256:cafe' '{}'
route /v2/acme/app/manifests/1.2.4 - 401 'WWW-Authenticate: Bearer realm="http://127.0.0.1:@PORT@/token",service="reg",scope="repository:acme/app:pull"' '{}'
exits 'no credentials' 2 manifest-bump -n --image acme/app --to 1.2.4 --registry c.yaml
[ "$(jq -r 'select(.error).error.code' out)" = unauthorized ] && grep -q 'docker login' err
verdict $? 'unauthorized, with the way out'
HANDRAIL_REGISTRY_USER=me HANDRAIL_REGISTRY_PASSWORD=topsecret1 bump -v --image acme/app --to 1.2.4 --registry
[ "$(version)" = 1.2.4@sha256:cafe ]
verdict $? 'credentials of the environment bring a token' || evidence err err
! grep -q 'topsecret1\|tok-abc123' out err
verdict $? 'neither is in the records or messages'
file 1.2.3
printf '{"auths":{"127.0.0.1:%s":{"auth":"%s"}}}' "$port" "$(printf me:topsecret1 | base64)" >docker/config.json
bump --image acme/app --to 1.2.4 --registry
[ "$(version)" = 1.2.4@sha256:cafe ]
verdict $? 'and those of docker login' || evidence err err

# docker's credential helpers
mkdir helpers
cat >helpers/docker-credential-box <<'END'
#!/bin/sh
# keeps its passwords as the helper "pass" does: a file a host
[ "$1" = get ] && [ $# = 1 ] || exit 3
read -r host
echo "$host" >>"$ASKED"
[ -f "$STORE/$host" ] || { echo 'credentials not found in native keychain'; exit 1; }
cat "$STORE/$host"
END
chmod +x helpers/docker-credential-box
export ASKED="$box/asked" STORE="$box/store.d"
mkdir "$STORE"
with_helpers() { PATH=$box/helpers:$PATH "$@"; }
printf '{"ServerURL":"x","Username":"me","Secret":"topsecret1"}\n' >"$STORE/127.0.0.1:$port"
for config in '{"credsStore":"box"}' "{\"credsStore\":\"none\",\"credHelpers\":{\"127.0.0.1:$port\":\"box\"}}"; do
	file 1.2.3
	printf '%s' "$config" >docker/config.json
	with_helpers bump -v --image acme/app --to 1.2.4 --registry
	[ "$(version)" = 1.2.4@sha256:cafe ] && [ "$(tail -n 1 asked)" = "127.0.0.1:$port" ]
	verdict $? "a helper gives user and password: ${config%%:*}" || evidence err err
done
! grep -q 'topsecret1\|tok-abc123' out err
verdict $? 'which are in no record or message'
file 1.2.3
rm "$STORE/127.0.0.1:$port"
printf '{"credsStore":"box","auths":{"127.0.0.1:%s":{"auth":"%s"}}}' "$port" "$(printf me:topsecret1 | base64)" >docker/config.json
with_helpers bump --image acme/app --to 1.2.4 --registry
[ "$(version)" = 1.2.4@sha256:cafe ]
verdict $? 'a helper that has none: docker login is asked' || evidence err err
echo 'no json: topsecret1' >"$STORE/127.0.0.1:$port"
file 1.2.3
with_helpers bump --image acme/app --to 1.2.4 --registry
[ "$(jq -r 'select(.error).error.code' out)" = credential-helper ] && ! grep -q topsecret1 out err
verdict $? 'a helper that talks nonsense' || evidence err err
exits 'a helper that is not there' 2 manifest-bump -n --image acme/app --to 1.2.4 --registry c.yaml
[ "$(jq -r 'select(.error).error.code' out)" = credential-helper ] && grep -q 'docker-credential-box' err
verdict $? 'is named' || evidence err err
printf '{"Username":"<token>","Secret":"refresh-me-1"}\n' >"$STORE/127.0.0.1:$port"
route /token - 200 - '{"access_token":"tok-abc123"}'
with_helpers bump --image acme/app --to 1.2.4 --registry
[ "$(version)" = 1.2.4@sha256:cafe ] && ! grep -q 'refresh-me-1' out err && grep -q '^POST /token ' port.log
verdict $? 'an identity token is given for another one' || evidence err err
: >docker/config.json

# Debian's docker-registry
if command -v docker-registry >/dev/null; then
	mkdir store
	free=$((20000 + $$ % 20000))
	printf 'version: 0.1\nlog: {level: error}\nstorage: {filesystem: {rootdirectory: %s/store}}\nhttp: {addr: "127.0.0.1:%s"}\n' "$box" "$free" >r.yml
	docker-registry serve r.yml >registry.log 2>&1 &
	registry=$!
	trap 'kill $registry 2>/dev/null; cd / && rm -rf "$box"' EXIT
	soon curl -sf "http://127.0.0.1:$free/v2/"
	base=http://127.0.0.1:$free/v2/acme/app
	printf '{}' >blob
	sum=sha256:$(sha256sum <blob | cut -d' ' -f1)
	place=$(curl -sfi -X POST "$base/blobs/uploads/" | tr -d '\r' | sed -n 's/^[Ll]ocation: //p')
	curl -sf -X PUT --data-binary @blob -H 'Content-Type: application/octet-stream' "$place&digest=$sum" >/dev/null
	printf '{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json","config":{"mediaType":"application/vnd.docker.container.image.v1+json","size":2,"digest":"%s"},"layers":[]}' "$sum" >manifest
	for tag in 1.0.0 1.0.1 1.0.2-alpine 1.1.0; do
		curl -sf -X PUT --data-binary @manifest -H 'Content-Type: application/vnd.docker.distribution.manifest.v2+json' "$base/manifests/$tag"
	done
	port=$free
	file 1.0.0
	bump --image acme/app --to newest-patch --registry
	[ "$(version)" = "1.0.1@sha256:$(sha256sum <manifest | cut -d' ' -f1)" ]
	verdict $? 'docker-registry: the newest patch and its digest' || evidence err err
	file 1.0.0
	exits 'docker-registry: no such tag' 1 manifest-bump -n --image acme/app --to 1.0.9 --verify c.yaml
	printf 'services: {web: {image: "127.0.0.1:%s/acme/none:1.0.0"}}\n' "$port" >c.yaml
	exits 'docker-registry: no such repository' 2 manifest-bump -n --image acme/none --to newest c.yaml
	kill $registry
	wait $registry 2>/dev/null
	file 1.0.0
	exits 'no connection' 2 manifest-bump -n --image acme/app --to newest c.yaml
fi
finish
