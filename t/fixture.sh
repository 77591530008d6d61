# t/fixture.sh - servers that behave as a script says (t/tools/serve.c), for the tests of health-wait
# shellcheck shell=sh

# milliseconds that a deadline may be overshot; sanitizers take their time
slack=50
[ "${FLAVOUR-release}" = release ] || slack=300

# on_time SECONDS - is the step in "out" over at that time and not slack later?
on_time() {
	tail -n 1 out | jq -e ".seconds >= $1 and .seconds < $1 + $slack / 1000" >/dev/null
}

# fixture NAME ACTION... - start one; $NAME is its port afterwards. FIXTURE holds options of serve.
fixture() {
	f_name=$1
	shift
	rm -f "$f_name.port"
	# shellcheck disable=SC2086 # words are meant
	serve -f "$f_name.port" ${FIXTURE-} "$@" &
	soon test -s "$f_name.port"
	eval "$f_name=$(cat "$f_name.port")"
	# some shells keep what stands before the call of a function
	FIXTURE=
}

# result FILTER - the closing record's result through jq
result() {
	tail -n 1 out | jq -c ".result | $1"
}

# shows NAME FILTER WANT - compare it
shows() {
	r_got=$(result "$2")
	[ "$r_got" = "$3" ]
	verdict $? "$1" || {
		printf '#   %s is %s, wanted %s\n' "$2" "$r_got" "$3"
		evidence out out
		evidence err err
	}
}

# waits NAME CODE STATE ARGUMENT... - health-wait with one target: exit code and the state that it ends in
waits() {
	w_name=$1 w_code=$2 w_state=$3
	shift 3
	exits "$w_name: exit $w_code" "$w_code" health-wait -n "$@"
	shows "$w_name: $w_state" '.targets[0].state' "\"$w_state\""
}
