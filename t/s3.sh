# shellcheck shell=sh
# t/s3.sh - npm's s3rver behind a proxy that makes faults, and what tests ask of it; after lib.sh
NPM=$top/build/npm
export NPM
[ -d "$NPM/node_modules/s3rver" ] && command -v node >/dev/null || skip_all 'no node, or no s3rver: make npm'

faults() { printf '%s\n' "$@" >faults; : >s3.log; }
: >faults
node "$top/t/ci/s3.mjs" "$box/s3" port faults >node.log 2>&1 & server=$!
trap 'kill $server 2>/dev/null; wait; cd / && [ -z "${KEEP-}" ] && rm -rf "$box"' EXIT
soon test -s port || { cat node.log; skip_all 's3rver does not start'; }
AWS_ENDPOINT_URL=http://127.0.0.1:$(cat port)
export AWS_ENDPOINT_URL AWS_ACCESS_KEY_ID=S3RVER AWS_SECRET_ACCESS_KEY=S3RVER
mid_or_ended() { grep -q 'partNumber=3' s3.log || ended "$1"; }
# mid SIGNAL NAME: an upload of that name, stopped when all parts but the third have arrived
mid() {
	faults 'PUT partNumber=3 99 cut'
	snapshot -n --dir f=large -o "s3://backups/$2.tar.zst" >out 2>err & pid=$!
	soon mid_or_ended $pid
	kill -"$1" $pid
	wait $pid 2>/dev/null
}
requests() { cut -d' ' -f1,2 s3.log | sed 's/uploadId=.*/uploadId/'; }
objects() { find s3/backups -type f -name '*_object' | wc -l; }

mkdir small large
echo hello >small/greeting
head -c 20000000 /dev/urandom >large/random
# names of temporary files are nobody's business
TMPDIR=$box/tmp; export TMPDIR; mkdir tmp
