#!/bin/sh
# release-report: the story of a release in each form, and nothing of its texts taken for markup or commands
. "$(dirname "$0")/lib.sh"
unset GITHUB_STEP_SUMMARY GITHUB_OUTPUT

rec() { # rec AT STEP STATUS REST
	printf '{"handrail":1,"id":"01JD00000000000000000000%s","step":"%s","status":"%s","time":"2026-11-20T10:00:%s.000Z","seconds":1.0,"release":"4001","service":"notes"%s}\n' \
	    "$1" "$2" "$3" "$1" "${4-}"
}
good() {
	rec 01 manifest-bump ok ',"result":{"changes":[{"file":"m.yaml","image":"notes","from_version":"6","to_version":"7","kind":"major"}]}'
	rec 02 snapshot ok ',"result":{"archive":"/b/notes-20261120T100002Z.tar.zst","size":1500000,"verified":true,"stores":[{"name":"notes"}]}'
}
bad() {
	good
	rec 03 schema-diff ok ',"result":{"compatibility":"breaking","rollback":"restore","changes":[{"action":"drop","kind":"column","object":"public.notes.author","old_code":"breaking","hazards":[{"id":"drop-column","class":"destroys","why":"all values of the column are lost","instead":"drop it a release later"},{"id":"gone-column","class":"old-code"}]},{"action":"create","kind":"table","object":"public.tags","old_code":"compatible","hazards":[]}]}'
	rec 04 migrate-apply failed ',"error":{"code":"sql-23502","message":"m/3.sql: line 4: null value","hint":"fill it first"},"result":{"applied":[],"failed":{"file":"m/3.sql","line":4,"rolled_back":true}}'
	rec 05 deploy refused ',"error":{"code":"upstream-failed","message":"refused, nothing was done"}'
	printf '{"handrail":1,"id":"01JD0000000000000000000006","step":"watch","status":"started","time":"2026-11-20T10:00:06.000Z","release":"4001","service":"notes"}\n'
}
good >good.jsonl
bad >bad.jsonl

exits 'all went well: exit 0' 0 release-report <good.jsonl
head -n 2 out >passed
same 'the records pass' passed <good.jsonl
tail -n 1 out | jq -c .result >got
same 'its own record' got <<'END'
{"outcome":"ok","steps":2,"errors":0,"warnings":0,"notes":0}
END
exits 'a failure upstream: exit 3' 3 release-report <bad.jsonl
tail -n 1 out | jq -c '[.status, .result]' >got
same 'and the record counts the findings' got <<'END'
["ok",{"outcome":"failed","steps":6,"errors":2,"warnings":2,"notes":1}]
END

exits 'text' 3 release-report --format text <bad.jsonl
same 'tells it' out <<'END'
Release 4001 of notes: failed (5.0 s)

  ok        manifest-bump    1.0 s  notes 6 → 7 (major)
  ok        snapshot         1.0 s  notes in /b/notes-20261120T100002Z.tar.zst, 1.5 MB, verified
  ok        schema-diff      1.0 s  2 changes, compatibility breaking, rollback by restore
  failed    migrate-apply    1.0 s  m/3.sql failed and was rolled back
  refused   deploy           1.0 s
  started   watch                 

  error: migrate-apply: m/3.sql: line 4: null value
    hint: fill it first
  error: watch began and never ended
  warning: drop column public.notes.author (destroys): all values of the column are lost
    hint: drop it a release later
  warning: drop column public.notes.author (old-code)
  note: deploy: refused, nothing was done
END
exits 'no records' 0 release-report -n --format text
same 'are told, too' out <<'END'
Release: nothing

END

exits 'github' 3 release-report --format github <bad.jsonl
same 'annotations, the worst first' out <<'END'
::error title=sql-23502,file=m/3.sql,line=4::migrate-apply: m/3.sql: line 4: null value%0Afill it first
::error title=unfinished::watch began and never ended
::warning title=drop-column::drop column public.notes.author (destroys): all values of the column are lost%0Adrop it a release later
::warning title=gone-column::drop column public.notes.author (old-code)
::notice title=upstream-failed::deploy: refused, nothing was done
END
GITHUB_STEP_SUMMARY=$box/summary GITHUB_OUTPUT=$box/outputs release-report --format github <bad.jsonl >out 2>err
release-report --format markdown <bad.jsonl >page 2>err
cmp -s page summary
verdict $? 'the summary is the Markdown form'
sed 's/handrail_.*/DELIMITER/' outputs >got
same 'the outputs' got <<'END'
outcome<<DELIMITER
failed
DELIMITER
release<<DELIMITER
4001
DELIMITER
service<<DELIMITER
notes
DELIMITER
END
i=10
while [ $i -lt 99 ]; do
	rec $i "step-$i" failed ',"error":{"code":"x","message":"'"$(printf '%0*d' 9000 0)"'"}'
	i=$((i + 1))
done >many.jsonl
i=0
while [ $i -lt 3 ]; do sed "s/01JD0/01JD$i/" many.jsonl; i=$((i + 1)); done >more.jsonl
rm -f summary
GITHUB_STEP_SUMMARY=$box/summary release-report --format github <more.jsonl >out 2>err
[ "$(grep -c ^::error out)" = 10 ]
verdict $? 'at most 10 annotations of a kind'
[ "$(wc -c <summary)" -lt 1048576 ] && [ "$(wc -c <summary)" -gt 900000 ] && tail -n 1 summary | grep -q longer
verdict $? 'a long summary is cut below 1 MiB, at a line' || wc -c summary | sed 's/^/#   /'

