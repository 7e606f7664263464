/*
 * files.c - PostgreSQL's temporary files as the files of a kernel
 */
#include "base/base.h"

static void *
create(void *owner)
{
	MemoryContext caller = MemoryContextSwitchTo((MemoryContext) owner);
	BufFile *file = BufFileCreateTemp(false);

	MemoryContextSwitchTo(caller);
	return file;
}

static void
write_bytes(void *owner, void *file, const void *bytes, size_t size)
{
	CHECK_FOR_INTERRUPTS();
	an_compat_buffile_write((BufFile *) file, bytes, size);
}

static void
rewind_file(void *owner, void *file)
{
	if (BufFileSeek((BufFile *) file, 0, 0, SEEK_SET) != 0)
		ereport(ERROR, (errcode_for_file_access(), errmsg("could not rewind temporary file")));
}

static void
read_bytes(void *owner, void *file, void *bytes, size_t size)
{
	CHECK_FOR_INTERRUPTS();
	an_compat_buffile_read((BufFile *) file, bytes, size);
}

static void
close_file(void *owner, void *file)
{
	BufFileClose((BufFile *) file);
}

const AnGatherFiles *
an_gather_files(void)
{
	AnGatherFiles *files = palloc(sizeof(AnGatherFiles));

	*files = (AnGatherFiles){.owner = CurrentMemoryContext,
							 .create = create,
							 .write = write_bytes,
							 .rewind = rewind_file,
							 .read = read_bytes,
							 .close = close_file};
	return files;
}
