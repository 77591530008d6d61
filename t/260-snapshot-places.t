#!/bin/sh
# where archives go, encrypted and signed on their way: standard output, age, gpg
. "$(dirname "$0")/lib.sh"

nothing() { [ -z "$(find "$1" -mindepth 1)" ]; verdict $? "$2" || find "$1"; }
unless() { # unless PROGRAM N: skip N tests where it is not there
	command -v "$1" >/dev/null && return 1
	while [ "$2" != 0 ]; do set -- "$1" $(($2 - 1)); tap_n=$((tap_n + 1)); echo "ok $tap_n # SKIP no $1"; done
}
mkdir files tmp
echo hello >files/greeting
export TMPDIR="$box/tmp"

# standard output
exits 'to standard output' 0 sh -c 'snapshot -n --dir f=files -o - --record journal | cat >piped.tar.zst'
exits 'the archive is all that is there' 0 snapshot-verify -n piped.tar.zst
cp journal out
field 'the record is in the journal' '[.status, .result.archive, .result.verified] | @json' '["ok","-",true]'
exits 'records upstream are heard' 3 sh -c 'snapshot -q --dir nothing=no/such -o a.tar.zst </dev/null | snapshot --dir f=files -o - >refused'
[ ! -s refused ]; verdict $? 'and nothing is written after a failure'
exits 'with another form: exit 2' 2 snapshot -n --dir f=files -o - --format text
[ ! -s out ]; verdict $? 'which writes nothing either'
exits 'a signature has no place there: exit 2' 2 snapshot -n --dir f=files -o - --sign somebody
exits 'a reader that goes away: exit 2' 2 sh -c '{ snapshot -n --dir f=files -o - 2>err2; echo $? >status; } | true; sleep .1; exit "$(cat status)"'
exits 'a full disk: exit 2' 2 sh -c 'snapshot -n --dir f=files -o - >/dev/full'
exits 'from there into a directory' 0 sh -c 'snapshot -n -q --dir f=files -o - | snapshot-restore --dir-into f=piped -'
cmp -s files/greeting piped/greeting; verdict $? 'as it was'
exits 'and into a proof' 0 sh -c 'snapshot -n -q --dir f=files -o - | snapshot-verify --deep -'
exits 'nothing comes: exit 2' 2 sh -c 'snapshot -n -q --dir f=no/such -o - | snapshot-verify -'
says 'is told' 'standard input is empty'
exits 'one that is cut: exit 1' 1 sh -c 'head -c 500 piped.tar.zst | snapshot-restore --dir-into f=cut -'
[ ! -e cut ]; verdict $? 'leaves nothing'
exits 'no room for it: exit 2' 2 sh -c 'yes | head -c 9000000 | (ulimit -f 1000; exec snapshot-restore --dir-into f=cut -)'
says 'is told where it goes' 'TMPDIR'
exits 'two of them: exit 2' 2 snapshot-verify - - <piped.tar.zst
nothing tmp 'no temporary file is left'

