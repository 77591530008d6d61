#!/bin/sh
# migrate-apply on many databases: a canary first, one record each, stop or go on
[ -n "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- sh "$0" "$@"
. "$(dirname "$0")/lib.sh"
. "$top/t/pg.sh"
many=${MANY-20}

mkdir m
echo 'CREATE TABLE a (n int);' >m/1_a.sql
echo 'INSERT INTO a VALUES (1);' >m/2_a.sql
uri() { printf '%s\n' "$server" | sed "s,/postgres?,/$1?,"; }
for i in $(seq "$many"); do echo "CREATE DATABASE d$i;"; done >create.sql
psql -Xqf create.sql "$server"
for i in $(seq "$many"); do uri "d$i" | jq -Rc "{pg: ., service: \"s$i\"}"; done >list

exits "$many databases" 0 migrate-apply -n --release 9 --databases list m
field 'the summary' '[.result.databases, .result.done, .result.failed_databases] | @json' "[$many,$many,0]"
jq -r 'select(.service) | [.service, .status, .release, (.result.applied | length)] | @json' out | grep -c '"ok","9",2' >got
same 'each has its record' got <<-TEXT
	$many
TEXT
exits 'again: nothing to do' 0 migrate-apply -n --databases - m <list
jq -r 'select(.service) | .status' out | sort | uniq -c | sed 's/^ *//' >got
same 'each unchanged' got <<-TEXT
	$many started
	$many unchanged
TEXT
echo 'INSERT INTO a VALUES (3);' >m/3_a.sql
psql -Xqc 'DROP TABLE a' "$(uri d1)"
exits 'the first one fails: exit 1' 1 migrate-apply -n --jobs 8 --databases list m
field 'and no other is begun' '[.result.failed_databases, .result.not_begun] | @json' "[1,$((many - 1))]"
psql -Xqc 'CREATE TABLE a (n int)' "$(uri d1)"
psql -Xqc 'DROP TABLE a' "$(uri d5)"
exits '--keep-going' 1 migrate-apply -n --jobs 2 --keep-going --databases list m
field 'does all others' '[.result.done, .result.failed_databases, .result.not_begun] | @json' "[$((many - 1)),1,0]"
echo '{"nothing": 1}' >bad
exits 'a list that is none: exit 2' 2 migrate-apply -n --databases bad m
says 'with its line' 'bad:1: neither a string'
exits '--databases and --pg: exit 2' 2 migrate-apply -n --databases list --pg x m
finish
