#!/bin/sh
# snapshot-restore: into a new database and a new directory; the swap; what it refuses
[ -n "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- sh "$0" "$@"
. "$(dirname "$0")/lib.sh"
. "$top/t/pg.sh"
restore() { snapshot-restore -n "$@"; }
at() { # at NAME SQL: in another database
	psql -XAtqc "$2" "$(printf '%s\n' "$server" | sed "s,/postgres?,/$1?,")"
}
databases() { sql "SELECT string_agg(datname, ' ' ORDER BY datname) FROM pg_database WHERE datname LIKE 'app%'"; }

db app
sql "CREATE TABLE notes (id serial PRIMARY KEY, body text UNIQUE); INSERT INTO notes (body) SELECT md5(i::text) FROM generate_series(1, 5000) i;
	CREATE TABLE comments (id int PRIMARY KEY, note int REFERENCES notes); INSERT INTO comments SELECT i, i FROM generate_series(1, 100) i;
	CREATE MATERIALIZED VIEW counts AS SELECT count(*) AS n FROM notes;
	SELECT lo_from_bytea(4711, 'large');
	CREATE ROLE visitor LOGIN; REVOKE ALL ON DATABASE app FROM PUBLIC; GRANT CONNECT ON DATABASE app TO visitor;
	ALTER DATABASE app SET work_mem = '5MB'; ALTER ROLE visitor IN DATABASE app SET search_path = 'a b', public;
	COMMENT ON DATABASE app IS 'it''s ours'" >/dev/null
mkdir -p files/deep/er
echo one >files/a; ln files/a files/b; ln -s /etc/passwd files/link; truncate -s 2M files/sparse; echo two >files/deep/er/x
chmod 750 files/deep; chmod 500 files/deep/er; touch -d 2001-02-03 files/deep
snapshot -n --pg "$DATABASE_URL" --dir files=files -o app.tar.zst >/dev/null 2>&1
verdict $? 'an archive'
chmod 700 files/deep/er

exits 'into a new database' 0 restore --pg-into "$DATABASE_URL" --check-content app.tar.zst
new=$(tail -n 1 out | jq -r '.result.stores[0].database')
expr "$new" : 'app_restore_[0-9]*t[0-9]*z$' >/dev/null; verdict $? "named after the old one ($new)"
field 'the record has the rows' '[.result.stores[0].tables[] | .name + " " + (.rows|tostring)] | sort | join(", ")' 'public.comments 100, public.notes 5000'
pg_dump -d "$DATABASE_URL" | sed /restrict/d >old.sql
pg_dump -d "$(printf '%s\n' "$DATABASE_URL" | sed "s,/app?,/$new?,")" | sed /restrict/d >new.sql
cmp old.sql new.sql; verdict $? 'pg_dump says the same of both'
for what in "SELECT datconnlimit, pg_get_userbyid(datdba), shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()" \
    "SELECT a.grantee::regrole, privilege_type, is_grantable FROM pg_database, aclexplode(datacl) a WHERE datname = current_database() ORDER BY 1, 2" \
    "SELECT setrole::regrole, setconfig FROM pg_db_role_setting s JOIN pg_database d ON d.oid = setdatabase WHERE datname = current_database() ORDER BY 1"; do
	at app "$what" >want.prop
	at "$new" "$what" >got
	[ -s got ]; same "$what" got <want.prop
done

exits 'a directory' 0 restore --dir-into files=back --only files app.tar.zst
(cd files && find . -printf '%P %m %n %l %T@ %s\n' | grep -v '^deep/er ' | sort) >want.tree
(cd back && find . -printf '%P %m %n %l %T@ %s\n' | grep -v '^deep/er ' | sort) >got
same 'modes, times, links' got <want.tree
[ "$(stat -c %a back/deep/er)" = 500 ] && [ "$(stat -c %h back/a)" = 2 ]; verdict $? 'a read-only directory, a hard link'
[ "$(du -k back/sparse | cut -f1)" -lt 100 ]; verdict $? 'holes stay holes'
exits 'a directory that is not empty: exit 2' 2 restore --dir-into files=back app.tar.zst
field 'is told' .error.code not-empty

sql "DROP TABLE comments; UPDATE notes SET body = id"
exits 'the swap' 0 restore --pg-into "$DATABASE_URL" --swap app.tar.zst
kept=$(tail -n 1 out | jq -r .result.swapped.kept_as)
field 'the record has both names' '.result.swapped.old_database + " " + .result.stores[0].database' 'app app'
gives 'the data is back under the old name' 'SELECT count(*), (SELECT count(*) FROM comments), (SELECT n FROM counts), nextval(pg_get_serial_sequence('"'notes', 'id'"')) FROM notes' '5000|100|5000|5001'
says 'all rows are compared before it' 'tables, rows as in the archive'
gives 'large objects too' "SELECT convert_from(lo_get(4711), 'UTF8')" large
at "$kept" "SELECT count(*) FROM notes WHERE body = id::text" >got
same 'the old one is kept, and can be used' got <<'END'
5000
END

# settings and grants came with it
sql 'SELECT datconnlimit, datacl::text, shobj_description(oid, $$pg_database$$), (SELECT array_agg(setconfig ORDER BY setrole) FROM pg_db_role_setting WHERE setdatabase = d.oid)
	FROM pg_database d WHERE datname = current_database()' >got
same 'settings, grants and comment, under the same name' got <<'END'
-1|{handrail=CTc/handrail,visitor=c/handrail}|it's ours|{{work_mem=5MB},{"search_path=\"a b\", public"}}
END
# the connection is lost between the closing and the renaming, for which somebody makes us wait
psql -XAtqc "BEGIN; COMMENT ON DATABASE app IS 'busy'; SELECT pg_sleep(30)" "$server" >/dev/null 2>&1 & busy=$!
some() { [ "$(at postgres "SELECT count(*) > 0 FROM $1")" = t ]; }
soon some "pg_locks WHERE locktype = 'object' AND classid = 'pg_database'::regclass"
snapshot-restore -n --pg-into "$DATABASE_URL" --swap app.tar.zst >out 2>err & pid=$!
soon some "pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%RENAME%'"
at postgres "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%RENAME%'" >/dev/null
wait $pid
[ $? = 2 ]; verdict $? 'a connection that is lost in the middle of the swap: exit 2' || evidence err err
kill $busy; at postgres "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(30)%' AND pid <> pg_backend_pid()" >/dev/null
wait $busy 2>/dev/null
gives 'the database can be reached as ever' 'SELECT count(*) FROM comments' 100

# a database in use is swapped all the same: its sessions are ended
(echo 'SELECT 1;'; sleep 20) | psql -Xq "$DATABASE_URL" >/dev/null 2>&1 & busy=$!
sleep .3
exits 'the swap of a database in use' 0 restore --pg-into "$DATABASE_URL" --swap app.tar.zst
gives 'works' 'SELECT count(*) FROM comments' 100
kill $busy 2>/dev/null

before=$(databases)
exits 'into a database that is not empty: exit 2' 2 restore --pg-into "$DATABASE_URL" --create-db app app.tar.zst
field 'is told' .error.code not-empty
sql 'CREATE DATABASE app2'
exits 'a name that the server would cut off: exit 2' 2 restore --pg-into "$DATABASE_URL" --create-db "$(printf %064d 0)" app.tar.zst
says 'is told' 'it has 1 to 63 bytes'
exits 'an empty name: exit 2' 2 restore --pg-into "$DATABASE_URL" --create-db '' app.tar.zst
sql 'CREATE ROLE small LOGIN'
exits 'a role that may make no database: exit 2' 2 restore --pg-into "$(printf '%s\n' "$server" | sed 's,//[^@]*@,//small@,')" app.tar.zst
says 'is told what to do' 'hint: ALTER ROLE ... CREATEDB'
exits 'into an empty one' 0 restore --pg-into "$DATABASE_URL" --create-db app2 app.tar.zst
sql 'DROP DATABASE app2'
at postgres 'ALTER ROLE visitor RENAME TO gone'
exits 'a role that is not there is told, and left' 0 restore --pg-into "$DATABASE_URL" --create-db app3 app.tar.zst
says 'by name' 'role "visitor" does not exist'
sql 'DROP DATABASE app3'

sql 'CREATE ROLE keeper; CREATE TABLE kept (a int); ALTER TABLE kept OWNER TO keeper'
snapshot -n -q -o owned.tar.zst >/dev/null
sql 'DROP TABLE kept; DROP ROLE keeper'
exits 'an owner who is not there: exit 2' 2 restore --pg-into "$DATABASE_URL" --create-db app3 owned.tar.zst
says 'it is told what to do' '--globals makes those that the archive knows'
exits 'which works' 0 restore --pg-into "$DATABASE_URL" --create-db app3 --globals owned.tar.zst
sql 'DROP DATABASE app3'

# nobody special: a role that owns its database
at postgres 'CREATE ROLE plain LOGIN CREATEDB; '
at postgres 'CREATE DATABASE plains OWNER plain'
url=$(printf '%s\n' "$server" | sed 's,/postgres?,/plains?,; s,//[a-z]*@,//plain@,')
psql -Xqc 'CREATE TABLE p (a int PRIMARY KEY); INSERT INTO p VALUES (1), (2)' "$url"
exits 'its owner takes it' 0 snapshot -n --pg "$url" -o plain.tar.zst
psql -Xqc 'DROP TABLE p' "$url"
exits 'restores and swaps it' 0 restore --pg-into "$url" --swap plain.tar.zst
at plains "SELECT count(*), (SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'plains') FROM p" >got
same 'and owns it' got <<'END'
2|plain
END

# failures
size=$(stat -c %s app.tar.zst)
data=$(zstd -dcq app.tar.zst | grep -abo 'stores/app/data/public.notes' | head -n 1)
[ -n "$data" ]; verdict $? 'the rows are in there'
offset=$(tar --zstd -xOf app.tar.zst MANIFEST.json | jq '[.frames[] | select(.table == "public.notes")][0] | .offset + .packed / 2 | floor')
cp app.tar.zst flipped.tar.zst
printf '\377\377\377\377' | dd of=flipped.tar.zst bs=1 seek="$offset" conv=notrunc 2>/dev/null
exits 'damaged rows: exit 1' 1 restore --pg-into "$DATABASE_URL" --swap flipped.tar.zst
says 'are told with their place' "the frame at byte"
[ "$(databases)" = "$before" ]; verdict $? 'the half-made database is dropped'
gives 'the old one is as it was' 'SELECT count(*) FROM comments' 100
head -c $((size / 2)) app.tar.zst >cut.tar.zst
exits 'an archive cut short: exit 1' 1 restore --pg-into "$DATABASE_URL" cut.tar.zst
exits 'no archive: exit 2' 2 restore --pg-into "$DATABASE_URL" nothing.tar.zst
exits 'no target: exit 2' 2 restore app.tar.zst
exits 'a store that it does not have: exit 2' 2 restore --dir-into other=x app.tar.zst
says 'tells which it has' 'directory: files'
exits 'a store that --only misspells: exit 2' 2 restore --dir-into files=x --only file app.tar.zst
says 'is told' 'it has no store called file'
sql 'CREATE DATABASE app6'
exits 'damaged rows into a database that was there: exit 4' 4 restore --pg-into "$DATABASE_URL" --create-db app6 flipped.tar.zst
says 'it is told what is left' 'it holds what had been loaded by then'
sql 'DROP DATABASE app6'
# rows of its own, or a trigger that makes more of them: such tables are counted
for what in 'INSERT INTO comments VALUES (0, NULL)' \
    'CREATE TRIGGER again BEFORE INSERT ON comments FOR EACH ROW WHEN (NEW.id = 7) EXECUTE FUNCTION also()'; do
	sql 'CREATE DATABASE app6'
	at app6 "CREATE FUNCTION also() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO public.comments VALUES (0, NULL); RETURN NEW; END';
		CREATE FUNCTION meddle() RETURNS event_trigger LANGUAGE plpgsql AS \$\$ BEGIN
			IF EXISTS (SELECT FROM pg_event_trigger_ddl_commands() WHERE object_identity = 'public.comments') THEN
				SET search_path = public; $what;
			END IF; END \$\$;
		CREATE EVENT TRIGGER meddle ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION meddle()"
	exits "a database that does its own (${what%% *}): exit 4" 4 restore --pg-into "$DATABASE_URL" --create-db app6 app.tar.zst
	says 'the number of rows is told' 'public.comments holds 101 rows, the archive 100'
	sql 'DROP DATABASE app6'
done
exits 'a directory that is damaged: exit 1' 1 restore --dir-into files=half cut.tar.zst
[ ! -e half ]; verdict $? 'leaves nothing'
# what takes long anywhere but where it comes from
app=$DATABASE_URL
db napping
sql "CREATE MATERIALIZED VIEW nap AS SELECT pg_sleep(CASE current_database() WHEN 'napping' THEN 0 ELSE 30 END)::text"
snapshot -nq --pg "$DATABASE_URL" -o nap.tar.zst >out 2>err || evidence err err
DATABASE_URL=$app
sql 'DROP DATABASE napping'
snapshot-restore -n --pg-into "$DATABASE_URL" --create-db app4 nap.tar.zst >/dev/null 2>&1 & pid=$!
soon some "pg_database WHERE datname = 'app4'"
kill -TERM $pid
wait $pid
[ $? = 143 ]; verdict $? 'SIGTERM: exit 143'
[ "$(databases)" = "$before" ]; verdict $? 'and the half-made database is dropped'
# stopped while pg_restore has nothing to say yet
mkdir slow
printf '#!/bin/sh\ncase "$*" in *=data*) : >"%s/slow/reads"; sleep 2;; esac\nexec "%s" "$@"\n' "$PWD" "$(command -v pg_restore)" >slow/pg_restore
chmod +x slow/pg_restore
HANDRAIL_PG_BINDIR=$PWD/slow snapshot-restore -n --pg-into "$DATABASE_URL" --create-db app4 nap.tar.zst >/dev/null 2>&1 & pid=$!
soon test -e slow/reads
sleep .2
kill -TERM $pid
wait $pid
[ $? = 143 ]; verdict $? 'SIGTERM while it waits for pg_restore: exit 143'
[ "$(databases)" = "$before" ]; verdict $? 'and the half-made database is dropped, too'
# two databases: none is exchanged before both are there
db app5
sql 'CREATE TABLE two (a int)'
snapshot -n --pg one="$app" --pg two="$DATABASE_URL" -o two.tar.zst >/dev/null 2>&1; verdict $? 'two databases in one archive'
DATABASE_URL=$app
now=$(databases)
exits 'one of them cannot be restored: exit 2' 2 restore --swap --pg-into one="$app" --pg-into 'two=host=/nowhere dbname=x' two.tar.zst
[ "$(databases)" = "$now" ]; verdict $? 'none is exchanged, and nothing is left'
sql 'DROP DATABASE app5'
# a name that is cut is cut between characters
db "a$(printf 'é%.0s' 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25)"
sql 'CREATE TABLE t AS SELECT 1 AS a'
exits 'a database with a long name' 0 snapshot -n -q -o long.tar.zst
exits 'restored and swapped' 0 restore --swap --pg-into "$DATABASE_URL" long.tar.zst
field 'the old one is kept' '.result.swapped.kept_as | test("^aé{18}_before_")' true
DATABASE_URL=$app
exits 'dry run' 0 restore --dry-run --pg-into "$DATABASE_URL" --swap app.tar.zst
[ "$(databases)" = "$before" ]; verdict $? 'changes nothing'
for i in 1 2 3; do snapshot-restore -nq --pg-into "$DATABASE_URL" --swap app.tar.zst >out 2>err || echo failed; done >fails
[ ! -s fails ]; verdict $? 'restores and swaps of one second have names of their own' || evidence err err
finish
