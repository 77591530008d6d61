# shellcheck shell=sh
# t/real.sh - real projects' migrations on databases of the scratch server, and a deploy that notes its image; after lib.sh
real=$shared/real
[ -d "$real" ] || skip_all 'no ../shared/real here'
server=$DATABASE_URL

# on DATABASE: its URI
on() { printf '%s\n' "$server" | sed "s,/postgres?,/$1?,"; }
# sql DATABASE SQL
sql() { psql -XAtqc "$2" "$(on "$1")"; }
# dump DATABASE FILE: every row of every table, and the schema
dump() { pg_dump --no-owner -d "$(on "$1")" | grep -v '^\\\(un\)\{0,1\}restrict ' >"$2"; }
# files PROJECT: its way up
files() { (cd "$real/$1/migrations" && ls ./*.sql) | sed 's,^\./,,' | grep -v '\.down\.sql$'; }
# add PROJECT FILE...: to m/, as the project would
add() {
	there=$real/$1/migrations journal=meta/_journal.json
	shift
	for f; do cp "$there/$f" m/; done
	[ ! -e "$there/$journal" ] || { mkdir -p m/meta && jq --argjson n "$(find m -name '*.sql' | wc -l)" \
	    '.entries |= .[:$n]' "$there/$journal" >m/$journal; }
}

cat >deploy <<'END'
#!/bin/sh
sed -n 's/.*image: app:/app /p' m.yaml >>deployed
END
chmod +x deploy
