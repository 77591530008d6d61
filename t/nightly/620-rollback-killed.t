#!/bin/sh
# real releases taken back with every process killed at each step of the script, and continued: all rows compared
[ -n "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- sh "$0" "$@"
. "$(dirname "$0")/../lib.sh"
. "$top/t/real.sh"

# fill WORD FROM: three rows in each table that takes them; foreign keys lead to what is there
fill() {
	for _ in 1 2 3; do
		sql live "SELECT format('INSERT INTO %s (%s) SELECT %s FROM generate_series($2, $2 + 2) g ON CONFLICT DO NOTHING;',
			a.attrelid::regclass, string_agg(quote_ident(a.attname), ', '), string_agg(CASE
				WHEN f.conrelid IS NOT NULL THEN format('(SELECT %I FROM %s LIMIT 1)', (SELECT attname FROM pg_attribute
					WHERE attrelid = f.confrelid AND attnum = f.confkey[1]), f.confrelid::regclass)
				WHEN t.typname = 'uuid' THEN 'gen_random_uuid()'
				WHEN t.typcategory = 'S' THEN format('left(%L || g, %s)', '$1 it''s ',
					CASE WHEN atttypmod > 4 THEN atttypmod - 4 ELSE 60 END)
				WHEN t.typcategory = 'N' THEN 'g'
				WHEN t.typcategory = 'B' THEN 'true'
				WHEN t.typcategory = 'D' THEN 'now()'
				WHEN t.typname IN ('json', 'jsonb') THEN quote_literal('{}')
				WHEN t.typcategory = 'A' THEN quote_literal('{}')
				WHEN t.typtype = 'e' THEN quote_literal((SELECT enumlabel FROM pg_enum WHERE enumtypid = t.oid
					ORDER BY enumsortorder LIMIT 1))
				ELSE 'NULL' END, ', '))
			FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
			JOIN pg_tables x ON format('%I.%I', schemaname, tablename)::regclass = a.attrelid
			LEFT JOIN pg_constraint f ON f.conrelid = a.attrelid AND f.contype = 'f' AND f.conkey = ARRAY[a.attnum]
			WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND a.attidentity = ''
			AND schemaname NOT IN ('pg_catalog', 'information_schema', 'handrail', 'drizzle') GROUP BY a.attrelid" >inserts
		psql -Xq "$DATABASE_URL" <inserts >/dev/null 2>>refused
	done
}
rows() { sql live "SELECT coalesce(sum((xpath('/row/c/text()', query_to_xml(format('SELECT count(*) AS c FROM %I.%I', schemaname, tablename), false, true, '')))[1]::text::int), 0) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema', 'handrail', 'drizzle')"; }

# add_from N M: the project's migrations from the Nth to the Mth
# shellcheck disable=SC2046 # words are meant
add_from() { add "$project" $(files "$project" | sed -n "$1,$2p"); }
# release FROM TO PLAN-OPTION...: with data before it, writes after it, and a script back.sh
release() {
	from=$1 to=$2
	shift 2
	sql postgres 'DROP DATABASE IF EXISTS live WITH (FORCE)'
	sql postgres 'CREATE DATABASE live'
	rm -rf m backups rollback-* deployed && mkdir m backups
	add_from 1 $((from - 1))
	[ "$from" = 1 ] || migrate-apply -n -q m >/dev/null 2>err || evidence err err
	fill before 1
	dump live before.sql
	n_before=$(rows)
	echo 'image: app:1.0.0' >m.yaml
	sql postgres 'CREATE DATABASE was' && [ "$from" = 1 ] || migrate-apply -n -q --pg "$(on was)" m >/dev/null 2>err
	cp -R m old && add_from "$from" "$to"
	{
		manifest-bump -n -q --image app --to 1.2.0 m.yaml | snapshot -q --pg env:DATABASE_URL -o backups/ |
		    migrate-apply -q m | step-exec -q --name deploy -- ./deploy
		schema-diff -n -q "$(on was)" "$(on live)"
	} >release.jsonl 2>err || evidence err err
	rollback-plan -q -o back.sh "$@" <release.jsonl >planned.jsonl 2>err
	plan=$(tail -n 1 planned.jsonl | jq -c '[.result.scenario, .result.strategy]')
	fill late 50
	n_late=$(rows)
	rm -r m && mv old m
	sql postgres 'DROP DATABASE was'
}
# steps: those that change something, in order
steps() { tail -n 1 planned.jsonl | jq -r '.result.steps[] | select(.preflight | not) | .id'; }
# back KILLED-AT: the script, everything killed once when it begins that step, then to its end
back() {
	rm -rf rollback-* deployed
	setsid sh back.sh >out 2>err &
	pid=$!
	n=0
	until grep -qsx "begin $1" rollback-*/journal || ! kill -0 $pid 2>/dev/null || [ $((n += 1)) -gt 3000 ]; do sleep 0.002; done
	kill -9 -$pid 2>/dev/null
	wait $pid 2>/dev/null
	flock -w 60 rollback-*/lock true
	until [ "$(sql postgres "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")" = 0 ]; do sleep 0.05; done
	sh back.sh >out 2>err
}
compare() { # compare NAME: data and schema are those from before
	dump live after.sql
	cmp -s before.sql after.sql
	verdict $? "$1" || diff before.sql after.sql | head -5 | sed 's/^/#   /'
}

DATABASE_URL=$(on live)
export DATABASE_URL
for what in 'boards 3 3' 'boards 4 4' 'boards 5 5' 'boards 3 5'; do
	# shellcheck disable=SC2086 # words are meant
	set -- $what
	project=$1
	release "$2" "$3"
	[ "$plan" = '[3,"restore-swap"]' ] && [ "$n_before" -gt 0 ] && [ "$n_late" -gt "$n_before" ]
	verdict $? "$what: the data must go back; there are rows, and newer ones" || echo "#   $plan $n_before $n_late"
	for step in $(steps); do
		[ "$step" = "$(steps | head -n 1)" ] || release "$2" "$3"
		back "$step" || evidence err err
		compare "$what: killed at $step, and continued"
		[ "$(cat m.yaml deployed)" = "$(printf 'image: app:1.0.0\napp 1.0.0')" ] || [ "$(uniq deployed)" = 'app 1.0.0' ]
		verdict $? '  and the old version runs'
		kept=$(sql postgres "SELECT datname FROM pg_database WHERE datname LIKE 'live_failed_%'")
		sql postgres "DROP DATABASE \"$kept\""
	done
done
# code alone: not a row is touched, and nothing of the data is in the plan
for what in 'rytask 2 2' 'rytask 3 3' 'rytask 4 4' 'rytask 5 5' 'rytask 6 6' 'rytask 2 6' 'boards 6 6' 'boards 7 7'; do
	# shellcheck disable=SC2086 # words are meant
	set -- $what
	project=$1
	release "$2" "$3"
	[ "$plan" = '[2,"code"]' ] && [ "$n_late" -gt "$n_before" ]
	verdict $? "$what: code alone; there are rows" || echo "#   $plan $n_before $n_late"
	dump live before.sql
	for step in $(steps); do
		echo 'image: app:1.2.0' >m.yaml
		back "$step" || evidence err err
		compare "$what: killed at $step, and continued: every row is as it was"
		[ "$(cat m.yaml)" = 'image: app:1.0.0' ] && [ "$(uniq deployed)" = 'app 1.0.0' ]
		verdict $? '  and the old version runs'
	done
done
finish
