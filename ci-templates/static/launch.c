/* launch - starts a program of the static tarball with the loader and the libraries that lie beside it, so that it
 * needs nothing of the system that it runs on: TOP/bin/NAME is this, TOP/lib/handrail/NAME the program. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#define LOADER "ld.so"

int
main(int argc, char **argv)
{
	/* not /proc/self/exe: there may be no /proc */
	const char *given = (const char *)getauxval(AT_EXECFN);
	char self[PATH_MAX], lib[PATH_MAX + 16], loader[sizeof lib + 16], program[sizeof lib + NAME_MAX];
	char **words = calloc((size_t)argc + 6, sizeof *words), *slash;

	if (!words || !given || !realpath(given, self) || !(slash = strrchr(self, '/')))
		return perror("launch"), 2;
	*slash = 0;
	snprintf(lib, sizeof lib, "%s/../lib/handrail", self);
	snprintf(loader, sizeof loader, "%s/" LOADER, lib);
	snprintf(program, sizeof program, "%s/%s", lib, slash + 1);
	words[0] = loader;
	words[1] = (char[]){ "--library-path" };
	words[2] = lib;
	words[3] = (char[]){ "--argv0" };
	words[4] = argv[0];
	words[5] = program;
	for (int i = 1; i < argc; i++)
		words[5 + i] = argv[i];
	execv(loader, words);
	fprintf(stderr, "%s: %s\n", loader, strerror(errno));
	return 2;
}
