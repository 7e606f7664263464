/*
 * file_sink.c - a finished file becomes a file on the server, whole or not at all
 *
 * The content goes to a file of another name in the same directory, reaches the
 * disk, and is then renamed: under the final name stands the former file or the
 * new one, never a part.  An abort removes the other file.  If the backend is
 * killed, it stays behind as .analytics-<pid>-<number>.tmp; its owner held a lock
 * on it (flock), which the kernel released, and so the next export into that
 * directory knows that nobody writes it any more and removes it.
 */
#include "export/writer.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "catalog/pg_authid.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/memutils.h"

#define CHUNK_SIZE	   (256 * 1024)
#define FINAL_MODE	   (S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH) /* as COPY has it */
#define WORK_MODE	   (S_IRUSR | S_IWUSR)
#define NAME_PREFIX	   ".analytics-"
#define NAME_SUFFIX	   ".tmp"
#define MAX_NAME_TRIES 1000

static void check_directory(const char *path);
static void check_target(const char *path);
static int create_work_file(const char *directory, AnHeld *held);
static void sweep(const char *directory);
static void sweep_file(const char *directory, const char *name);

/* Rights are those of COPY TO a file, and so is the rule that the path is absolute. */
void
an_sink_check_file(const char *path)
{
	if (!has_privs_of_role(GetUserId(), ROLE_PG_WRITE_SERVER_FILES))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to write a file on the server"),
				 errdetail("Only roles with privileges of pg_write_server_files may do so."),
				 errhint("Anyone can COPY to stdout: psql's \\copy command works for anyone.")));
	if (!is_absolute_path(path))
		ereport(ERROR, (errcode(ERRCODE_INVALID_NAME),
						errmsg("relative path not allowed for COPY to file: \"%s\"", path),
						errhint("Write a path that begins with \"/\".")));
	if (strlen(path) >= MAXPGPATH)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("path of %zu bytes exceeds the limit of %d bytes", strlen(path),
							   MAXPGPATH - 1),
						errhint("Write a shorter path.")));
	check_target(path);
	check_directory(path);
}

void
an_sink_file(File from, const char *path)
{
	AnHeld *held = an_held_new();
	char *directory = pstrdup(path);
	int fd;

	get_parent_directory(directory);
	sweep(directory);
	fd = create_work_file(directory, held);
	an_sink_copy(from, fd, held->path);
	if (fchmod(fd, FINAL_MODE) != 0 || pg_fsync(fd) != 0)
		ereport(ERROR, (an_export_errcode(), errmsg("could not complete file \"%s\": %m", path)));

	/* Look again: what stands there may have changed while the query ran. */
	check_target(path);
	if (rename(held->path, path) != 0)
		ereport(ERROR, (an_export_errcode(),
						errmsg("could not rename file \"%s\" to \"%s\": %m", held->path, path)));
	an_held_drop(held);
	if (CloseTransientFile(fd) != 0)
		ereport(ERROR, (an_export_errcode(), errmsg("could not close file \"%s\": %m", path)));
	fsync_fname(directory, true);
}

/*
 * The directory must be there, and not be the server's own: a file under the
 * name of a configuration file would be the end of it.
 */
static void
check_directory(const char *path)
{
	char directory[MAXPGPATH];
	char real[PATH_MAX];
	char data[PATH_MAX];

	strlcpy(directory, path, sizeof(directory));
	get_parent_directory(directory);
	if (realpath(directory, real) == NULL || access(real, W_OK | X_OK) != 0)
		ereport(ERROR,
				(an_export_errcode(), errmsg("could not write to directory \"%s\": %m", directory),
				 errhint("The directory must exist on the server, and its user must be "
						 "allowed to write there.")));
	if (realpath(DataDir, data) && path_is_prefix_of_path(data, real))
		ereport(ERROR, (errcode(ERRCODE_INVALID_NAME),
						errmsg("path \"%s\" is inside the data directory", path),
						errhint("Write to a directory outside of it.")));
}

/*
 * What stands under the final name must be nothing, or a regular file that COPY
 * could overwrite.  A symbolic link is neither followed nor replaced.
 */
