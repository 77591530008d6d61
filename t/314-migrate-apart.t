#!/bin/sh
# migrate-apply outside of transactions: procedures that commit, each kind of CONCURRENTLY that fails in the middle
[ -n "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- sh "$0" "$@"
. "$(dirname "$0")/lib.sh"
. "$top/t/pg.sh"
apply() { migrate-apply -n "$@"; }

db calls
mkdir c
cat >c/1_t.sql <<'SQL'
CREATE TABLE t (n int);
CREATE PROCEDURE good() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO t VALUES (1); COMMIT; INSERT INTO t VALUES (2); END $$;
CREATE PROCEDURE bad() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO t VALUES (3); COMMIT; INSERT INTO t VALUES (4); PERFORM 1/0; END $$;
SQL
echo 'CALL good();' >c/2_c.sql
exits 'a procedure that commits cannot run in a transaction: exit 1' 1 apply c
says 'and the hint says what helps' '-- handrail: no-transaction'
printf -- '-- handrail: no-transaction\nCALL good();\nINSERT INTO t VALUES (9);\n' >c/2_c.sql
exits 'which does help' 0 apply c
gives 'once' 'SELECT array_agg(n ORDER BY n) FROM t' '{1,2,9}'
for s in 'CALL bad()' "DO 'BEGIN INSERT INTO t VALUES (3); COMMIT; PERFORM 1/0; END'"; do
	sql 'TRUNCATE t'
	printf -- '-- handrail: no-transaction\n%s;\n' "$s" >c/3_c.sql
	exits "${s%% *} that fails behind its COMMIT: exit 4" 4 apply c
	field "${s%% *}: it is not told as undone" '[.error.code, .result.failed.rolled_back] | @json' '["half-applied",false]'
	says "${s%% *}: but that a part stays" 'a part of the one that failed may be done, and stays'
	gives "${s%% *}: as it does" 'SELECT array_agg(n) FROM t' '{3}'
done
rm c/3_c.sql

# a role that the file takes has no rights on the history
db roles
mkdir r
sql 'CREATE ROLE owner_of_t' >/dev/null
cat >r/1_t.sql <<'SQL'
CREATE TABLE t (n int); ALTER TABLE t OWNER TO owner_of_t; GRANT CREATE ON SCHEMA public TO owner_of_t;
SQL
printf 'SET ROLE owner_of_t;\nCREATE INDEX CONCURRENTLY i ON t (n);\nBEGIN;\nCREATE TABLE u (n int);\nCOMMIT;\nVACUUM t;\nSET SESSION AUTHORIZATION owner_of_t;\nCREATE TABLE v (n int);\n' >r/2_i.sql
exits 'a role for what runs outside of a transaction' 0 apply r
gives 'is had from statement to statement, and not by the history' "SELECT string_agg(relname || ' ' || relowner::regrole, ', ' ORDER BY relname) FROM pg_class WHERE relname IN ('i', 'u', 'v', 'history')" \
	"history $(sql 'SELECT current_user'), i owner_of_t, u owner_of_t, v owner_of_t"
gives 'each one noted' 'SELECT done, total FROM handrail.history WHERE version = $$2$$' '6|6'
sql 'DROP OWNED BY owner_of_t; DROP ROLE owner_of_t' >/dev/null

# a reader that is older than the statement holds each CONCURRENTLY up
db halves
mkdir m
cat >m/1_t.sql <<'SQL'
CREATE TABLE t (n int); CREATE INDEX i ON t (n); CREATE INDEX k ON t (n);
CREATE TABLE p (n int) PARTITION BY RANGE (n);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (10);
SQL
apply m >/dev/null 2>&1
ruins="SELECT indexrelid::regclass FROM pg_index WHERE NOT indisvalid ORDER BY 1"
held() { # held STATEMENT: it fails in the middle
	echo "$1" >m/2_c.sql
	psql -Xqc 'BEGIN; SELECT FROM t, p; SELECT pg_sleep(20); COMMIT' "$DATABASE_URL" >/dev/null 2>&1 &
	reader=$!
	soon holds "SELECT count(*) > 0 FROM pg_locks WHERE relation = 't'::regclass AND pid <> pg_backend_pid()"
	exits "$1: exit 4" 4 apply --statement-timeout 300ms m
	says "$1: is not told as undone" 'a part of the one that failed may be done, and stays'
	sql "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(20)%' AND pid <> pg_backend_pid()" >/dev/null
	wait $reader 2>/dev/null
}
again() { # again NAME: the next run does it
	exits "$1: the next run" 0 apply m
	gives "$1: leaves no ruin" 'SELECT count(*) FROM pg_index WHERE NOT indisvalid' 0
	sql "DELETE FROM handrail.history WHERE version = '2'" >/dev/null
}
held 'CREATE INDEX CONCURRENTLY j ON t (n)'
gives 'a ruin of it' "$ruins" j
again 'CREATE INDEX CONCURRENTLY'
held 'REINDEX INDEX CONCURRENTLY i'
gives 'a ruin of it' "$ruins" i_ccnew
again 'REINDEX INDEX CONCURRENTLY'
held 'REINDEX (VERBOSE) TABLE CONCURRENTLY t'
again 'REINDEX TABLE CONCURRENTLY'
held 'DROP INDEX CONCURRENTLY k'
gives 'a ruin of it' "$ruins" k
again 'DROP INDEX CONCURRENTLY'
if since 14; then
	held 'ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY'
	gives 'half detached' "SELECT inhdetachpending FROM pg_inherits WHERE inhrelid = 'p1'::regclass" t
fi
echo 'DROP INDEX CONCURRENTLY nowhere;' >m/2_c.sql
exits 'one that fails before it begins: exit 1' 1 apply m
says 'leaves nothing' 'nothing of it is left'
finish
