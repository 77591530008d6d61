#!/bin/sh
# manifest-bump --judge: what going from one tag to another means, in the words of version-pairs.tsv
. "$(dirname "$0")/lib.sh"
for pairs in "$top"/t/data/more-pairs.tsv "$top"/t/data/version-pairs.tsv; do
	manifest-bump --judge - <"$pairs" |
		jq -r '[.image, .old, .new, .order, .bump, .same_variant, .verdict] | @tsv' >got
	grep -v '^#' "$pairs" | cut -f1-7 >want
	diff -u want got >diff.out
	verdict $? "all $(wc -l <want) pairs of ${pairs##*/}" || evidence diff diff.out
done

exits 'one pair as operands' 0 manifest-bump --judge redmine 5-alpine 6-alpine
same 'one object' out <<'END'
{"image":"redmine","old":"5-alpine","new":"6-alpine","order":"newer","bump":"major","same_variant":"yes","verdict":"needs-major-consent","note":"a major"}
END
exits 'a line that is no pair' 2 sh -c 'printf "a\tb\n" | manifest-bump --judge -'
grep -q 'line 1' err
verdict $? 'is named'
exits 'input that cannot be read' 2 sh -c 'manifest-bump --judge - </'
exits 'too few operands' 2 manifest-bump --judge a b

# turned around, newer is older; a tag against itself is equal
awk -F'\t' '!/^#/ {print $1 "\t" $3 "\t" $2}' "$pairs" | manifest-bump --judge - | jq -r .order >back
manifest-bump --judge - <"$pairs" | jq -r .order | sed 's/newer/NEW/; s/older/newer/; s/NEW/older/' | diff - back >diff.out
verdict $? 'the order is antisymmetric' || evidence diff diff.out
awk -F'\t' '!/^#/ {print $1 "\t" $3 "\t" $3}' "$pairs" | manifest-bump --judge - | jq -r '.order + .verdict' | sort -u >same
same 'and reflexive' same <<'END'
equalnoop
END

# consents and schemes
j() { manifest-bump --judge "$@" | jq -r .verdict; }
[ "$(j acme/app 0.3.0 0.4.0)" = ok ] && [ "$(j --zero-is-major acme/app 0.3.0 0.4.0)" = needs-major-consent ]
verdict $? '--zero-is-major'
[ "$(j acme/app 1.2.0 1.4.0)" = ok ] && [ "$(j --one-minor-at-a-time acme/app 1.2.0 1.4.0)" = refuse-skip-minor ]
verdict $? '--one-minor-at-a-time'
[ "$(j acme/app 24.4.1 25.4.1)" = needs-major-consent ] && [ "$(j --scheme short-calver acme/app 24.4.1 25.4.1)" = ok ]
verdict $? '--scheme'
echo '{"images":{"acme/app":{"stateful":true},"acme/cal":{"scheme":"short-calver"}}}' >image-policy.json
[ "$(j acme/app 1.0.0 2.0.0)" = refuse-stateful-major ] && [ "$(j acme/cal 24.4.1 25.4.1)" = ok ]
verdict $? 'image-policy.json'
[ "$(j acme/app 1.0.0 1.1.0-rc.1)" = needs-prerelease-consent ] && [ "$(j --allow-prerelease acme/app 1.0.0 1.1.0-rc.1)" = ok ]
verdict $? '--allow-prerelease'
[ "$(j --allow patch acme/app 1.0.0 1.1.0)" = needs-minor-consent ]
verdict $? '--allow patch'
finish
