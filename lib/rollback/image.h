/* image - the files in an image archive (docker save, an OCI layout as tar): the one door to
 * libarchive here. */
#ifndef ROLLBACK_IMAGE_H
#define ROLLBACK_IMAGE_H

#include <stddef.h>

#include "core/err.h"
#include "core/mem.h"

/* Call SEE for each file of each layer, with its path in the image. A layer's own compression is
 * undone. What a later layer removes is seen, too: that is no harm to who looks for traces. Error:
 * FAIL_TROUBLE "bad-image" when the archive is damaged or holds no layer. */
int image_each(const char *archive,
    int (*see)(void *, const char *path, const char *text, size_t len, struct err *), void *,
    struct err *);

#endif
