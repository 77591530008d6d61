#!/bin/sh
# each program links what it uses and nothing else: that is what it starts in the time of
. "$(dirname "$0")/lib.sh"
for f in "$BUILD"/bin/*; do
	program=${f##*/}
	readelf -d "$f" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | sort >needed
	# the sanitizers' libraries stand in for what they replace
	if [ "$FLAVOUR" = release ]; then
		# some of libm's functions are in libc, too
		ldd -u "$f" 2>/dev/null | grep '/' | grep -v '/libm\.so' >unused
		[ ! -s unused ]
		verdict $? "$program links nothing that it does not use" || evidence unused unused
	fi
	case $program in
	step-exec) may='libjansson' ;;
	manifest-*) may='libjansson|libyaml|libnettle|libxxhash|libcurl' ;;
	release-report) may='libjansson|libnettle' ;;
	*) may='.*' ;;
	esac
	grep -vE "^($may|libc|libm|libxxhash|libasan|libubsan|libgcov|ld-linux.*|libgcc_s)(\.so|-)" needed >wrong
	[ ! -s wrong ]
	verdict $? "$program stays off the libraries that are none of its business" || evidence links wrong
done
[ "$FLAVOUR" = release ] || finish
readelf -h "$BUILD/bin/step-exec" | grep -q DYN && readelf -l "$BUILD/bin/step-exec" | grep -q GNU_RELRO &&
    ! readelf -l "$BUILD/bin/step-exec" | grep GNU_STACK -A1 | grep -q E
verdict $? 'programs are position-independent, with read-only relocations and no executable stack'
finish
