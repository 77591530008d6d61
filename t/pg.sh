# shellcheck shell=sh
# t/pg.sh - databases on the scratch server for tests; after lib.sh
server=$DATABASE_URL

db() { # db NAME: a new database, DATABASE_URL names it
	psql -Xqc "CREATE DATABASE $1" "$server" || exit 1
	DATABASE_URL=$(printf '%s\n' "$server" | sed "s,/postgres?,/$1?,")
	export DATABASE_URL
}
sql() { psql -XAtqc "$1" "$DATABASE_URL"; }
holds() { [ "$(sql "$1")" = t ]; } # holds SQL: it gives t

# gives NAME SQL WANTED: what the query answers
gives() {
	sql "$2" >got 2>&1
	same "$1" got <<-TEXT
	$3
	TEXT
}
