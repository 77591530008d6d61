#!/bin/sh
# migrate-apply: who stands in the way is ended on demand; on a terminal, what is running and for how long
[ -n "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- sh "$0" "$@"
. "$(dirname "$0")/lib.sh"
. "$top/t/pg.sh"

reader() { # reader SECONDS: somebody who reads the table for so long
	psql -XAtqc "BEGIN; SELECT * FROM t; SELECT pg_sleep($1), 'geheim'; COMMIT" "$DATABASE_URL" >read 2>&1 &
	reader=$!
	soon holds "SELECT count(*) > 0 FROM pg_locks WHERE relation = 't'::regclass AND granted"
}

db waiting
mkdir m
echo 'CREATE TABLE t (n int);' >m/1_t.sql
migrate-apply -nq m >/dev/null 2>&1
echo 'ALTER TABLE t ADD a int;' >m/2_a.sql
reader 20
exits 'a blocker that is not old enough is left alone' 1 migrate-apply -n --lock-budget 1s --terminate-blockers-older-than 1h m
field 'lock-timeout' '[.error.code, .result.terminated] | @json' '["lock-timeout",null]'
says 'the hint names the option' '--terminate-blockers-older-than'
exits 'an old one is ended' 0 migrate-apply -n --terminate-blockers-older-than 1s m
field 'and the record tells which' '.result.terminated[0] | test("^pid [0-9]+ .*pg_sleep")' true
says 'and standard error, too' 'ended what stood in the way of m/2_a.sql: pid '
! grep -q geheim out err
verdict $? 'but no string of its query, which may be a password' || evidence err err
wait $reader
[ $? != 0 ]
verdict $? 'it was' || evidence read read
sql 'CREATE ROLE weak LOGIN' >/dev/null
sql 'GRANT ALL ON SCHEMA public, handrail TO weak; GRANT ALL ON ALL TABLES IN SCHEMA handrail TO weak; ALTER TABLE t OWNER TO weak' >/dev/null
echo 'ALTER TABLE t ADD b int;' >m/3_b.sql
reader 6
exits 'a user who may not end it: it goes on trying' 0 migrate-apply -n --pg "$(printf '%s\n' "$DATABASE_URL" | sed 's,//[^@/]*@,//weak@,')" --terminate-blockers-older-than 500ms m
says 'and says so' 'cannot be ended'
wait $reader
verdict $? 'the reader came to its end'
sql "BEGIN; INSERT INTO t VALUES (1); PREPARE TRANSACTION 'left'" >/dev/null
echo 'ALTER TABLE t ADD c int;' >m/4_c.sql
exits 'a prepared transaction in the way' 1 migrate-apply -n --lock-budget 1s m
says 'is told as one' 'blocked by a prepared transaction'
sql "ROLLBACK PREPARED 'left'" >/dev/null
migrate-apply -nq m >/dev/null 2>&1

# on a terminal
command -v script >/dev/null || { finish; }
terminal() { # terminal ARGUMENTS: standard error is one, without the colours of time
	script -qec "stty cols 200; migrate-apply -n $* 2>&1 >records" typescript >/dev/null </dev/null
	tr '\r' '\n' <typescript | sed 's/\x1b\[K//g' >shown
}
printf 'SELECT 1;\nSELECT pg_sleep(1.5);\nSELECT 2;\n' >m/5_s.sql
echo 'ALTER TABLE t ADD d int;' >m/6_d.sql
reader 6
terminal m
grep -q '^1 of 2: m/5_s.sql, statement 2 of 3, 1 s' shown
verdict $? 'a terminal shows file, statement and time' || evidence shown shown
grep -q '^2 of 2: m/6_d.sql, statement 1 of 1, 0 s, blocked by pid [0-9]* (.*pg_sleep' shown
verdict $? 'and who is in the way' || evidence shown shown
wait $reader
echo 'SELECT pg_sleep(0.5); DO $$ BEGIN RAISE WARNING $a$look$a$; END $$;' >m/7_w.sql
terminal m
grep -q '^migrate-apply: m/7_w.sql: WARNING: look' shown
verdict $? 'what is told stands on lines of its own' || evidence shown shown
echo 'SELECT pg_sleep(0.5);' >m/8_w.sql
terminal -q m
grep -q 'of 1' shown
[ $? = 1 ]
verdict $? '--quiet: nothing of it' || evidence shown shown
finish
