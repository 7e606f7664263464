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
static _Noreturn void truncated(const char *what);
static _Noreturn void damaged(void);

void
verify_workbook(const char *path, const int64_t *sheet_sizes, size_t n_sheets)
{
	char *chunk = must_alloc(NULL, CHUNK_SIZE);
	unzFile zip = unzOpen64(path);
	unz_global_info64 info;

	if (zip == NULL || unzGetGlobalInfo64(zip, &info) != UNZ_OK || info.number_entry == 0)
		damaged();
	for (ZPOS64_T i = 0; i < info.number_entry; i++)
	{
		if ((i == 0 ? unzGoToFirstFile(zip) : unzGoToNextFile(zip)) != UNZ_OK)
			damaged();
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
		damaged();
	size = read_part(zip, chunk, tail);
	if (size == 0 || tail[TAIL_SIZE - 1] != '>')
		truncated("a part of the finished file is truncated");
	if (sscanf(name, SHEET_PART "%u.xml", &number) != 1)
		return;
	if (number == 0 || number > n_sheets || size < sheet_sizes[number - 1] ||
		strcmp(tail + TAIL_SIZE - strlen(SHEET_END), SHEET_END) != 0)
		truncated("a sheet of the finished file is truncated");
}

/* Reads the current part; returns its size, and its last bytes right-aligned in `tail`. */
static int64_t
read_part(unzFile zip, char *chunk, char *tail)
{
	int64_t size = 0;
	int n;

	if (unzOpenCurrentFile(zip) != UNZ_OK)
		damaged();
	while ((n = unzReadCurrentFile(zip, chunk, CHUNK_SIZE)) > 0)
	{
		int kept = n < TAIL_SIZE ? n : TAIL_SIZE;

		memmove(tail, tail + kept, (size_t) (TAIL_SIZE - kept));
		memcpy(tail + TAIL_SIZE - kept, chunk + n - kept, (size_t) kept);
		size += n;
	}
	if (n < 0 || unzCloseCurrentFile(zip) != UNZ_OK)
		damaged();

	/* Trailing line ends are no part of the document. */
	for (int i = 0; i < TAIL_SIZE && tail[TAIL_SIZE - 1] == '\n'; i++)
	{
		memmove(tail + 1, tail, TAIL_SIZE - 1);
		tail[0] = ' ';
	}
	return size;
}

/* Without an error the library wrote less than it had: the disk was full for a while. */
static _Noreturn void
truncated(const char *what)
{
	if (document.file_limit >= 0)
		errno = EFBIG;
	else
		errno = ENOSPC;
	fail_io(what);
}

static _Noreturn void
damaged(void)
{
	fail(STATE_IO_ERROR, "the finished file is damaged");
}
