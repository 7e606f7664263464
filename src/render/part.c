/*
 * part.c - text that will stand behind other text, in a file without a name until then
 */
#include "render/render.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUFFER_SIZE (64 * 1024)
#define NAME		"/analytics-part.XXXXXX"

FILE *
part_open(void)
{
	char *path = must_alloc(NULL, document.tmpdir.length + sizeof(NAME));
	FILE *part;
	int fd;

	memcpy(path, document.tmpdir.bytes, document.tmpdir.length);
	strcpy(path + document.tmpdir.length, NAME);
	fd = mkstemp(path);
	if (fd < 0)
		fail_io("could not create a temporary file");
	if (unlink(path) != 0)
		fail_io("could not remove the name of a temporary file");
	free(path);
	part = fdopen(fd, "w+b");
	if (part == NULL || setvbuf(part, NULL, _IOFBF, BUFFER_SIZE) != 0)
		fail(STATE_NO_MEMORY, "out of memory");
	return part;
}

void
part_append(FILE *part, FILE *to)
{
	static char buffer[BUFFER_SIZE];
	size_t size;

	errno = 0;
	if (fflush(part) != 0 || ferror(part) || fseeko(part, 0, SEEK_SET) != 0)
		fail_io("could not write a temporary file");
	while ((size = fread(buffer, 1, sizeof(buffer), part)) > 0)
		output_write(to, buffer, size);
	if (ferror(part))
		fail_io("could not read a temporary file");
	(void) fclose(part);
}
