# shellcheck shell=sh
# t/cluster.sh - servers of a test's own, for what the shared scratch server must not suffer: standbys, restarts, full
# disks; after lib.sh. A cluster lies in pg/NAME; its server listens in the folder $box/pg only, at a port of the test's
# choice, and lets the user "u" in.
bin=${HANDRAIL_PG_BINDIR-$(ls -d /usr/lib/postgresql/*/bin /usr/pgsql-*/bin 2>/dev/null | sort -V | tail -n 1)}
bin=${bin%%:*}
[ -x "$bin/initdb" ] || bin=$(dirname "$(command -v initdb)" 2>/dev/null)
[ -x "$bin/pg_basebackup" ] || skip_all 'no Postgres server here'
mkdir pg
as= # what makes a command run as whom the server accepts: it refuses root
if [ "$(id -u)" = 0 ]; then
	cluster_user=postgres
	id postgres >/dev/null 2>&1 || cluster_user=nobody
	command -v setpriv >/dev/null || skip_all 'root, and no setpriv'
	as="setpriv --reuid $cluster_user --regid $(id -g "$cluster_user") --clear-groups"
	chmod 755 "$box"
	chown "$cluster_user" pg
fi
cluster_end() {
	for pid in pg/*/postmaster.pid pg/*/*/postmaster.pid; do
		[ ! -e "$pid" ] || $as "$bin/pg_ctl" -D "${pid%/*}" -m immediate stop >/dev/null 2>&1
	done
	[ -z "${cluster_small-}" ] || umount "$cluster_small"
	cd / && rm -rf "$box"
}
trap cluster_end EXIT

# cluster NAME [INITDB-OPTION...]: make one, from which standbys can be made
cluster() {
	new=pg/$1
	shift
	$as "$bin/initdb" -D "$new" -U u -A trust -N "$@" >/dev/null 2>&1 || skip_all 'initdb failed'
	printf 'local replication all trust\n' >>"$new/pg_hba.conf"
}
# standby NAME PORT [OPTION...]: make one of the server at that port
standby() {
	new=pg/$1 port=$2
	shift 2
	$as "$bin/pg_basebackup" -c fast -R -X stream -D "$new" -h "$box/pg" -p "$port" -U u "$@" >/dev/null 2>err
	verdict $? 'a standby is made' || evidence err err
}
# server NAME PORT [-W] [SETTING...]: start it; with -W, only begin to
server() {
	cluster=$1 port=$2 wait=-w settings='-c listen_addresses= -c fsync=off'
	shift 2
	[ "${1-}" != -W ] || { wait=-W && shift; }
	for setting; do settings="$settings -c $setting"; done
	$as "$bin/pg_ctl" -D "pg/$cluster" -l "pg/$port.log" $wait -o "-k $box/pg -p $port $settings" start >/dev/null ||
	    evidence "$cluster" "pg/$port.log"
}
# stop NAME [MODE]: stop it
stop() { $as "$bin/pg_ctl" -D "pg/$1" -m "${2-fast}" -w stop >/dev/null; }
# at PORT: how to connect to it
at() { printf 'postgres://u@/postgres?host=%s&port=%s' "$(printf %s "$box/pg" | sed 's,/,%2F,g')" "$1"; }
# on PORT SQL: what the query answers there
on() { psql -XAtqc "$2" "$(at "$1")"; }
# small NAME SIZE: a file system of that size for the cluster pg/NAME/...; fails where it cannot be mounted
small() {
	$as mkdir "pg/$1"
	mount -t tmpfs -o "size=$2" tmpfs "pg/$1" 2>/dev/null || return 1
	cluster_small=$box/pg/$1
	chown "$cluster_user" "pg/$1"
}
# answers PORT SQL WANTED: the query there gives it
answers() { [ "$(on "$1" "$2" 2>/dev/null)" = "$3" ]; }
