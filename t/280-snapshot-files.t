#!/bin/sh
# directories as people have them: names, links, holes, owners, what changes and what cannot be read
. "$(dirname "$0")/lib.sh"
root=$(id -u)
# everything of a tree that must come back, one line for each entry
look() { (cd "$1" && find . -printf '%P|%y|%m|%n|%l|%T@|%s|%U|%G\n' | sort); }

mkdir -p f/sub/empty f/sticky f/noexec
cd f || exit 1
printf a >"$(printf 'bad\377\376name')"
printf b >"$(printf 'new\nline')"
printf c >"$(printf 'tab\t"q\\')"
printf d >"$(printf '%0255d' 0)"
printf e >umläut; printf f >' lead'; printf g >-rf; printf h >=; : >empty
long=$(printf '%0200d' 0)
mkdir -p "$long/$long/$long/$long" && printf deep >"$long/$long/$long/$long/file"
ln -s self self; ln -s /etc/passwd absolute; ln -s ../../.. up; ln -s nowhere dangling; ln -s "$long/$long/$long" longlink
echo hard >h1; ln h1 h2; ln h1 sub/h3; ln dangling danglinghard
mkfifo fifo; ln fifo fifo2
truncate -s 100M holes; printf middle | dd of=holes bs=1 seek=50000000 conv=notrunc 2>/dev/null
printf start >holeend; truncate -s 1M holeend
echo 1 >noexec/f; chmod 4711 empty; chmod 1777 sticky; chmod 0600 h1
[ "$root" = 0 ] && { chown 1234:5678 h1; mknod null c 1 3; chmod 0 noexec; }
touch -h -d '1969-12-31 23:59:55.123456789Z' empty dangling; touch -d '2039-01-02 03:04:05.000000001Z' sub
cd ..
mkdir odd && truncate -s 40M odd/large && printf a >"$(printf 'odd/next\377')"
exits 'a frame that begins with a name that is not UTF-8' 0 snapshot -n --dir f=odd -o odd.tar.zst
exits 'is proven' 0 snapshot-verify -n --deep odd.tar.zst
exits 'a directory of everything' 0 snapshot -n --dir f=f -o all.tar.zst
exits 'is proven by a trial' 0 snapshot-verify -n --deep all.tar.zst
exits 'and restored' 0 snapshot-restore -n --check-content --dir-into f=back all.tar.zst
look f >want.tree
look back >got.tree
same 'every name, type, mode, link, time, size and owner is the same' got.tree <want.tree
cmp -s f/holes back/holes; verdict $? 'with the same bytes'
[ "$(stat -c %b back/holes)" -lt 1000 ]; verdict $? 'holes stay holes'
tar --zstd -xf all.tar.zst stores/f/files/h1 && cmp -s f/h1 stores/f/files/h1; verdict $? 'tar reads it, too'

# attributes and access lists, where the file system has them
if setfattr -n user.x -v 1 f/h1 2>/dev/null && setfattr -n user.dir -v 2 f/sub && setfacl -m u:99:r f/h1 2>/dev/null; then
	setfacl -d -m u:98:rwx,o::- f/sub
	mkdir f/sub/inherits
	snapshot -n -q --dir f=f -o attr.tar.zst >/dev/null
	exits 'attributes and access lists' 0 snapshot-restore -n --dir-into f=attr attr.tar.zst
	for tree in f attr; do (cd $tree || exit; getfattr -d -m - -R .; getfacl -R .) >$tree.lists 2>/dev/null; done
	grep -q default:user:98:rwx f.lists && cmp -s f.lists attr.lists
	verdict $? 'come back, with those that directories hand down' || diff f.lists attr.lists
else
	for _ in 1 2; do tap_n=$((tap_n + 1)); echo "ok $tap_n # SKIP no setfattr, no setfacl, or a file system without"; done
fi

# sockets are told
mkdir s; (cd s && perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Local => "sock", Listen => 1)'); echo x >s/file
exits 'a socket' 0 snapshot -n --dir s=s -o s.tar.zst
says 'is left out, and told' 's/sock: a socket, left out'

