#!/bin/sh
# manifest-bump: many requests in one run, commits, lists of releases
. "$(dirname "$0")/lib.sh"

files() {
	printf 'services:\n  web: {image: "nginx:1.25.3"}\n  db: {image: "postgres:16.3"}\n' >a.yaml
	printf 'services:\n  app: {image: "acme/app:1.0.0"}\n' >b.yaml
}
requests() {
	cat <<'END'
{"file":"a.yaml","image":"nginx","to":"1.25.4"}
{"file":"a.yaml","image":"postgres","to":"17.0"}
{"file":"b.yaml","image":"acme/app","to":"1.1.0"}
{"file":"a.yaml","service":"web","to":"1.25.5"}
{"file":"b.yaml","image":"acme/app","to":"1.1.0"}
END
}
files
requests >asked
exits 'one refusal does not stop the others, and is exit 1' 1 sh -c 'manifest-bump --batch <asked'
same 'all but it are done, one after the other' a.yaml <<'END'
services:
  web: {image: "nginx:1.25.5"}
  db: {image: "postgres:16.3"}
END
jq -r 'select(.result).result.requests[] | "\(.status) \(.error.code)"' out >got
same 'the results are in the order asked' got <<'END'
ok null
failed refuse-stateful-major
ok null
ok null
unchanged null
END
[ "$(jq -c 'select(.result).result.changes | map(.to_version)' out)" = '["1.25.4","1.1.0","1.25.5"]' ]
verdict $? 'all changes are in one list, too'
[ "$(head -5 out)" = "$(cat asked)" ]
verdict $? 'the requests flow on, byte for byte'
files
cp a.yaml a.before
exits '--fail-fast' 1 sh -c 'manifest-bump --batch --fail-fast <asked'
cmp -s a.yaml a.before && grep -q 'app:1.0.0' b.yaml
verdict $? 'writes nothing'
[ "$(jq -c 'select(.result).result.requests | length' out)" = 2 ]
verdict $? 'and stops there'
exits 'a request without a file' 2 sh -c 'echo "{\"image\":\"x\",\"to\":\"1\"}" | manifest-bump --batch'
exits 'files of the command line' 0 sh -c 'echo "{\"image\":\"nginx\",\"to\":\"1.25.4\"}" | manifest-bump --batch a.yaml'
exits 'no requests' 0 sh -c 'manifest-bump --batch a.yaml </dev/null'
exits 'an earlier failure stops a batch' 3 sh -c '{ step-exec -n -- false; cat asked; } | manifest-bump --batch'

# a list of releases is the truth about what would be skipped
printf 'services: {a: {image: ghcr.io/goauthentik/server:2024.8.6}, i: {image: opsmill/infrahub:1.5.2}}\n' >s.yaml
printf '2024.8.6\n2024.12.0\n2024.12.1\n# end\n' >releases
exits 'counted, a minor is skipped' 1 manifest-bump -n --dry-run --service a --to 2024.12.1 s.yaml
grep -q '2024.10' err
verdict $? 'and named'
exits 'by the list, none is' 0 manifest-bump -n --dry-run --service a --to 2024.12.1 --released releases s.yaml
echo '["1.5.2","1.6.0","1.6.4","1.6.1","1.7.0","1.7.0-rc1"]' >releases.json
exits 'by the list, one is' 1 manifest-bump -n --service i --to 1.7.0 --released releases.json s.yaml
[ "$(jq -r 'select(.result).result.refused[0].next' out)" = 1.6.4 ] && grep -q 'go to 1.6.4 first' err
verdict $? 'and its newest patch is the next step' || cat err
exits 'to there it goes' 0 manifest-bump -n --service i --to 1.6.4 --released releases.json s.yaml