# age
unless age 23 || {
age-keygen -o key 2>/dev/null
age-keygen -o other 2>/dev/null
to=$(age-keygen -y key)
mkdir b
exits 'encrypted by age' 0 snapshot -n --service shop --dir f=files -o b/ --encrypt-to "$to"
(cd b && echo *) | sed 's/-[0-9TZ]*/-TIME/' >got
same 'it is called so' got <<-'END'
	shop-TIME.tar.zst.age
END
file=$(echo b/*)
says 'that nobody has decrypted it is told' 'proven before it was encrypted, not decrypted again'
field 'and recorded' '[.result.verified, .result.decrypted] | @json' '[true,false]'
field 'as is what it is' '[.result.verified, (.result.encrypted_to | length), (.result.archive | endswith(".age"))] | @json' '[true,1,true]'
sum=$(tail -n 1 out | jq -r .result.sha256)
[ "$sum" = "$(sha256sum <"$file" | cut -c1-64)" ]; verdict $? 'its sum is that of the file'
[ "$(stat -c %a "$file")" = 600 ]; verdict $? 'it is for its owner alone'
! grep -q greeting "$file"; verdict $? 'nothing can be read in it'
age -d -i key "$file" | tar --zstd -xO stores/f/files/greeting | cmp -s - files/greeting
verdict $? 'age and tar open it'
exits 'without the key: exit 2' 2 snapshot-verify -n "$file"
says 'the option is told' '--identity'
exits 'with another key: exit 2' 2 snapshot-verify -n --identity other "$file"
field 'is told' .error.code no-key
exits 'with the key' 0 snapshot-verify -n --deep --sha256 "$sum" --identity key "$file"
exits 'it is restored' 0 snapshot-restore -n --identity key --dir-into f=back "$file"
same 'as it was' back/greeting <files/greeting
cp "$file" damaged.age
printf xyz | dd of=damaged.age bs=1 seek=700 conv=notrunc 2>/dev/null
exits 'a damaged one: exit 1' 1 snapshot-verify -n --identity key damaged.age
head -c 600 "$file" >damaged.age
exits 'one that is cut: exit 1' 1 snapshot-verify -n --identity key damaged.age
field 'is told' .error.code damaged
exits 'decrypted again when it is taken' 0 snapshot -n --dir f=files -o b/again.age --encrypt-to "$to" --identity key
field 'is recorded' .result.decrypted true
exits 'by a key that it is not for: exit 2' 2 snapshot -n --dir f=files -o b/other.age --encrypt-to "$to" --identity other
[ ! -e b/other.age ]; verdict $? 'leaves nothing'
exits 'not encrypted, but to be decrypted: exit 2' 2 snapshot -n --dir f=files -o b/plain.tar.zst --identity key
exits 'to nobody: exit 2' 2 snapshot -n --dir f=files -o b/ --encrypt-to age1nobody
exits 'to keys of both: exit 2' 2 snapshot -n --dir f=files -o b/ --encrypt-to "$to" --encrypt-to somebody
nothing tmp 'nothing that could be read is left'
}

# gpg
unless gpg 17 || {
GNUPGHOME=$box/gnupg
export GNUPGHOME
mkdir -m 700 gnupg elsewhere
for name in ops@example.org eve@example.org; do
	gpg --batch --quiet --pinentry-mode loopback --passphrase '' --quick-generate-key "$name" default default never 2>/dev/null
done
ops=$(gpg --batch --with-colons --list-keys ops@example.org | awk -F: '$1 == "fpr" { print $10; exit }')
mkdir g
exits 'encrypted by gpg, and signed' 0 snapshot -n --service shop --dir f=files -o g/ --encrypt-to ops@example.org --sign ops@example.org
(cd g && echo *) | sed 's/-[0-9TZ]*/-TIME/g' >got
same 'two files' got <<-'END'
	shop-TIME.tar.zst.gpg shop-TIME.tar.zst.gpg.sig
END
file=$(echo g/*.gpg)
says 'gpg has the key: it is decrypted again' 'read back and proven'
field 'which is recorded' .result.decrypted true
field 'the second is recorded' '.result.signature | endswith(".gpg.sig")' true
gpg --batch --verify "$file.sig" "$file" 2>/dev/null; verdict $? 'gpg knows the signature'
exits 'it is proven' 0 snapshot-verify -n --deep "$file"
field 'with who signed it' .result.archives[0].signed_by "$ops"
exits 'as it must be' 0 snapshot-verify -n --signed-by "$ops" "$file"
exits 'not by another: exit 1' 1 snapshot-verify -n --signed-by 0123456789ABCDEF "$file"
snapshot -n -q --dir f=files -o plain.tar.zst --sign eve@example.org >/dev/null
exits 'nor by eve: exit 1' 1 snapshot-verify -n --signed-by "$ops" plain.tar.zst
cp "$file.sig" plain.tar.zst.sig
exits 'a signature of something else: exit 1' 1 snapshot-verify -n plain.tar.zst
field 'is told' .error.code bad-signature
rm plain.tar.zst.sig
exits 'none, where one must be: exit 1' 1 snapshot-verify -n --signed-by "$ops" plain.tar.zst
cp "$file" damaged.gpg
printf xyz | dd of=damaged.gpg bs=1 seek=900 conv=notrunc 2>/dev/null
exits 'a damaged one: exit 1' 1 snapshot-verify -n damaged.gpg
field 'is told' .error.code damaged
gpg --batch --quiet --pinentry-mode loopback --passphrase closed --quick-generate-key locked@example.org default default never 2>/dev/null
gpgconf --kill gpg-agent
exits 'a key that does not open without a question' 0 timeout 30 snapshot -n --dir f=files -o g/locked.gpg --encrypt-to locked@example.org
field 'nobody is asked' .result.decrypted false
GNUPGHOME=$box/elsewhere exits 'without the secret key: exit 2' 2 snapshot-verify -n "$file"
field 'is told' .error.code no-key
exits 'a key that is not there: exit 2' 2 snapshot -n --dir f=files -o g/none.tar.zst --sign nobody@example.org
[ ! -e g/none.tar.zst ] && [ ! -e g/none.tar.zst.sig ]; verdict $? 'leaves nothing'
nothing tmp 'nothing that could be read is left'
gpgconf --kill gpg-agent
}
finish