static void
check_target(const char *path)
{
	struct stat st;

	if (path[strlen(path) - 1] == '/')
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE), errmsg("\"%s\" is a directory", path),
						errhint("Write the name of a file.")));
	if (lstat(path, &st) != 0)
	{
		if (errno == ENOENT)
			return;
		ereport(ERROR, (an_export_errcode(), errmsg("could not stat file \"%s\": %m", path)));
	}
	if (S_ISDIR(st.st_mode))
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE), errmsg("\"%s\" is a directory", path),
						errhint("Write the name of a file.")));
	if (!S_ISREG(st.st_mode))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE), errmsg("\"%s\" is not a regular file", path),
				 errhint("Links, pipes and devices are not written to.")));
	if (access(path, W_OK) != 0)
		ereport(ERROR,
				(an_export_errcode(), errmsg("could not open file \"%s\" for writing: %m", path)));
}

/*
 * Makes the file under its working name, and locks it.  Another backend's sweep
 * may come between the two steps and remove it: then we try again.  Its path goes
 * to `held`, so that an abort removes it.
 */
static int
create_work_file(const char *directory, AnHeld *held)
{
	static uint32 counter = 0;

	for (int i = 0; i < MAX_NAME_TRIES; i++)
	{
		char *path = psprintf("%s/%s", directory, an_sink_work_name(counter++));
		struct stat st;
		int fd;

		fd = OpenTransientFilePerm(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | PG_BINARY,
								   WORK_MODE);
		if (fd < 0 && errno != EEXIST)
			ereport(ERROR, (an_export_errcode(), errmsg("could not create file \"%s\": %m", path)));
		if (fd < 0)
			continue;

		/* Where locks do not work (some network disks) a sweep cannot take one either. */
		if ((flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) && fstat(fd, &st) == 0 &&
			st.st_nlink > 0)
		{
			held->path = MemoryContextStrdup(TopMemoryContext, path);
			return fd;
		}
		CloseTransientFile(fd);
	}
	ereport(ERROR, (errcode(ERRCODE_DUPLICATE_FILE),
					errmsg("could not find an unused temporary file name in \"%s\"", directory)));
	return -1;
}

char *
an_sink_work_name(uint32 number)
{
	return psprintf(NAME_PREFIX "%d-%u" NAME_SUFFIX, MyProcPid, number);
}

bool
an_sink_is_work_name(const char *name)
{
	unsigned pid, number;
	char rest[8];

	return strlen(name) < 64 && sscanf(name, NAME_PREFIX "%u-%u%7s", &pid, &number, rest) == 3 &&
		   strcmp(rest, NAME_SUFFIX) == 0;
}

void
an_sink_copy(File from, int fd, const char *path)
{
	char *buffer = palloc(CHUNK_SIZE);
	off_t offset = 0;
	size_t n;

	while ((n = an_sink_read(from, &offset, buffer, CHUNK_SIZE)) > 0)
	{
		char *at = buffer;

		while (n > 0)
		{
			ssize_t written;

			errno = 0;
			written = write(fd, at, n);
			if (written <= 0)
			{
				if (errno == EINTR)
					continue;
				if (errno == 0)
					errno = ENOSPC;
				ereport(ERROR,
						(an_export_errcode(), errmsg("could not write to file \"%s\": %m", path)));
			}
			at += written;
			n -= written;
		}
	}
	pfree(buffer);
}

/* Removes what killed backends left in this directory.  Failing to do so is no error. */
static void
sweep(const char *directory)
{
	DIR *dir = AllocateDir(directory);
	struct dirent *entry;

	while (dir && (entry = ReadDirExtended(dir, directory, LOG)) != NULL)
	{
		if (an_sink_is_work_name(entry->d_name))
			sweep_file(directory, entry->d_name);
	}
	if (dir)
		FreeDir(dir);
}

/* Removes one file if it is ours and nobody holds its lock. */
static void
sweep_file(const char *directory, const char *name)
{
	char *path = psprintf("%s/%s", directory, name);
	int fd = OpenTransientFile(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | PG_BINARY);
	struct stat st;

	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
		flock(fd, LOCK_EX | LOCK_NB) == 0)
	{
		ereport(LOG, (errmsg("removing \"%s\", left by an export that was killed", path)));
		(void) unlink(path);
	}
	CloseTransientFile(fd);
}
