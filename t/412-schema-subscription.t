#!/bin/sh
# Subscriptions and publications are altered, not made anew: they would lose their place in the stream, and the password.
[ -n "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- sh "$0" "$@"
. "$(dirname "$0")/lib.sh"

# shellcheck disable=SC2317 # called by exits
compare() { schema-diff -n --scratch "$DATABASE_URL" "$@"; }
new="s CONNECTION 'dbname=x password=kept'"

cat >from.sql <<EOF1
CREATE TABLE t (a integer PRIMARY KEY, b integer);
CREATE TABLE u (a integer PRIMARY KEY);
CREATE PUBLICATION few FOR TABLE t;
CREATE PUBLICATION other FOR TABLE t, u WITH (publish = 'insert');
CREATE PUBLICATION every FOR ALL TABLES;
CREATE SUBSCRIPTION $new PUBLICATION p WITH (connect = false, slot_name = NONE, synchronous_commit = local);
EOF1
cat >to.sql <<EOF1
CREATE TABLE t (a integer PRIMARY KEY, b integer);
CREATE TABLE u (a integer PRIMARY KEY);
CREATE PUBLICATION few FOR TABLE t, u;
CREATE PUBLICATION other FOR TABLE u WITH (publish = 'insert, delete');
CREATE PUBLICATION every FOR TABLE t;
CREATE SUBSCRIPTION $new PUBLICATION p, q WITH (connect = false, slot_name = mine);
COMMENT ON SUBSCRIPTION s IS 'mine';
EOF1

exits 'from one to the other' 0 compare --format sql from.sql to.sql
grep '^[A-Z]' out | grep -v '^SET\|^BEGIN\|^COMMIT' >got
since 15 && each='TABLE ' || each=
same 'what changed is set; only one of all tables is another than one of some' got <<TEXT
ALTER PUBLICATION few SET TABLE public.t, ${each}public.u;
ALTER PUBLICATION other SET TABLE public.u;
ALTER PUBLICATION other SET (publish = 'insert, delete');
ALTER SUBSCRIPTION s SET PUBLICATION p, q WITH (refresh = false);
ALTER SUBSCRIPTION s SET (slot_name = 'mine', synchronous_commit = off);
COMMENT ON SUBSCRIPTION s IS 'mine';
DROP PUBLICATION every;
CREATE PUBLICATION every FOR TABLE public.t WITH (publish = 'insert, update, delete, truncate');
TEXT
exits 'and back' 0 compare --format sql to.sql from.sql
grep 'SUBSCRIPTION' out >got
same 'what is no longer said is as usual again' got <<'TEXT'
ALTER SUBSCRIPTION s SET PUBLICATION p WITH (refresh = false);
ALTER SUBSCRIPTION s SET (slot_name = NONE, synchronous_commit = 'local');
COMMENT ON SUBSCRIPTION s IS NULL;
TEXT

# what stands in CONNECTION is all there is afterwards
sed 's/dbname=x/dbname=y/' to.sql >elsewhere.sql
exits 'to another server' 0 compare --format sql to.sql elsewhere.sql
grep 'SUBSCRIPTION' out >got
same 'without its password' got <<'TEXT'
ALTER SUBSCRIPTION s CONNECTION 'dbname=y ';
TEXT
says 'which is said' 'not done: s: the password of its connection is not read'
finish
