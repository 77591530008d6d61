# notes.awk - rows for COPY, about -v megabytes=N of them: a text and a jsonb document as people write them, in the words of
# the text that is read. Each word follows the one before as it does there: such text packs about as English does (gzip
# to 36 %), and holds no long passage twice.
/^[.#]|[;{}]$/ { next }		# macros of the manuals, code
{
	gsub(/[^A-Za-z0-9,.'-]/, " ")
	for (i = 1; i <= NF; i++) {
		if (last != "") after[last, count[last]++] = $i
		last = $i
	}
}
function pick(n) { return int(rand() * n) }
function some(n, text) {
	while (n-- > 0) text = text sentence[pick(sentences)]
	return text
}
function document() {
	return sprintf("{\"status\": \"%s\", \"priority\": %d, \"assignee\": %d, \"tags\": [\"t%d\", \"t%d\"], \"hours\": %.2f, " \
	    "\"parent\": %d, \"subject\": \"%s\", \"custom\": {\"version\": \"%d.%d\", \"ip\": \"10.%d.%d.%d\", \"note\": \"%s\"}}",
	    status[1 + pick(6)], pick(5), pick(5000), pick(300), pick(300), rand() * 40, pick(id), some(1), pick(9), pick(20),
	    pick(256), pick(256), pick(256), some(pick(3)))
}
END {
	srand(1)
	split("new open feedback resolved closed rejected", status)
	for (word = last; sentences < 300000; sentences++)
		for (n = 6 + pick(16); n > 0; n--) {
			word = count[word] ? after[word, pick(count[word])] : "the"
			sentence[sentences] = sentence[sentences] word (n > 1 ? " " : ". ")
		}
	for (id = 1; made < megabytes * 1e6; id++) {
		row = sprintf("%d\tuser%d\t2026-%02d-%02d %02d:%02d:%02d.%06d+00\t%s\t%s", id, pick(5000), 1 + pick(12), 1 + pick(28),
		    pick(24), pick(60), pick(60), pick(1e6), some(1 + pick(10)), document())
		made += length(row)
		print row
	}
}
