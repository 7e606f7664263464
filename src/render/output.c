/*
 * output.c - the file that is written, and no failure of it missed
 */
#include "render/render.h"

#include <errno.h>

#define BUFFER_SIZE (256 * 1024)

FILE *
output_open(void)
{
	FILE *file = fopen(document.output.bytes, "wb");

	if (file == NULL)
		fail_io("could not create the file");
	if (setvbuf(file, NULL, _IOFBF, BUFFER_SIZE) != 0)
		fail(STATE_NO_MEMORY, "out of memory");
	return file;
}

void
output_write(void *file, const char *bytes, size_t size)
{
	errno = 0;
	if (size > 0 && fwrite(bytes, 1, size, file) != size)
		fail_io("could not write the file");
}

void
output_close(FILE *file)
{
	errno = 0;
	if (fflush(file) != 0 || ferror(file))
		fail_io("could not write the file");
	if (fclose(file) != 0)
		fail_io("could not close the file");
}
