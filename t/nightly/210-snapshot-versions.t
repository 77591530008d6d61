#!/bin/sh
# from each version of Postgres into each: taken, restored, compared; NIGHTLY names the folder of t/nightly/servers
here=$(cd "$(dirname "$0")" && pwd)
[ -n "${NIGHTLY-}" ] || NIGHTLY=$here/../../build/nightly
[ -d "$NIGHTLY/18" ] || { echo '1..0 # SKIP t/nightly/servers has brought no servers'; exit 0; }
versions=${VERSIONS-12 13 14 15 16 17 18}
HANDRAIL_PG_BINDIR=$(for v in $versions; do printf '%s:' "$NIGHTLY/$v/bin"; done)$NIGHTLY/client-17/bin:$NIGHTLY/client-18/bin
HANDRAIL_PG_BINDIR=$HANDRAIL_PG_BINDIR:$(dirname "$(readlink -f "$(command -v pg_ctl || echo /usr/lib/postgresql/15/bin/pg_ctl)")")
export HANDRAIL_PG_BINDIR
# each server is the parent of the next, and of the test
if [ -z "${SERVERS-}" ]; then
	SERVERS=$versions
	set -- sh "$here/${0##*/}"
	for v in $versions; do
		# shellcheck disable=SC2016 # the inner shell's
		set -- scratch-pg --major "$v" -- sh -c 'export "URL_$0=$DATABASE_URL"; exec "$@"' "$v" "$@"
	done
	export SERVERS
	exec "$@"
fi
. "$here/../lib.sh"
at() { # at VERSION DATABASE: its URI
	eval "uri=\$URL_$1"
	printf '%s\n' "$uri" | sed "s,/postgres?,/$2?,"
}
facts() { # facts VERSION DATABASE: what must be the same on both sides, whatever pg_dump of that version writes
	psql -XAt -d "$(at "$1" "$2")" <<-'SQL' 2>&1 | sort
	SET search_path = '';
	SELECT 't', c.oid::regclass, c.relkind, c.relpersistence, c.relrowsecurity, c.reloptions, obj_description(c.oid) FROM pg_class c
		WHERE c.relnamespace = 'app'::regnamespace AND relkind NOT IN ('t', 'i', 'I');
	SELECT 'a', attrelid::regclass, attname, format_type(atttypid, atttypmod), attnotnull, attgenerated, attidentity, pg_get_expr(adbin, adrelid)
		FROM pg_attribute JOIN pg_class c ON c.oid = attrelid LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
		WHERE relnamespace = 'app'::regnamespace AND relkind IN ('r', 'p', 'v', 'm') AND attnum > 0 AND NOT attisdropped;
	SELECT 'c', conrelid::regclass, conname, pg_get_constraintdef(oid), convalidated FROM pg_constraint
		WHERE connamespace = 'app'::regnamespace AND contype <> 'n';
	SELECT 'i', indexrelid::regclass, pg_get_indexdef(indexrelid), indisvalid FROM pg_index JOIN pg_class c ON c.oid = indexrelid
		WHERE relnamespace = 'app'::regnamespace;
	SELECT 'g', tgrelid::regclass, tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal;
	SELECT 'p', polrelid::regclass, polname FROM pg_policy;
	SELECT 's', schemaname, sequencename, last_value FROM pg_sequences;
	SELECT 'o', oid, encode(lo_get(oid), 'hex') FROM pg_largeobject_metadata;
	SELECT 'f', proname, prosrc FROM pg_proc WHERE pronamespace = 'app'::regnamespace;
	SELECT format('SELECT %L, count(*), md5(string_agg(t::text, %L ORDER BY t::text)) FROM %s t;', c.oid::regclass, ',', c.oid::regclass) FROM pg_class c
		WHERE relnamespace = 'app'::regnamespace AND relkind IN ('r', 'p', 'm') AND relispopulated AND relname !~ '^kinds_' \gexec
	SQL
}

for from in $versions; do
	psql -Xqc 'CREATE ROLE shop_reader' "$(at "$from" postgres)"
done
for from in $versions; do
	psql -Xqc 'CREATE DATABASE shop' "$(at "$from" postgres)" && psql -Xq -v ON_ERROR_STOP=1 -f "$here/shop.sql" "$(at "$from" shop)" >/dev/null
	verdict $? "$from: a database"
	exits "$from: taken" 0 snapshot -n -q -j2 --pg "$(at "$from" shop)" -o "$from.tar.zst"
	facts "$from" shop >"$from.facts"
	for to in $versions; do
		exits "$from to $to" 0 snapshot-restore -n -j2 --pg-into "$(at "$to" postgres)" --create-db "from$from" --check-content "$from.tar.zst"
		facts "$to" "from$from" >got
		[ "$(wc -l <got)" -gt 40 ] && same "$from to $to: the same" got <"$from.facts"
	done
	exits "$from: --deep" 0 snapshot-verify -n -q --deep "$from.tar.zst"
done
finish
