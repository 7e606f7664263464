/*
 * verify.c - the finished workbook, read once from the first to the last byte
 */
#include "render/render.h"

#include <errno.h>
#include <minizip/unzip.h>
#include <stdio.h>
#include <string.h>

#define CHUNK_SIZE (256 * 1024)
#define SHEET_PART "xl/worksheets/sheet"
#define SHEET_END  "</worksheet>"
#define TAIL_SIZE  16

static void verify_part(unzFile zip, char *chunk, const int64_t *sheet_sizes, size_t n_sheets);
static int64_t read_part(unzFile zip, char *chunk, char *tail);
static void incomplete(const char *what) __attribute__((noreturn));

void
verify_workbook(const char *path, const int64_t *sheet_sizes, size_t n_sheets)
{
	char *chunk = must_alloc(NULL, CHUNK_SIZE);
	unzFile zip = unzOpen64(path);
	unz_global_info64 info;

	if (zip == NULL || unzGetGlobalInfo64(zip, &info) != UNZ_OK || info.number_entry == 0)
		incomplete("the finished file cannot be read");
	for (ZPOS64_T i = 0; i < info.number_entry; i++)
	{
		if ((i == 0 ? unzGoToFirstFile(zip) : unzGoToNextFile(zip)) != UNZ_OK)
			incomplete("the finished file ends too early");
		verify_part(zip, chunk, sheet_sizes, n_sheets);
	}
	(void) unzClose(zip);
}

/* Checks one part: its checksum, its end, and for a sheet its size. */
static void
verify_part(unzFile zip, char *chunk, const int64_t *sheet_sizes, size_t n_sheets)
{
	char name[256], tail[TAIL_SIZE + 1] = "";
	unz_file_info64 info;
	int64_t size;
	unsigned number;

	if (unzGetCurrentFileInfo64(zip, &info, name, sizeof(name), NULL, 0, NULL, 0) != UNZ_OK)
		incomplete("the finished file is damaged");
	size = read_part(zip, chunk, tail);
	if (size == 0 || tail[TAIL_SIZE - 1] != '>')
		incomplete("a part of the finished file is truncated");
	if (sscanf(name, SHEET_PART "%u.xml", &number) != 1)
		return;
	if (number == 0 || number > n_sheets || size < sheet_sizes[number - 1] ||
		strcmp(tail + TAIL_SIZE - strlen(SHEET_END), SHEET_END) != 0)
		incomplete("a sheet of the finished file is truncated");
}

/* Reads the current part; returns its size, and its last bytes right-aligned in `tail`. */
static int64_t
read_part(unzFile zip, char *chunk, char *tail)
{
	int64_t size = 0;
	int n;

	if (unzOpenCurrentFile(zip) != UNZ_OK)
		incomplete("the finished file is damaged");
	while ((n = unzReadCurrentFile(zip, chunk, CHUNK_SIZE)) > 0)
	{
		int kept = n < TAIL_SIZE ? n : TAIL_SIZE;

		memmove(tail, tail + kept, (size_t) (TAIL_SIZE - kept));
		memcpy(tail + TAIL_SIZE - kept, chunk + n - kept, (size_t) kept);
		size += n;
	}
	if (n < 0 || unzCloseCurrentFile(zip) != UNZ_OK)
		incomplete("the finished file is damaged");

	/* Trailing line ends are no part of the document. */
	for (int i = 0; i < TAIL_SIZE && tail[TAIL_SIZE - 1] == '\n'; i++)
	{
		memmove(tail + 1, tail, TAIL_SIZE - 1);
		tail[0] = ' ';
	}
	return size;
}

/* A file that was written without an error and is not whole: the disk was full on the way. */
static void
incomplete(const char *what)
{
	errno = options.file_limit >= 0 ? EFBIG : 0;
	fail_io(what);
}
