#!/bin/sh
# asked to stop while something else keeps it waiting: it ends at once, as cancelled, and leaves nothing
[ -n "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- sh "$0" "$@"
. "$(dirname "$0")/lib.sh"
. "$top/t/pg.sh"

# stopped NAME MOMENT COMMAND...: SIGTERM as soon as the command MOMENT succeeds; ended within 8 s by 143, recorded
stopped() {
	name=$1 moment=$2
	shift 2
	begun=$(date +%s)
	"$@" >out 2>err </dev/null & pid=$!
	soon eval "$moment"
	kill -TERM $pid 2>/dev/null
	for _ in $(seq 150); do kill -0 $pid 2>/dev/null || break; sleep .05; done
	late=0
	kill -KILL $pid 2>/dev/null && late=1
	wait $pid 2>/dev/null
	got=$?
	[ "$late,$got" = 0,143 ] && grep -q '"code":"cancelled"' out journal 2>/dev/null
	verdict $? "$name: ends, is cancelled" || {
		printf '#   exit %s after %s s\n' "$got" "$(($(date +%s) - begun))"
		evidence out out
		evidence err err
		evidence journal journal
	}
	rm -f journal up
}
fake() { # fake PROGRAM: a script of that name, from standard input, before all others on PATH
	mkdir -p fake
	cat >"fake/$1"
	chmod +x "fake/$1"
}
mkdir files tmp
head -c 1000000 /dev/urandom >files/random
TMPDIR=$box/tmp
export TMPDIR

# who reads the archive rests: the pipe is full
mkfifo pipe
exec 3<>pipe
stopped 'the reader of -o - rests' 'sleep 1 && grep started journal' \
	sh -c 'exec snapshot -n --dir f=files --record journal -o - >pipe'
exec 3>&-

# a program that encrypts waits for its agent, and does not hear
fake age <<'END'
#!/bin/sh
trap '' TERM
touch "$UP"
sleep 60 & sleep 60
END
UP=$box/up
export UP
stopped 'age waits' 'test -e up' env PATH="$box/fake:$PATH" snapshot -n --dir f=files \
	--encrypt-to age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg -o a.tar.zst
[ -z "$(find . -name '*a.tar.zst*' ! -name out)" ]; verdict $? 'nothing is left behind'

# somebody holds the lock on the directory
mkdir held
{ flock 9 && exec sleep 60; } 9<held >/dev/null & holder=$!
stopped 'the directory is locked' 'sleep 1 && grep started out' \
	snapshot -n --dir f=files -o held/
kill $holder
[ -z "$(ls -A held)" ]; verdict $? 'nothing is left behind'

# the file of an upload is read anew, for minutes
truncate -s 400G tmp/x.tar.zst.upload
printf '{"url":"s3://b/x.tar.zst","record":{"sha256":"00"}}\n' >tmp/x.tar.zst.upload.json
stopped 'a large file is read' 'sleep 1 && grep started out' snapshot -n --resume tmp/x.tar.zst.upload
rm tmp/*

# pg_restore has nothing to say for the moment, in the midst of rows
db app
sql "SELECT lo_from_bytea(4711, 'large')" >/dev/null
exits 'a database' 0 snapshot -n -o db.tar.zst
real=$(pg_config --bindir)/pg_restore
fake pg_restore <<END
#!/bin/sh
case "\$*" in *section=data*) printf 'CREATE TEMP TABLE t (a int);\nCOPY t FROM stdin;\n1\n'; touch '$box/up'; exec sleep 60 ;; esac
exec '$real' "\$@"
END
stopped 'pg_restore is silent' 'test -e up && sleep .5' \
	env HANDRAIL_PG_BINDIR="$box/fake" snapshot-restore -n --pg-into "$DATABASE_URL" --create-db other db.tar.zst
gives 'no database is left behind' "SELECT count(*) FROM pg_database WHERE datname = 'other'" 0
[ -z "$(find tmp -type f)" ]; verdict $? 'and no file'

# a scratch server is about to start, for someone whom a shell runs in the background, deaf to SIGQUIT
bin=${HANDRAIL_PG_BINDIR:-$(pg_config --bindir)}
bin=${bin%%:*}
mkdir late said
chmod 755 . late
chmod 777 said tmp
ln -s "$bin/initdb" late/initdb
cat >late/postgres <<END
#!/bin/sh
[ "\$1" = --version ] || touch '$box/said/up'
exec perl -e 'sleep 1 if \$ARGV[1] ne "--version"; exec @ARGV' '$bin/postgres' "\$@"
END
chmod 755 late/postgres
stopped 'a scratch server begins' 'test -e said/up' \
	env HANDRAIL_PG_BINDIR="$box/late" snapshot-verify -n --deep db.tar.zst
[ -z "$(find tmp -mindepth 1)" ]; verdict $? 'and is gone' || find tmp
finish