exits 'gitlab' 3 release-report --format gitlab <bad.jsonl
jq -c '.[0] | [.check_name, .severity, .location.path, .location.lines.begin, (.fingerprint | length)]' out >got
same 'a code quality report' got <<'END'
["sql-23502","critical","m/3.sql",4,64]
END
exits 'dotenv' 3 release-report --format dotenv <bad.jsonl
same 'variables' out <<'END'
HANDRAIL_OUTCOME=failed
HANDRAIL_RELEASE=4001
HANDRAIL_SERVICE=notes
END
exits 'env' 0 release-report --format env <good.jsonl
same 'the ticket and its backups' out <<'END'
TICKET=4001
BACKUPS="notes=20261120_100002"
END

exits 'sarif' 3 release-report --format sarif <bad.jsonl
jq -c '[.version, (.runs[0].results | length), (.runs[0] | . as $run | [.results[] | $run.tool.driver.rules[.ruleIndex].id == .ruleId] | all),
	([.runs[0].results[].level] | unique), ([.runs[0].results[].partialFingerprints["handrail/v1"]] | unique | length)]' out >got
same 'rules and results agree, fingerprints differ' got <<'END'
["2.1.0",5,true,["error","note","warning"],5]
END
cp out first
sed 's/T10:/T11:/; s/01JD0/01JD1/' bad.jsonl | release-report --format sarif >second 2>err
jq -c '[.runs[0].results[].partialFingerprints]' first >one
jq -c '[.runs[0].results[].partialFingerprints]' second >two
cmp -s one two
verdict $? 'and are the same for another run that found the same'

export NODE_MODULES="${NODE_MODULES-$top/build/npm/node_modules}"
if [ -d "$NODE_MODULES/@types/sarif" ]; then
	jq '.runs[0].results[].message.text = "</script> \u0001"' first >strange
	exits 'it is SARIF 2.1.0' 0 node "$top/t/ci/sarif-check.mjs" first strange
	sed 's/"ruleId"/"ruleID"/' first >wrong
	exits 'which can be seen' 1 node "$top/t/ci/sarif-check.mjs" wrong
else
	verdict 0 "it is SARIF 2.1.0 # SKIP npm's packages are not here (make npm)"
fi

exits 'junit' 3 release-report --format junit <bad.jsonl
grep -q '<testsuite name="Release 4001 of notes" tests="6" failures="1" errors="1" skipped="1" time="5.000">' out
verdict $? 'counts what happened' || evidence out out
exits 'html' 3 release-report --format html <bad.jsonl
! grep -qE '(src|href)=|https?://|@import|url\(' out
verdict $? 'needs nothing from anywhere'
for part in '<html lang="en">' '<meta name="viewport"' '<h2>Steps</h2>' 'class="bar"' '<h3>Destroys data</h3>' '<h3>Without a hazard</h3>'; do
	grep -qF "$part" out
	verdict $? "has $part"
done
# looked at, on a phone and on a desk
CHROMIUM=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
export CHROMIUM
looked_at() { # looked_at NAME FILE
	if [ "$CHROMIUM" ] && [ -d "$NODE_MODULES/axe-core" ]; then
		exits "$1" 0 node "$top/t/ci/page-check.mjs" "$2"
	else
		verdict 0 "$1 # SKIP chromium or npm's packages (make npm) are not here"
	fi
}
rollback-plan <bad.jsonl 2>/dev/null | release-report --format html >bad.html 2>err
looked_at 'the page fits every window, light and dark, and axe finds nothing' bad.html
release-report -n --format html >empty.html 2>err
looked_at 'nor in an empty one' empty.html
exits '--write: as many forms as are given, and the records flow' 3 release-report --write html=a.html --write text=a.txt <bad.jsonl
[ -s a.html ] && [ -s a.txt ] && [ "$(wc -l <out)" = 8 ]
verdict $? 'all are there'

# texts that want to be markup or commands
evil='</td><script>alert(1)</script>&amp; "q" ]]> ::error::x
::warning::y %0A | `code` [l](javascript:x) <!-- \u0001'
jq -nc --arg evil "$evil" '{handrail:1, id:"01JD0000000000000000000001", step:$evil, status:"failed", time:"2026-11-20T10:00:00.000Z", seconds:1.0,
	release:$evil, service:$evil, error:{code:$evil, message:$evil, hint:$evil}, result:{argv:[$evil], exit:1, output:($evil + "\u0001")}}' >evil.jsonl
for form in html junit markdown text github gitlab sarif dotenv env; do
	exits "evil texts: $form" 3 release-report --format $form <evil.jsonl
	mv out evil.$form
done
looked_at 'evil texts do nothing in a browser' evil.html
! grep -q '<script' evil.html && ! grep -q '<script' evil.junit && ! grep -q '<script' evil.markdown
verdict $? 'no markup of theirs is in the pages'
! grep -v '^::error title=' evil.github | grep -q .
verdict $? 'no line of theirs is a command' || evidence github evil.github
[ "$(wc -l <evil.dotenv)" = 3 ] && [ "$(wc -l <evil.env)" = 2 ]
verdict $? 'no line of theirs is a variable' || evidence dotenv evil.dotenv
if command -v xmllint >/dev/null; then
	exits 'the XML is well-formed' 0 xmllint --noout evil.junit
else
	verdict 0 'xmllint # SKIP is not here'
fi
(. ./evil.env && [ "$BACKUPS" = '' ]) >out 2>&1
verdict $? 'a shell can read the env file' || evidence out out

exits 'input that is no record: exit 2' 2 release-report <a.txt
exits 'a form there is not: exit 2' 2 release-report -n --format pdf
if [ -e /dev/full ]; then
	(release-report --format html <good.jsonl >/dev/full) 2>err
	[ $? = 2 ]
	verdict $? 'a full disk: exit 2'
fi
finish
