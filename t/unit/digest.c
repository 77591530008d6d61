/* digest - the two ways to SHA-256 agree, and with the standard */
#include <string.h>
#include "../tap.h"
#include "core/digest.h"

int
main(void)
{
	char a[DIGEST_HEX], b[DIGEST_HEX], text[300];
	int same = 0;

	is(digest_text(a, "abc", 3), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "FIPS 180-4's example");
	for (size_t n = 0; n < sizeof text; n++) {
		text[n] = (char)(n * 37);
		same += !strcmp(digest_text(a, text, n), digest_bytes(b, text, n));
	}
	ok(same == (int)sizeof text, "digest_text and digest_bytes agree on %d lengths", (int)sizeof text);
	return done();
}
