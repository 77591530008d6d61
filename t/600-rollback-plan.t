#!/bin/sh
# rollback-plan: the decision on the command line, its forms, the old code, and what it does with bad input
. "$(dirname "$0")/lib.sh"
. "$top/t/rollback.sh"
release=4001

# A release of notes from 6 to 7, one line a variable, to be put together.
sum=$(printf archive | sha256sum | cut -c1-64)
bump=$(rec 01 manifest-bump ok ',"result":{"changes":[{"file":"m.yaml","real":"/srv/m.yaml","path":"services.notes.image","image":"notes","from":"notes:6","to":"notes:7","from_version":"6","to_version":"7","kind":"major"}]}')
snap=$(rec 02 snapshot ok ',"result":{"archive":"'"$box"'/a.tar.zst","sha256":"'"$sum"'","format":1,"verified":true,"stores":[{"name":"notes","kind":"postgres","uri":"postgres://app@db/notes","database":"notes"}]}')
none=$(rec 03 migrate-apply unchanged ',"result":{"database":"postgres://app@db/notes","before":"2","after":"2","applied":[],"pending_count":0}')
some=$(rec 03 migrate-apply ok ',"result":{"database":"postgres://app@db/notes","before":"2","after":"3","applied":[{"version":"3","name":"drop_author"}],"pending_count":0}')
deploy=$(rec 04 deploy ok ',"result":{"argv":["./deploy","two words"],"directory":"/srv","exit":0,"seconds":2.0}')
sick=$(rec 05 health-wait failed ',"error":{"code":"not-healthy","message":"m"},"result":{"healthy":false,"timeout":10.0,"stable_for":2.0,"targets":[{"argv":["http://h/health","--expect-json","/version=7","--expect-json=/status=ok"]}]}')
diff_drop=$(rec 00 schema-diff ok ',"result":{"compatibility":"breaking","rollback":"restore","changes":[{"action":"drop","kind":"column","object":"public.notes.author","hazards":[{"id":"drop-column","class":"old-code"}]}]}')
stream() { printf '%s\n' "$@" >in; }
field() { jq -c "select(.status != \"started\" and .step == \"rollback-plan\") | $1" out; }

stream "$bump" "$snap" "$none" "$deploy"
exits 'nothing failed: exit 0' 0 rollback-plan <in
head -n 4 out >passed
same 'the records pass through' passed <in
field '[.status, .result.scenario, .result.strategy]' >got
same 'only the tag changed: scenario 1' got <<'END'
["ok",1,"code"]
END
field '.result.steps[] | [.id, .image] + .argv' >got
same 'the steps of scenario 1' got <<'END'
["manifest-notes","none","manifest-bump","--dry-run","--path","services.notes.image","--to","6","--allow-downgrade","--allow-variant","--allow-incomparable","--allow-prerelease","/srv/m.yaml"]
["repin-notes","none","manifest-bump","--path","services.notes.image","--to","6","--allow-downgrade","--allow-variant","--allow-incomparable","--allow-prerelease","/srv/m.yaml"]
["deploy","old","step-exec","--name","deploy","-C","/srv","--","./deploy","two words"]
END

stream "$bump" "$snap" "$some" "$deploy" "$sick"
exits 'a failure upstream: it works all the same, and exits 3' 3 rollback-plan <in
field '[.status, .result.scenario, .result.strategy]' >got
same 'migrated, and nobody compared: scenario 3' got <<'END'
["ok",3,"restore-swap"]
END
field '.result.steps[] | select(.preflight | not) | .argv' >got
same 'the steps of scenario 3, with the old version in the health checks' got <<END
["snapshot-restore","$box/a.tar.zst","--pg-into","notes=env:DATABASE_URL"]
["database-swap","--dry-run","--pg","env:DATABASE_URL","--keep-as","notes_failed_01jd0000000000000000000002","--store","notes"]
["manifest-bump","--path","services.notes.image","--to","6","--allow-downgrade","--allow-variant","--allow-incomparable","--allow-prerelease","/srv/m.yaml"]
["database-swap","--pg","env:DATABASE_URL","--keep-as","notes_failed_01jd0000000000000000000002","--store","notes"]
["preflight","--pg","env:DATABASE_URL","--check","same-database,privileges","--database-is","postgres://app@db/notes"]
["step-exec","--name","deploy","-C","/srv","--","./deploy","two words"]
["health-wait","--timeout","10","--stable-for","2","http://h/health","--expect-json","/version=6","--expect-json=/status=ok"]
END
field .result.plan_digest >digest1
rollback-plan <in 2>err >out
field .result.plan_digest >digest2
same 'the same records give the same plan' digest1 <digest2
rollback-plan --pg env:OTHER_URL <in 2>err | grep -q '"notes=env:OTHER_URL"'
verdict $? '--pg names another variable'
rollback-plan --pg notes=env:NOTES_URL --pg env:OTHER_URL <in 2>err | grep -q '"notes=env:NOTES_URL"'
verdict $? '--pg STORE=env:NAME is for one store'
exits '--pg with a connection instead of a variable: exit 2' 2 rollback-plan -n --pg postgres://u:secret@h/d
! grep -q secret err
verdict $? 'and its secret is not repeated'

