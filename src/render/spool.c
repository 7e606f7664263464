/*
 * spool.c - rows that are needed more than once
 *
 * Rows stay in memory until the buffer is full, then go to a file in
 * document.tmpdir that has no name any more: nothing is left behind however the
 * program ends.  In memory and on disk a row is its length (4 bytes) and its bytes.
 */
#include "render/render.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIRST_SIZE	 (4 * 1024)
#define BUFFER_SIZE	 (256 * 1024) /* more goes to the file */
#define HEAD_SIZE	 4
#define CANNOT_WRITE "could not write a temporary file"

struct Spool
{
	int fd;				 /* file, -1 as long as all is in the buffer */
	unsigned char *data; /* buffer */
	size_t size;		 /* its size */
	size_t at;			 /* first byte not read yet, while rows are read */
	size_t filled;		 /* first byte behind what the buffer holds */
	off_t offset;		 /* where in the file the buffer's next bytes go or come from */
	uint64_t n_rows;	 /* rows that were put */
	bool complete;		 /* the whole of it is where it will be read from */
};

static void open_file(Spool *spool);
static void write_buffer(Spool *spool);
static void make_room(Spool *spool, size_t size);
static bool need(Spool *spool, size_t size);

Spool *
spool_new(void)
{
	Spool *spool = must_alloc(NULL, sizeof(*spool));

	*spool = (Spool){.fd = -1, .size = FIRST_SIZE};
	spool->data = must_alloc(NULL, spool->size);
	return spool;
}

void
spool_put(Spool *spool, const AnFrameReader *row)
{
	size_t length = (size_t) (row->end - row->at);

	if (spool->filled + HEAD_SIZE + length > BUFFER_SIZE && spool->filled > 0)
		write_buffer(spool);
	make_room(spool, spool->filled + HEAD_SIZE + length);
	(void) an_frame_put_string(spool->data + spool->filled, (const char *) row->at, length);
	spool->filled += HEAD_SIZE + length;
	spool->n_rows++;
}

void
spool_rewind(Spool *spool)
{
	if (!spool->complete && spool->fd >= 0)
		write_buffer(spool);
	spool->complete = true;
	spool->at = 0;
	spool->offset = 0;
	if (spool->fd < 0)
		return;

	/* Of many sheets only one is read at a time. */
	spool->filled = 0;
	spool->size = 0;
	free(spool->data);
	spool->data = NULL;
}

bool
spool_next(Spool *spool, AnFrameReader *row)
{
	AnFrameReader head;
	uint32_t length;

	if (!need(spool, HEAD_SIZE))
		return false;
	head = (AnFrameReader){spool->data + spool->at, spool->data + spool->at + HEAD_SIZE};
	(void) an_frame_get_u32(&head, &length);
	if (!need(spool, HEAD_SIZE + (size_t) length))
		fail(STATE_IO_ERROR, "a temporary file is truncated");
	row->at = spool->data + spool->at + HEAD_SIZE;
	row->end = row->at + length;
	spool->at += HEAD_SIZE + (size_t) length;
	return true;
}

uint64_t
spool_rows(const Spool *spool)
{
	return spool->n_rows;
}

void
spool_free(Spool *spool)
{
	if (spool == NULL)
		return;
	if (spool->fd >= 0)
		(void) close(spool->fd);
	free(spool->data);
	free(spool);
}

/* Makes a file that nobody else can open. */
static void
open_file(Spool *spool)
{
	char *path = must_alloc(NULL, document.tmpdir.length + sizeof("/analytics-spool.XXXXXX"));

	memcpy(path, document.tmpdir.bytes, document.tmpdir.length);
	strcpy(path + document.tmpdir.length, "/analytics-spool.XXXXXX");
	spool->fd = mkostemp(path, O_CLOEXEC);
	if (spool->fd < 0)
		fail_io("could not create a temporary file");
	if (unlink(path) != 0)
		fail_io("could not remove the name of a temporary file");
	free(path);
}

/* Empties the buffer into the file. */
static void
write_buffer(Spool *spool)
{
	size_t done = 0;

	if (spool->fd < 0)
		open_file(spool);
	while (done < spool->filled)
	{
		ssize_t n;

		errno = 0;
		n = pwrite(spool->fd, spool->data + done, spool->filled - done, spool->offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			fail_io(CANNOT_WRITE);
		done += (size_t) n;
		spool->offset += n;
	}
	spool->filled = 0;
}

static void
make_room(Spool *spool, size_t size)
{
	if (size <= spool->size)
		return;
	spool->size = 2 * spool->size > size ? 2 * spool->size : size;
	spool->data = must_alloc(spool->data, spool->size);
}

/* Makes sure that `size` bytes from `at` are in the buffer; false if there are not so many. */
static bool
need(Spool *spool, size_t size)
{
	if (spool->filled - spool->at >= size)
		return true;
	if (spool->fd < 0)
		return false;
	if (spool->at > 0)
		memmove(spool->data, spool->data + spool->at, spool->filled - spool->at);
	spool->filled -= spool->at;
	spool->at = 0;
	make_room(spool, size > BUFFER_SIZE ? size : BUFFER_SIZE);
	while (spool->filled < size)
	{
		ssize_t n = pread(spool->fd, spool->data + spool->filled, spool->size - spool->filled,
						  spool->offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			fail_io("could not read a temporary file");
		if (n == 0)
			return false;
		spool->filled += (size_t) n;
		spool->offset += n;
	}
	return true;
}
