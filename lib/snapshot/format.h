/* format - the archive, format 1, as handrail-archive(5) tells it: what its writer and its reader
 * share. */
#ifndef SNAPSHOT_FORMAT_H
#define SNAPSHOT_FORMAT_H

#include <stdint.h>

#include "core/digest.h"

/* First and last member. */
#define FORMAT_MARK "HANDRAIL-ARCHIVE"
#define FORMAT_MANIFEST "MANIFEST.json"

enum {
	FORMAT_VERSION = 1,
	FORMAT_TAR_BLOCK = 512,
	FORMAT_TAR_END = 2 * FORMAT_TAR_BLOCK,  /* zeros that end a tar archive */
	FORMAT_FOOTER = 256,                    /* bytes of the whole skippable frame at the end */
};

/* The text in the footer; filled with newlines. Manifest's offset, packed size, SHA-256; the file's
 * size; the SHA-256 of the text up to "sum". */
#define FORMAT_FOOTER_BEGIN "HANDRAIL ARCHIVE 1\n"
#define FORMAT_FOOTER_TEXT FORMAT_FOOTER_BEGIN "manifest %020lld %020lld %s\nsize %020lld\n"
#define FORMAT_FOOTER_SUM "sum %s\n"

/* What the manifest says of one frame. */
struct format_frame {
	const char *member;     /* its first member */
	int64_t members;        /* tar entries in it */
	const char *store;      /* store it belongs to, or NULL */
	const char *table;      /* table whose rows it holds, or NULL */
	int64_t rows;           /* of the table */
	uint64_t row_sum;       /* their content checksum: rows.h */
	int64_t offset, packed, size;
	char sha256[DIGEST_HEX];        /* of the packed bytes */
};

#endif
