#!/bin/sh
# every command of handrail-tutorial(7) is run, in order, on a real database; docker is a stub that starts our own
# service; what differs from run to run (times, ports, sums) is levelled before the comparison
[ -n "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- sh "$0" "$@"
. "$(dirname "$0")/lib.sh"
page=${1-$top/man/handrail-tutorial.7}

psql "$DATABASE_URL" -Xqc 'CREATE DATABASE redmine'
DATABASE_URL=$(printf '%s\n' "$DATABASE_URL" | sed 's,/postgres?,/redmine?,')
export DATABASE_URL
mkdir -p bin redmine/packages/redmine redmine/files redmine/backups
cat >bin/docker <<'END'
#!/bin/sh
case $* in
'compose run --rm redmine rake db:migrate')
	psql "$DATABASE_URL" -Xq -v ON_ERROR_STOP=1 -f "$top/t/demo/migrations/006_pinned.sql" && echo 'migrated' ;;
'compose stop redmine') kill "$(cat run/pid)" && echo 'Container redmine  Stopped' ;;
'compose up -d redmine')
	version=$(sed -n "s/^  tag: '\([0-9]*\)-alpine'.*/\1/p" packages/redmine/manifest.yaml)
	echo "image: notes:$version" >manifest.yaml
	"$top/t/demo/deploy" >/dev/null && echo 'Container redmine  Started' ;;
*) echo "docker: $*: not in this play" >&2; exit 1 ;;
esac
END
chmod +x bin/docker
PATH=$box/bin:$PATH
cd redmine || exit 1
cat >packages/redmine/manifest.yaml <<'END'
# Redmine: issue tracker
name: redmine
image:
  name: redmine
  tag: '5-alpine'   # the version that runs
END
echo 'a picture' >files/1.png
psql "$DATABASE_URL" -Xq -f "$top/t/demo/migrations/005_notes.sql"
psql "$DATABASE_URL" -Xqc "INSERT INTO notes (title, body) VALUES ('one', 'first')"
docker compose up -d redmine >/dev/null
trap 'kill "$(cat "$box/redmine/run/pid")" 2>/dev/null; cd / && [ -z "${KEEP-}" ] && rm -rf "$box"' EXIT
url=$(cat run/url)

level() {
	sed -E "s,$box/redmine/,,g; s,$url,http://127.0.0.1:3000,g; s,$PWD,.,g
		s/[0-9]{8}[Tt][0-9]{6}[Zz]/STAMP/g; s/[0-9.]+ (s|MB)([^a-z]|\$)/N \1\2/g; s/[0-9A-HJKMNP-TV-Z]{26}/ID/g; s/[0-9a-hjkmnp-tv-z]{26}/ID/g
		s/\\b[0-9a-f]{64}\\b/SUM/g; s/Plan [0-9a-f]+/Plan DIGEST/; s/\\t[0-9.]+\$/\\tN/
		s,postgres://[^ ]*,URI,g"
}
awk '/^\.Ed/{on = prompt = 0}
	on && /^\$ /{prompt = 1}
	prompt{gsub(/\\&/, ""); gsub(/\\e/, "\\"); print}
	/^\.Bd -literal/{on = 1}' "$page" >"$box/said"
awk -v q="'" -v box="$box" '
	/^\$ / {take = 1; n++; text[n] = $0; cmd[n] = substr($0, 3); next}
	take && /^> / {text[n] = text[n] "\n" $0; cmd[n] = cmd[n] "\n" substr($0, 3); next}
	{take = 0}
	END {
		for (i = 1; i <= n; i++) {
			printf "%s\n", cmd[i] > (box "/cmd" i)
			gsub(q, q "\\" q q, text[i])
			printf "printf %s%%s\\n%s %s%s%s; sh %s/cmd%d\n", q, q, q, text[i], q, box, i
		}
	}' "$box/said" >"$box/transcript"
sed -i "s,http://127.0.0.1:3000,$url,g" "$box"/cmd*
sh "$box/transcript" >"$box/happened" 2>&1 </dev/null
[ -z "${SHOW-}" ] || sed "s,$box/redmine/,,g; s,$url,http://127.0.0.1:3000,g; s,$PWD,.,g" "$box/happened"
level <"$box/happened" >"$box/out"
cd "$box" || exit 1
level <said >said.level
same 'the tutorial is what happens' out <said.level
[ "$(grep -c '^\$ ' said)" -ge 8 ]
verdict $? 'and it is a whole one'
finish
