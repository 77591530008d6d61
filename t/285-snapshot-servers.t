#!/bin/sh
# stores of real servers: MariaDB and Redis, where they are installed
. "$(dirname "$0")/lib.sh"
pids=
trap 'for p in $pids; do kill "$p" 2>/dev/null; wait "$p" 2>/dev/null; done; cd / && [ -z "${KEEP-}" ] && rm -rf "$box"' EXIT
skipped() { # skipped N WHY
	for _ in $(seq "$1"); do tap_n=$((tap_n + 1)); echo "ok $tap_n # SKIP $2"; done
}

mysql_tests() {
	HOME=$box
	export HOME
	printf '[client]\nsocket=%s/my.sock\nuser=root\n' "$box" >.my.cnf
	mariadb-install-db --no-defaults --user="$(id -un)" --auth-root-authentication-method=normal --skip-test-db --datadir="$box/my" >my.log 2>&1
	mariadbd --no-defaults --user="$(id -un)" --datadir="$box/my" --socket="$box/my.sock" --pid-file="$box/my.pid" --skip-networking >my.log 2>&1 & pids="$pids $!"
	soon mysqladmin ping || { skipped 7 'MariaDB does not start'; return; }
	mysql -e "CREATE DATABASE shop; CREATE TABLE shop.notes (id int PRIMARY KEY, t text, b blob);
		INSERT INTO shop.notes VALUES (1, 'it''s; \\\\ ü', x'00ff'), (2, NULL, NULL);
		CREATE PROCEDURE shop.p() SELECT 1; CREATE TRIGGER shop.tr BEFORE INSERT ON shop.notes FOR EACH ROW SET NEW.id = NEW.id"
	look() { mysql -N -e "SELECT id, t, hex(b) FROM shop.notes ORDER BY id; SELECT routine_name FROM information_schema.routines WHERE routine_schema = 'shop'; SHOW TRIGGERS IN shop" | cut -f1-3; }
	look >before
	exits 'MariaDB' 0 snapshot -n --mysql shop -o my.tar.zst
	exits 'is proven' 0 snapshot-verify -n my.tar.zst
	mysql -e 'DROP DATABASE shop'
	exits 'and loaded again by the command of its preset' 0 snapshot-restore -n --exec-into mysql my.tar.zst
	look >after
	[ -s before ] && cmp -s before after
	verdict $? 'with routines and triggers' || diff before after
	exits 'a database that is not there: exit 2' 2 snapshot -n --mysql nothing -o no.tar.zst
	grep -q 'nothing' err; verdict $? 'is told in its own words' || cat err
	[ ! -e no.tar.zst ]; verdict $? 'and leaves nothing'
}
if command -v mariadbd >/dev/null && command -v mysqldump >/dev/null; then mysql_tests; else skipped 7 'no MariaDB'; fi

start_redis() { # start_redis DIRECTORY
	for try in 1 2 3 4 5; do
		port=$((20000 + ($$ * 7 + try * 131) % 20000))
		redis-server --port "$port" --bind 127.0.0.1 --dir "$1" --save '' --requirepass geheim1 >redis.log 2>&1 & redis=$!
		soon redis-cli -p "$port" ping && kill -0 $redis 2>/dev/null && { pids="$pids $redis"; return; }
	done
	return 1
}
redis_tests() {
	REDISCLI_AUTH=geheim1
	export REDISCLI_AUTH
	mkdir one two
	start_redis one || { skipped 5 'Redis does not start'; return; }
	redis-cli -p "$port" set greeting hello >/dev/null
	exits 'Redis' 0 snapshot -n --redis "redis://127.0.0.1:$port" -o redis.tar.zst
	! grep -q geheim1 out err; verdict $? 'its password is nowhere'
	exits 'a server that is not there: exit 2' 2 snapshot -n --redis redis://127.0.0.1:1 -o no.tar.zst
	snapshot-restore -n -q --exec-into 'redis=cat >two/dump.rdb' redis.tar.zst >/dev/null
	redis-cli -u "redis://127.0.0.1:$port" --rdb one.rdb >/dev/null 2>&1
	[ "$(stat -c %s one.rdb)" = "$(stat -c %s two/dump.rdb)" ]; verdict $? 'nothing follows the dump'
	start_redis two
	redis-cli -p "$port" get greeting >got
	same 'another server begins with it' got <<-'END'
	hello
	END
}
if command -v redis-server >/dev/null && command -v redis-cli >/dev/null; then redis_tests; else skipped 5 'no Redis'; fi
finish