command -v git >/dev/null || finish
export GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@example.com GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@example.com
git init -q -b main repo && cd repo || exit 1
files
echo other >other
git add . && git commit -qm one
echo staged >>other && git add other
exits '--commit' 0 manifest-bump -n --commit --image nginx --to 1.25.4 a.yaml
cp out record
[ "$(git log -1 --format=%s)" = 'build(deps): bump nginx from 1.25.3 to 1.25.4' ]
verdict $? 'a conventional message'
[ "$(git show --format= --name-only HEAD)" = a.yaml ] && [ "$(git diff --cached --name-only)" = other ]
verdict $? 'exactly the changed file; what was staged stays staged'
[ "$(jq -r 'select(.result).result.commit' record)" = "$(git rev-parse HEAD)" ]
verdict $? 'the record has the commit'
echo '# mine' >>a.yaml
cp a.yaml a.before
exits 'a dirty file is refused' 1 manifest-bump -n --commit --image nginx --to 1.25.5 a.yaml
cmp -s a.yaml a.before
verdict $? 'and stays'
git checkout -q a.yaml
exits '--branch and --message' 0 manifest-bump -n --commit --branch bump/app -m 'app: 1.1.0' --image acme/app --to 1.1.0 b.yaml
[ "$(git branch --show-current) $(git log -1 --format=%s)" = 'bump/app app: 1.1.0' ]
verdict $? 'are used'
printf '#!/bin/sh\nexit 1\n' >.git/hooks/pre-commit && chmod +x .git/hooks/pre-commit
cp b.yaml b.before
exits 'a hook that says no' 2 manifest-bump -n --commit --branch bump/no --image acme/app --to 1.2.0 b.yaml
cmp -s b.yaml b.before && [ "$(git branch --show-current)" = bump/app ] && ! git rev-parse -q --verify bump/no >/dev/null
verdict $? 'everything is put back'
exits 'unchanged makes no commit' 0 manifest-bump -n --commit --image acme/app --to 1.1.0 b.yaml
cd .. || exit 1

# what cannot be right is not taken for right
printf 'image: {repository: acme/app, tag: 1.2.3}\n' >one.yaml
cp one.yaml one.before
for member in '"to":1.3' '"to":"1.2.4\\nx: y"' '"to":"1.2.4","digest":"sha256:a b"' '"to":"1.2.4","all":"yes"' \
    '"to":"1.2.4","allow":"majro"' '"to":"1.2.4","doc":"1"'; do
	printf '{"file":"one.yaml","image":"acme/app",%s}\n' "$member" >request
	exits "a request with $member" 2 sh -c 'manifest-bump --batch <request'
done
for word in '{"allow":"majro"}' '{"stateful":"yes"}' '{"sheme":"calver"}'; do
	printf '{"images":{"acme/app":%s}}\n' "$word" >image-policy.json
	exits "a policy that says $word" 2 manifest-bump -n --image acme/app --to 1.2.4 one.yaml
done
rm image-policy.json
exits 'a plan that is not there' 2 manifest-bump -n --plan no.json --image acme/app --to 1.2.4 one.yaml
exits 'a digest that is none' 2 manifest-bump -n --digest 'sha256:a"' --image acme/app --to 1.2.4 one.yaml
cmp -s one.yaml one.before
verdict $? 'none of them changes anything'
exits 'a branch with a slash, as actions are taken from' 1 manifest-bump -n --image acme/app --to release/v1 one.yaml
printf '{"file":"%s","image":"acme/app","to":"1.2.4"}\n{"file":"%s","image":"acme/app","to":"1.2.5"}\n' \
    one.yaml ./one.yaml | manifest-bump --batch >out 2>err
[ "$(jq -r 'select(.result) | [.result.changes[].from_version] | @tsv' out)" = '1.2.3	1.2.4' ] && grep -q 1.2.5 one.yaml
verdict $? 'one file under two names is one file' || evidence err err

# many at once: with ten times as many this took minutes, for each was searched from the file's first line
awk 'BEGIN { print "services:"; for (i = 0; i < 6000; i++) printf "  s%d:\n    image: acme/app:1.2.3\n", i }' >many.yaml
exits '6,000 in one file' 0 timeout 20 manifest-bump -n --all --image acme/app --to 1.2.4 many.yaml
[ "$(grep -c 'acme/app:1.2.4$' many.yaml) $(jq -s 'last.result.changes | map(.line) | [length, .[0], .[-1]] | @csv' -r out)" = \
    '6000 6000,3,12001' ]
verdict $? 'all of them, and the record tells the line of each'
sed -i '12s/s5:/s1:/' many.yaml
exits 'one of many that stands twice' 2 manifest-bump -n --all --image acme/app --to 1.2.5 many.yaml
grep -q 'many.yaml:4:3: the key s1 stands twice' err
verdict $? 'is named' || evidence err

exits '--branch alone' 2 manifest-bump -n --branch x --image nginx --to 1.25.4 a.yaml
finish
