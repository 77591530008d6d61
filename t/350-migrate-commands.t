#!/bin/sh
# migrate-apply: migrations that are programs, and other tools' migrators
[ -n "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- sh "$0" "$@"
. "$(dirname "$0")/lib.sh"
. "$top/t/pg.sh"
apply() { migrate-apply -n "$@"; }

db scripts
mkdir m
echo 'CREATE TABLE a (n int);' >m/1_a.sql
printf '#!/bin/sh\necho working\nexec psql -Xqc "INSERT INTO a VALUES (1)"\n' >m/2_fill.sh
chmod +x m/2_fill.sh
echo 'INSERT INTO a SELECT count(*) + 1 FROM a;' >m/3_b.sql
echo 'notes' >m/4_readme.txt
exits 'an executable file runs in its turn' 0 apply m
gives 'between the others' 'SELECT string_agg(n::text, $$ $$ ORDER BY n) FROM a' '1 2'
gives 'and is tracked the same' "SELECT string_agg(version || ' ' || kind, ',' ORDER BY seq) FROM handrail.history" '1 sql,2 script,3 sql'
field 'its output is kept' '.result.applied[1].notices[0]' 'working
'
says 'and shown' working
says 'what cannot be run is told' 'm/4_readme.txt: neither .sql nor executable'
gives 'the schema has its fingerprint in the last row' 'SELECT count(fingerprint), max(length(fingerprint)) FROM handrail.history' '1|64'
printf '#!/bin/sh\npsql -Xqc "INSERT INTO a VALUES (9)"\nexit 7\n' >m/5_fail.sh
chmod +x m/5_fail.sh
exits 'one that fails: exit 4' 4 apply m
says 'says why' 'm/5_fail.sh: ended with exit status 7; what it did until then stays done'
printf '#!/bin/sh\nexit 0\n' >m/5_fail.sh
exits 'it can be mended' 0 apply m
printf '#!/bin/sh\nexit 1\n' >m/5_fail.sh
exits 'a changed script is a changed file: exit 1' 1 apply m
field 'with its word' .error.code changed-file

db tenant
sql 'CREATE SCHEMA tenant'
mkdir t
cat >t/1_a.sh <<'SH'
#!/bin/sh
exec psql -Xqc "CREATE TABLE a AS SELECT current_setting('lock_timeout') AS timeout"
SH
chmod +x t/1_a.sh
printf 'CREATE TABLE b (n int);\nSELECT 1 AS n \\gset\n' >t/2_b.sql
exits 'options of the connection' 0 apply --psql --pg "$DATABASE_URL&options=-c%20search_path%3Dtenant%20-c%20lock_timeout%3D7s" t
gives 'hold for programs as for SQL, but for the timeouts' \
	"SELECT string_agg(schemaname || '.' || tablename, ' ' ORDER BY 1), (SELECT timeout FROM tenant.a) FROM pg_tables WHERE tablename IN ('a', 'b')" \
	'tenant.a tenant.b|500ms'

db external
cat >tool <<'SH'
#!/bin/sh
case $1 in
current) psql -XAtqc "SELECT coalesce(obj_description('public'::regnamespace), 'none')" ;;
heads) echo 'noise'; echo "$HEAD" ;;
up) psql -Xq -v ON_ERROR_STOP=1 -c "CREATE TABLE t_$HEAD (n int)" -c "COMMENT ON SCHEMA public IS '$HEAD'" -c "SELECT current_setting('lock_timeout')" ;;
fail) psql -Xqc 'SELECT 1/0'; exit 3 ;;
half) psql -Xqc 'CREATE TABLE half (n int)'; exit 3 ;;
esac
SH
chmod +x tool
HEAD=one
export HEAD
exits '--exec runs another migrator' 0 apply --exec './tool up' --current './tool current' --heads './tool heads'
field 'with the revision before and after' '[.result.before, .result.after, .result.heads, .result.exit] | @json' '["standard public schema","one","one",0]'
field 'and the fingerprint' '.result.fingerprint_before != .result.fingerprint_after' true
field 'under our timeouts' '.result.output | test("500ms")' true
exits 'at its head: nothing is run' 0 apply --exec './tool up' --current './tool current' --heads './tool heads'
field 'unchanged' .status unchanged
exits 'a failure that left the schema as it was: exit 1' 1 apply --exec './tool fail'
says 'says so' 'the schema is as it was'
exits 'a failure that did not: exit 4' 4 apply --exec './tool half'
exits 'a command that tells no revision: exit 2' 2 apply --exec './tool up' --current false
exits '--exec and a directory: exit 2' 2 apply --exec true m
exits '--current alone: exit 2' 2 apply --current true m
finish