# what changes, goes, or cannot be read
mkdir c; head -c 50000000 /dev/zero >c/large
while :; do printf x >>c/large; sleep .001; done & writer=$!
exits 'a file that changes all the time: exit 2' 2 snapshot -n --dir c=c -o c.tar.zst
field 'is told' .error.code changed
[ ! -e c.tar.zst ]; verdict $? 'and leaves nothing'
exits 'as it is' 0 snapshot -n --dir c=c --allow-changed -o c.tar.zst
field 'with its name in the record' '.result.stores[0].changed | @json' '["large"]'
kill $writer; wait $writer 2>/dev/null
exits 'is a sound archive' 0 snapshot-verify -n --deep c.tar.zst
mkdir v
(while :; do for i in 1 2 3 4 5 6 7 8 9; do : >"v/$i"; mkdir -p "v/d$i/e"; done; rm -rf v/*; done) 2>/dev/null & writer=$!
bad=0
for i in 1 2 3 4 5 6; do
	snapshot -n -q --dir v=v -o "v$i.tar.zst" >out 2>err || bad=$?
	snapshot-verify -n -q --deep "v$i.tar.zst" >out 2>err || bad=$?
done
kill $writer; wait $writer 2>/dev/null
verdict $bad 'files that come and go' || evidence err err
# another kind of entry between the look at it and its opening, which strace holds up
mkdir k
if command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then
	perl -e 'mkdir "k1"; open F, ">k2"; close F; symlink "a", "k3";
		while (1) { for (qw(k1 k2 k3)) { rename $_, "k/x"; select undef, undef, undef, .003; rename "k/x", $_ } }' & writer=$!
	for i in 1 2 3 4 5 6; do
		ASAN_OPTIONS=detect_leaks=0 strace -f -o /dev/null -e trace=openat,readlinkat -e inject=openat,readlinkat:delay_enter=4000 \
		    snapshot -nq --dir k=k -o "k$i.tar.zst" 2>&1 >/dev/null
	done | grep -v 'hint: stop what writes there' | sort -u >got
	kill $writer; wait $writer 2>/dev/null
	grep -v '/k/x changes while it is read$' got >others
	[ ! -s others ]; verdict $? 'a directory, a file and a link by turns' || evidence others others
else
	verdict 0 'a directory, a file and a link by turns # SKIP no strace'
fi
mkdir u; echo x >u/secret; chmod 0 u/secret
if [ "$root" != 0 ]; then exits 'a file that cannot be read: exit 2' 2 snapshot -n --dir u=u -o u.tar.zst
elif command -v setpriv >/dev/null; then
	mkdir -m 777 open
	chmod 755 "$box"
	exits 'a file that cannot be read: exit 2' 2 setpriv --reuid 65534 --regid 65534 --clear-groups snapshot -n --dir u=u -o open/u.tar.zst
else exits 'a directory that is not there: exit 2' 2 snapshot -n --dir u=u/no -o u.tar.zst; fi
[ -z "$(ls -A open 2>/dev/null)" ]; verdict $? 'and leaves nothing'

# the archive in its own directory
mkdir o; echo x >o/file
exits 'the archive in the directory itself' 0 snapshot -n --dir o=o -o o/
exits 'does not hold itself' 0 snapshot-verify -n --deep "$(echo o/*.zst)"
field 'but the rest' '.result.archives[0].stores[0].entries' 2

# what is in the way is told before anything is taken
mkdir w; ln -s nowhere w/link.tar.zst; : >w/signed.tar.zst.sig
for way in link signed; do
	exits "a $way in the way: exit 2" 2 snapshot -n --exec "x=touch $way.taken" -o w/$way.tar.zst
	[ ! -e $way.taken ]; verdict $? 'before anything is taken'
done

# a hole as large as a disk
truncate -s 8G f/huge; printf x | dd of=f/huge bs=1 seek=4000000000 conv=notrunc 2>/dev/null
mkdir h; mv f/huge h/
exits 'a hole of 8 GB is not read' 0 sh -c 'ulimit -t 3; exec snapshot -n --dir h=h -o h.tar.zst'
[ "$(stat -c %s h.tar.zst)" -lt 100000 ]; verdict $? 'takes no room'
exits 'comes back' 0 sh -c 'ulimit -t 3; exec snapshot-restore -n --check-content --dir-into h=h2 h.tar.zst'
[ "$(stat -c '%s %b' h2/huge | awk '{ print $1, ($2 < 1000) }')" = '8589934592 1' ]; verdict $? 'as a hole'

# restoring
if [ "$root" = 0 ] && command -v setpriv >/dev/null; then
	mkdir -p d/closed && echo x >d/closed/x && chmod 555 d/closed && chmod 0 f/h1 && mkdir -m 777 theirs && mkdir -m 750 theirs/own && chown -R 65534:65534 theirs
	cp f/h1 d/h1; chmod 0 d/h1
	snapshot -n -q --dir d=d -o theirs/d.tar.zst >/dev/null; chmod 644 theirs/d.tar.zst
	as() { TMPDIR=$box/theirs setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
	exits 'what another user may not read back: exit 2' 2 as snapshot-restore -n --check-content --dir-into d=theirs/new theirs/d.tar.zst
	exits 'nor on trial: exit 2' 2 as snapshot-verify -n --deep theirs/d.tar.zst
	exits 'nor in a directory that was there: exit 2' 2 as snapshot-restore -n --check-content --dir-into d=theirs/own theirs/d.tar.zst
	(cd theirs && find . ! -name . -printf '%f %m %U ') >got
	[ "$(cat got)" = 'own 750 65534 d.tar.zst 644 0 ' ] || [ "$(cat got)" = 'd.tar.zst 644 0 own 750 65534 ' ]
	verdict $? 'nothing of it is left, closed directories neither' || evidence got got
fi
ln -s back link
exits 'into a link to a directory that is not empty: exit 2' 2 snapshot-restore -n --dir-into f=link all.tar.zst
echo x >plain
exits 'into a file: exit 2' 2 snapshot-restore -n --dir-into f=plain all.tar.zst
mkdir keep
exits 'a disk that is full: exit 2' 2 sh -c 'ulimit -f 1000; exec snapshot-restore -n --dir-into f=keep all.tar.zst'
[ -d keep ] && [ -z "$(ls -A keep)" ]; verdict $? 'the directory is there, and empty as it was' || ls -A keep
exits 'the second of two that fails: exit 2' 2 snapshot-restore -n --dir-into f=first --dir-into f=no/such/place all.tar.zst
[ ! -e first ]; verdict $? 'leaves the first as it was: not there'
head -c 60000000 /dev/urandom >many && mkdir m && mv many m/ && snapshot -n -q --dir m=m -o m.tar.zst >/dev/null
left=
for i in .05 .1 .2 .4 .8 1.6 3.2; do
	[ -z "$left" ] && [ ! -e killed ] || break
	timeout -s KILL "$i" snapshot-restore -n --dir-into m=killed m.tar.zst >/dev/null 2>&1
	[ ! -e killed ] || cmp -s m/many killed/many || echo "after $i s"
	left=$(find . -maxdepth 1 -name '.killed.*')
done >wrong
[ ! -s wrong ] && [ -n "$left$(ls -d killed 2>/dev/null)" ]; verdict $? 'killed: what has the name is whole' || evidence wrong wrong
rm -rf killed
exits 'again' 0 snapshot-restore -n --dir-into m=killed/// m.tar.zst
[ -z "$(find . -maxdepth 1 -name '.killed.*')" ] && cmp -s m/many killed/many; verdict $? 'sweeps what was left'
exits 'nowhere: exit 2' 2 snapshot-restore -n --dir-into f=no/such/place all.tar.zst
if [ "$root" = 0 ]; then chmod 755 f/noexec back/noexec; fi
finish