stream "$snap" "$some" "$deploy"
rollback-plan <in >out 2>err
field '[.result.steps[] | select(.id == "deploy" or .by_hand) | .title]' >got
same 'what ran before is not known: a person puts it back before anything starts' got <<'END'
["Put the old version back by hand","Start the old version: run the deploy command again"]
END

stream "$bump" "$some" "$deploy"
exits 'no snapshot: exit 1' 1 rollback-plan <in
field '[.status, .error.code, .result.strategy, .result.no_restore]' >got
same 'there is no way back, and the record says why' got <<'END'
["failed","no-way-back","forward-fix","no usable snapshot covers postgres://app@db/notes"]
END
rollback-plan --format sh <in >script 2>err
exits 'its script says so, too' 1 sh script
grep -q 'no way back' err
verdict $? 'in words' || evidence err err

# an archive that is here is summed
stream "$bump" "$snap" "$some" "$deploy"
printf archive >a.tar.zst
exits 'the archive is here and whole' 0 rollback-plan <in
printf Archive >a.tar.zst
exits 'the archive is here and damaged: exit 1' 1 rollback-plan <in
field '.result.unusable[]' | grep -q 'SHA-256'
verdict $? 'and that is why' || evidence out out
rm a.tar.zst

# assertions
turn() { # turn NAME ASSERTION WANTED: the health check of a release from 6.0.0-alpine to 6.0.1-alpine
	stream "$(printf '%s' "$bump" | sed 's/"6"/"6.0.0-alpine"/; s/"7"/"6.0.1-alpine"/; s/notes:6/notes:6.0.0-alpine/; s/notes:7/notes:6.0.1-alpine/')" \
	    "$none" "$deploy" "$(rec 05 health-wait ok ',"result":{"healthy":true,"targets":[{"argv":["http://h/",'"$2"']}]}')"
	rollback-plan <in >out 2>err
	field '.result.steps[] | select(.id == "health") | .argv[2:]' >got
	printf '%s\n' "$3" >want
	cmp -s want got
	verdict $? "$1" || evidence got got
}
turn 'an assertion of the tag' '"--expect-json","/version=6.0.1-alpine"' '["--expect-json","/version=6.0.0-alpine"]'
turn 'of its number' '"--expect-json","/version=6.0.1"' '["--expect-json","/version=6.0.0"]'
turn 'with a v' '"--expect-json=.app.version=v6.0.1"' '["--expect-json=.app.version=v6.0.0"]'
turn 'in quotes' '"--expect-json","/version=\"6.0.1\""' '["--expect-json","/version=\"6.0.0\""]'
turn 'under another name' '"--expect-json","/release=6.0.1"' '["--expect-json","/release=6.0.0"]'
turn 'of another version is left out' '"--expect-json","/version=9"' '[]'
turn 'by order is left out' '"--expect-json","/version>=6.0.1"' '[]'
turn 'a count is no version' '"--expect-json","/workers=6"' '["--expect-json","/workers=6"]'
turn '--expect-version' '"--expect-version","6.0.1"' '["--expect-version","6.0.0"]'
turn '--expect-version with a path' '"--expect-version=/v=6.0.1"' '["--expect-version=/v=6.0.0"]'
turn 'a body that holds it is left out' '"--expect-body","release 6\\.0\\.1|6.0.1"' '[]'
turn 'any other body stays' '"--expect-body","welcome"' '["--expect-body","welcome"]'
turn 'other options stay' '"--header","X: 1","--follow"' '["--header","X: 1","--follow"]'

