#!/bin/sh
# random schemas and random changes (seeded): the SQL leads there and back, and pg_dump sees it so.
# SEEDS: which (make nightly takes hundreds), ROUNDS: schemas of each; what fails is said with its seed.
[ -n "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- sh "$0" "$@"
. "$(dirname "$0")/lib.sh"

# shellcheck disable=SC2317 # called by exits
compare() { schema-diff -n --scratch "$DATABASE_URL" "$@"; }
at() { printf %s "$DATABASE_URL" | sed "s,/[^/?]*\(?\|$\),/$1\1,"; }
lines() { pg_dump -s "$(at "$1")" | grep -v '^--\|restrict' | sed 's/,$//' | sort; }
make() { # make NAME FILE...
	db=random_$1 dump=$1.dump
	psql -Xqc "DROP DATABASE IF EXISTS $db" -c "CREATE DATABASE $db" "$DATABASE_URL" || return
	shift
	for file; do psql -Xqv ON_ERROR_STOP=1 -f "$file" "$(at "$db")" || return; done
	lines "$db" >"$dump"
}

for seed in ${SEEDS-1}; do
	for side in from to; do
		awk -v seed="$seed" -v rounds="${ROUNDS-6}" -v side=$side -f "$top/t/schema/random.awk" >$side.sql
		exits "seed $seed: psql takes side $side" 0 make $side $side.sql
	done
	exits "seed $seed: there" 0 compare --write sql=up.sql from.sql to.sql
	exits "seed $seed: and back" 0 compare --write sql=down.sql to.sql from.sql
	exits "seed $seed: from nothing" 0 compare --format sql empty to.sql
	exits "seed $seed: psql goes there" 0 make there from.sql up.sql
	exits "seed $seed: pg_dump sees it" 0 diff there.dump to.dump
	exits "seed $seed: psql goes back" 0 make back to.sql down.sql
	exits "seed $seed: pg_dump sees it, too" 0 diff back.dump from.dump
done
finish
