/* manifest-fuzz - drives t/fuzz/manifest.c with mutations of seeds, the same in each run */
#include "../tap.h"
#include "../fuzz/manifest.c"

static const char *const seeds[] = {
	"\4services:\n  web:\n    image: acme/app:1.2.3@sha256:ab # c\n  db: {image: "
	"\"postgres:16\"}\n",
	"\4a: &x\n  image: >-\n    acme/app:1.2.3\nb:\n  <<: *x\n  image: |\n    r:1\n",
	"\4image: {registry: r, repository: a/b, tag: '1.2', digest: sha256:1}\n---\n- uses: "
	"a/b@v1 # v1.2\n",
	"\4\xef\xbb\xbf# \xc3\xa4\r\nimage: \"\\x61:1\"\r\nimages: [{name: a, newTag: 1}]\r\n",
	"\4{{- if .x }}\nimage: \"{{ .a }}:{{ .b }}\"\n{{- end }}\nc: {image: b:1}\n",
	"\4image: ${A:-reg/x:${T:-1.2}}\ny: {image: 'x:${TAG:-5-alpine}'}\n",
	"\5ARG A=1.2\nFROM a:${A} AS b\nCOPY --from=c:1 / /\nFROM --platform=x d@sha256:1\n",
	"\6export A=\"x:1.2\" # c\nB='y:2'\nC=z:3\r\n",
	"\7"
	"1.2.3-alpine3.20\n1.2.4-rc.1+b2_7\n",
	"\7RELEASE.2024-05-10T01-41-38Z\nv25.11.04.1-ls3\n",
	"\7"
	"8u412-b08\npg16-v0.2.0-1a2b3c4\n",
};

static const char *const pieces[] = { ":", "\n", "  ", "- ", "@", "${X:-", "}", "{", "[", "]", "\"",
	"'", "#", "&a", "*a", "<<: ", "image", ": ", "|", ">", "{{", "}}", "\t", "\xc3\xa4",
	"\xef\xbb\xbf", "1", ".", "rc", "\r", "!!str ", ",", "tag: 1", "---\n" };

static uint64_t state = 88172645463325252u;

static size_t
draw(size_t n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (size_t)(state % n);
}

static size_t
mutate(char *text, size_t len, size_t room)
{
	size_t at = len > 1 ? 1 + draw(len - 1) : 1, n;
	const char *piece = pieces[draw(sizeof pieces / sizeof *pieces)];

	switch (draw(4)) {
	case 0:
		n = strlen(piece);
		if (len + n > room)
			return len;
		memmove(text + at + n, text + at, len - at);
		memcpy(text + at, piece, n);
		return len + n;
	case 1:
		n = 1 + draw(4);
		if (at + n > len)
			return len;
		memmove(text + at, text + at + n, len - at - n);
		return len - n;
	case 2:
		text[at < len ? at : len - 1] = (char)draw(256);
		return len;
	default:
		n = 1 + draw(20);
		if (at + n > len || len + n > room)
			return len;
		memmove(text + at + n, text + at, len - at);
		return len + n;
	}
}

int
main(void)
{
	char text[4096];

	for (size_t s = 0; s < sizeof seeds / sizeof *seeds; s++)
		for (int i = 0; i < 4000; i++) {
			size_t len = strlen(seeds[s]);

			memcpy(text, seeds[s], len);
			for (size_t k = draw(8); k; k--)
				len = mutate(text, len, sizeof text);
			LLVMFuzzerTestOneInput((const uint8_t *)text, len);
		}
	ok(1, "%d mutations of each of %d seeds: nothing breaks", 4000,
	    (int)(sizeof seeds / sizeof *seeds));
	return done();
}