# the old code
mkdir -p old/app old/lib/tasks old/.git
stream "$diff_drop" "$bump" "$snap" "$some" "$deploy"
echo 'class Note; def title; end; end' >old/app/note.rb
echo 'author' >old/.git/index
exits 'the old code does not mention what was dropped' 0 rollback-plan --code old <in
field '[.result.scenario, .result.strategy]' >got
same 'scenario 2' got <<'END'
[2,"code"]
END
echo 'update_all(author: nil)' >old/lib/tasks/clean.rake
rollback-plan --code old <in >out 2>err
field '[.result.scenario, (.result.caveats | map(select(test("commands that use public.notes.author"))) | length)]' >got
same 'rake tasks mention it: scenario 2, and a caveat' got <<'END'
[2,1]
END
printf 'a\nb\n  @note.Author\n' >old/app/show.erb
rollback-plan --code old <in >out 2>err
field '[.result.scenario, (.result.reasons | map(select(.text | test("app/show.erb:3"))) | length)]' >got
same 'a page mentions it: scenario 3, with file and line' got <<'END'
[3,1]
END
rollback-plan --code old --admin-path 'app/*' <in >out 2>err
field .result.scenario >got
same '--admin-path takes it out' got <<'END'
2
END
rm old/app/show.erb
echo 'authors coauthor author_id' >old/app/show.erb
rollback-plan --code old <in >out 2>err
field .result.scenario >got
same 'other words do not count' got <<'END'
2
END
# what was changed, and not dropped, is named with its places, and found or not is no proof
stream "$(printf '%s\n' "$diff_drop" | sed 's/"drop"/"alter"/')" "$bump" "$snap" "$some" "$deploy"
rollback-plan --code old <in >out 2>err
field .result.scenario >got
same 'retyped, and the old code does not mention it: scenario 3 all the same' got <<'END'
3
END
echo 'note.author = 1' >old/app/edit.erb
rollback-plan --code old <in >out 2>err
field '.result.reasons[].text' | grep -q 'alter column public.notes.author.*app/edit.erb:1'
verdict $? 'retyped, and mentioned: with file and line' || evidence out out
rm old/app/edit.erb
stream "$diff_drop" "$bump" "$snap" "$some" "$deploy"
# the same as an image: layers in an archive, one of them compressed
mkdir -p layers/a/app layers/b/lib/tasks image/blobs/sha256
echo 'class Note; end' >layers/a/app/note.rb
echo 'update_all(author: nil)' >layers/b/lib/tasks/clean.rake
printf 'author\0' >layers/b/binary
tar -C layers/a -cf image/blobs/sha256/aaaa .
tar -C layers/b -czf image/blobs/sha256/bbbb .
echo '[{"Layers":["blobs/sha256/aaaa","blobs/sha256/bbbb"]}]' >image/manifest.json
tar -C image -cf image.tar .
exits 'an image archive is searched, too' 0 rollback-plan --code image.tar <in
field .result.scenario >got
same 'rake tasks mention it: scenario 2' got <<'END'
2
END
echo 'x = note.author' >layers/a/app/show.rb
tar -C layers/a --zstd -cf image/blobs/sha256/aaaa .
tar -C image -cf image.tar .
rollback-plan --code image.tar <in >out 2>err
field '.result.reasons[].text' | grep -q 'app/show.rb:1'
verdict $? 'a page mentions it: scenario 3, with file and line' || evidence out out
head -c 3000 image.tar >cut.tar
exits 'an image that is cut: exit 2' 2 rollback-plan --code cut.tar <in
exits 'a file that is no image: exit 2' 2 rollback-plan --code image/manifest.json <in
tar -C layers/a -cf plain.tar app
exits 'an archive without layers: exit 2' 2 rollback-plan --code plain.tar <in

exits 'old code that is not there: exit 2' 2 rollback-plan --code nowhere <in
# what cannot be searched proves nothing
mkdir empty compiled
exits 'old code that is empty' 0 rollback-plan --code empty <in
field '[.result.scenario, (.result.reasons | map(select(.text | test("holds no text"))) | length)]' >got
same 'is no proof that nothing is used' got <<'END'
[3,1]
END
echo 'read me' >compiled/README
printf 'PK\003\004\000\000' >compiled/app.jar
rollback-plan --code compiled <in >out 2>err
field '[.result.scenario, (.result.reasons | map(select(.text | test("app.jar is compiled"))) | length)]' >got
same 'nor is a compiled program' got <<'END'
[3,1]
END
rollback-plan --code compiled --admin-path '*.jar' <in >out 2>err
field .result.scenario >got
same 'unless it serves administration only' got <<'END'
2
END

# the manifests
mkdir before with
stream "$bump" "$none" "$deploy"
printf 'a:\n  image: notes:6\n' >before/m.yaml
printf 'a:\n  image: notes:7\n' >with/m.yaml
exits 'manifests that differ in a tag' 0 rollback-plan --old-manifests before --new-manifests with <in
field .result.scenario >got
same 'scenario 1' got <<'END'
1
END
printf '  replicas: 2\n' >>with/m.yaml
rollback-plan --old-manifests before --new-manifests with <in >out 2>err
field '[.result.scenario, .result.strategy]' >got
same 'and in more: scenario 2' got <<'END'
[2,"code"]
END
exits 'manifests that are not there' 0 rollback-plan --old-manifests nowhere --new-manifests with <in
field .result.scenario >got
same 'are no proof of sameness' got <<'END'
2
END
exits 'one without the other: exit 2' 2 rollback-plan -n --old-manifests before

# what the release noted in its env file
named() { # named NAME FILE SCENARIO [TEXT]: what FILE does to a release of code alone
	rollback-plan --env "$2" <in >out 2>err
	field '[.result.scenario, ([.result.reasons[] | select(.rule == "doubt") | .text] | join("; "))] | @csv' >got
	printf '"%s,\\"%s\\""\n' "$3" "${4-}" >want
	cmp -s want got
	verdict $? "$1" || { evidence got got; evidence want want; }
}
stamped=$(printf '%s\n' "$snap" | sed 's/a.tar.zst/notes-20261120T100230Z.tar.zst/')
stream "$bump" "$stamped" "$none" "$deploy"
release-report --format env <in >4001.env 2>err
cat 4001.env >got
same 'an env file, written' got <<'END'
TICKET=4001
BACKUPS="notes=20261120_100230"
END
named 'and read: it agrees' 4001.env 1
printf "export TICKET='4001'\r\n# BACKUPS=x\nBACKUPS='wiki=20200101_000000 notes=20261120_100230' # both\n" >other.env
named 'with other quotes, and another service' other.env 1
echo 'TICKET=4002' >other.env
echo 'BACKUPS="notes=20261120_100230"' >>other.env
named 'another release' other.env 3 'other.env is of release 4002, the records are of 4001'
printf 'TICKET=4001\nBACKUPS="notes=20260518_153012"\n' >other.env
named 'another backup' other.env 3 'other.env names a backup of 20260518_153012 that no record tells of: snapshot-verify proves an archive'
printf 'TICKET=4001\n' >other.env
named 'no backups' other.env 3 'other.env names no BACKUPS'
printf 'TICKET=4001\nBACKUPS="$(touch pwned)"\n' >other.env
named 'nothing in it is run' other.env 3 "other.env: '\$(touch' in BACKUPS is no SERVICE=TIME; other.env: 'pwned)' in BACKUPS is no SERVICE=TIME"
[ ! -e pwned ]
verdict $? 'at all'
named 'a file that is not there' nowhere.env 3 'what the release noted cannot be read: nowhere.env: No such file or directory'
if [ -d "$shared/real" ]; then
	named 'a real one' "$shared/real/pma/releases/4001.env" 1
else
	verdict 0 'a real one # SKIP no ../shared/real here'
fi

# forms
stream "$bump" "$snap" "$some" "$deploy" "$sick"
exits '--format text' 3 rollback-plan --format text <in
head -n 1 out >got
same 'says the scenario first' got <<'END'
notes: scenario 3: take back the code and the data (strategy restore-swap)
END
exits '--format markdown' 3 rollback-plan --format markdown <in
grep -q '^## Rollback of notes$' out
verdict $? 'has a title'
exits '-o into a directory that is not there: exit 2' 2 rollback-plan -o way/back.sh <in
mkdir way
exits '-o writes the script and lets the records flow' 3 rollback-plan -o way/back.sh <in
[ -x way/back.sh ]
verdict $? 'executable'
rollback-plan --format sh <in >script 2>err
cmp -s script way/back.sh
verdict $? 'the same as --format sh'

# names that want to be code
evil="'; rm -rf \$HOME; \`touch $box/pwned\`; \$(touch $box/pwned) \\\\n
"
evil_json=$(printf '%s' "$evil" | jq -Rs .)
printf '%s\n' "$bump" "$snap" "$some" "$deploy" "$sick" |
    jq -c --argjson evil "$evil_json" '.service = $evil | .release = $evil |
	if .result.changes then .result.changes[0] += {image: $evil, to_version: $evil, real: ("/" + $evil)} else . end |
	if .result.stores then .result.stores[0] += {name: $evil, database: $evil} else . end |
	if .result.argv then .result += {argv: ["./" + $evil, "-"], directory: $evil} else . end' >in
for form in sh text markdown; do
	exits "a service named '; rm -rf: --format $form" 3 rollback-plan --format "$form" <in
	mv out "evil.$form"
done
if command -v shellcheck >/dev/null; then
	exits 'shellcheck finds nothing in the script' 0 shellcheck evil.sh
	exits 'nor in the plain one' 0 shellcheck script
else
	verdict 0 'shellcheck # SKIP is not here'
fi
sh evil.sh >out 2>&1
[ ! -e pwned ]
verdict $? 'nothing of a name is run'
printf '%s\n' "$bump" "$none" | jq -c '.result.changes[0]?.real = "/x\n::error::y\u001b[2J"' >in
rollback-plan --format sh <in >script 2>err
sh script >out 2>&1
! grep -v '^\(rollback\|manifest-bump\): ' out | grep . && ! grep -q "$(printf '\033')" out
verdict $? 'each line that the script says is its own: no runner obeys a name, no terminal either' || evidence out out

# bad input
printf 'no record\n' >in
exits 'input that is no record: exit 2' 2 rollback-plan <in
exits '--writes with another word: exit 2' 2 rollback-plan -n --writes some
finish
