/*
 * dir_sink.c - a finished file goes below a directory of ours, and nowhere else
 *
 * The path is relative and walked one name at a time: each directory is opened in
 * the one before it and never through a link, so whatever another process moves
 * meanwhile, no step leaves the tree.  Missing directories are made.  The file itself
 * is written under another name and renamed, as file_sink.c does it.
 */
#include "export/writer.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "utils/memutils.h"

#define DIRECTORY_MODE (S_IRWXU | S_IRGRP | S_IXGRP)
#define FILE_MODE	   (S_IRUSR | S_IWUSR | S_IRGRP)
#define WORK_MODE	   (S_IRUSR | S_IWUSR)
#define OPEN_DIRECTORY (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define MAX_NAME_TRIES 1000

static AnHeld *hold(int fd, const char *path);
static AnHeld *open_root(const char *root);
static AnHeld *enter(AnHeld *parent, const char *name, const char *path);
static void sweep(const AnHeld *directory, const char *path);
static void sweep_file(const AnHeld *directory, const char *name, const char *path);
static AnHeld *create_file(const AnHeld *directory, const char *path);
static void finish_file(AnHeld *file, const AnHeld *directory, const char *name, const char *path);
static void check_target(const AnHeld *directory, const char *name, const char *path);

char *
an_export_to_directory(AnExport *export, const char *root, const char *path)
{
	AnHeld *directory = open_root(root);
	char *real = pstrdup(root);
	char *rest = pstrdup(path);
	char *slash;
	AnHeld *file;

	while ((slash = strchr(rest, '/')) != NULL)
	{
		AnHeld *next;

		*slash = '\0';
		real = psprintf("%s/%s", real, rest);
		next = enter(directory, rest, real);
		an_held_drop(directory);
		directory = next;
		rest = slash + 1;
	}
	sweep(directory, real);
	real = psprintf("%s/%s", real, rest);
	check_target(directory, rest, real);
	file = create_file(directory, real);
	an_sink_copy(export->writer->output, file->fd, real);
	finish_file(file, directory, rest, real);
	an_held_drop(directory);
	return real;
}

/*
 * The directory that an administrator chose: it is the server's alone, since who may write there could put
 * something else in our way, and outside the data directory.
 */
void
an_export_check_root(const char *root, const char *setting)
{
	char real[PATH_MAX], data[PATH_MAX];
	struct stat st;
	const char *wrong = NULL;

	if (!is_absolute_path(root))
		wrong = "The path is not absolute.";
	else if (realpath(root, real) == NULL || stat(real, &st) != 0)
		ereport(ERROR, (an_export_errcode(),
						errmsg("could not open directory \"%s\" of %s: %m", root, setting),
						errhint("The directory must exist on the server and belong to its user.")));
	else if (!S_ISDIR(st.st_mode))
		wrong = "It is not a directory.";
	else if (st.st_uid != geteuid())
		wrong = "It does not belong to the user whom the server runs as.";
	else if (st.st_mode & (S_IWGRP | S_IWOTH))
		wrong = "Others than its owner may write there.";
	else if (realpath(DataDir, data) && path_is_prefix_of_path(data, real))
		wrong = "It is inside the data directory.";
	else if (access(real, W_OK | X_OK) != 0)
		wrong = "The server may not write there.";
	if (wrong)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("%s \"%s\" cannot be used", setting, root), errdetail("%s", wrong),
				 errhint("Make a directory with mode 0700 that belongs to the server's user.")));
}

/* Keeps a descriptor until it is dropped, or an abort closes it. */
static AnHeld *
hold(int fd, const char *path)
{
	bool is_other = fd < 0 && (errno == ENOTDIR || errno == ELOOP);
	AnHeld *held;

	if (fd < 0)
		ereport(
			ERROR,
			(an_export_errcode(), errmsg("could not open directory \"%s\": %m", path),
			 is_other ? errhint("What stands there is no directory; links are not followed.") : 0));
	if (!AcquireExternalFD())
	{
		close(fd);
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_RESOURCES),
						errmsg("too many open files to write \"%s\"", path)));
	}
	held = an_held_new();
	held->fd = fd;
	return held;
}

/* Opens the root itself: links in its path are the administrator's. */
static AnHeld *
open_root(const char *root)
{
	char real[PATH_MAX];

	if (realpath(root, real) == NULL)
		ereport(ERROR, (an_export_errcode(), errmsg("could not open directory \"%s\": %m", root)));
	return hold(open(real, OPEN_DIRECTORY), root);
}

/* Opens a directory in another, and makes it where it is missing. */
static AnHeld *
enter(AnHeld *parent, const char *name, const char *path)
{
	if (mkdirat(parent->fd, name, DIRECTORY_MODE) == 0)
		(void) pg_fsync(parent->fd);
	else if (errno != EEXIST)
		ereport(ERROR,
				(an_export_errcode(), errmsg("could not create directory \"%s\": %m", path)));
	return hold(openat(parent->fd, name, OPEN_DIRECTORY), path);
}

/* Removes what killed backends left in a directory.  Failing to do so is no error. */
static void
sweep(const AnHeld *directory, const char *path)
{
	int fd = openat(directory->fd, ".", OPEN_DIRECTORY);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;

	while (dir && (entry = readdir(dir)) != NULL)
		if (an_sink_is_work_name(entry->d_name))
			sweep_file(directory, entry->d_name, path);
	if (dir)
		closedir(dir);
	else if (fd >= 0)
		close(fd);
}

/* Removes one file if it is ours and nobody holds its lock. */
static void
sweep_file(const AnHeld *directory, const char *name, const char *path)
{
	int fd = openat(directory->fd, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
		flock(fd, LOCK_EX | LOCK_NB) == 0 && unlinkat(directory->fd, name, 0) == 0)
		ereport(LOG, (errmsg("removed \"%s/%s\", left by an export that was killed", path, name)));
	close(fd);
}

/* Makes the file under its working name, and locks it, so that no sweep takes it away. */
static AnHeld *
create_file(const AnHeld *directory, const char *path)
{
	static uint32 counter = 0;
	AnHeld *held = an_held_new();

	if (!AcquireExternalFD())
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_RESOURCES),
						errmsg("too many open files to write \"%s\"", path)));
	for (int i = 0; i < MAX_NAME_TRIES; i++)
	{
		char *name = an_sink_work_name(counter++);
		struct stat st;
		int fd = openat(directory->fd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
						WORK_MODE);

		if (fd < 0 && errno != EEXIST)
		{
			ReleaseExternalFD();
			ereport(ERROR, (an_export_errcode(), errmsg("could not create file \"%s\": %m", path)));
		}
		if (fd < 0)
			continue;
		if ((flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) && fstat(fd, &st) == 0 &&
			st.st_nlink > 0)
		{
			held->fd = fd;
			held->in_directory = directory->fd;
			held->path = MemoryContextStrdup(TopMemoryContext, name);
			return held;
		}
		close(fd);
	}
	ReleaseExternalFD();
	ereport(ERROR, (errcode(ERRCODE_DUPLICATE_FILE),
					errmsg("could not find an unused temporary file name beside \"%s\"", path)));
}

/* Gives the file, once it is on the disk, its name. */
static void
finish_file(AnHeld *file, const AnHeld *directory, const char *name, const char *path)
{
	if (fchmod(file->fd, FILE_MODE) != 0 || pg_fsync(file->fd) != 0)
		ereport(ERROR, (an_export_errcode(), errmsg("could not complete file \"%s\": %m", path)));
	check_target(directory, name, path);
	if (renameat(directory->fd, file->path, directory->fd, name) != 0)
		ereport(ERROR, (an_export_errcode(),
						errmsg("could not rename file \"%s\" to \"%s\": %m", file->path, path)));
	an_held_drop(file);
	(void) pg_fsync(directory->fd);
}

/* Under the name stands nothing, or a regular file that is replaced. */
static void
check_target(const AnHeld *directory, const char *name, const char *path)
{
	struct stat st;

	if (fstatat(directory->fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
	{
		if (errno == ENOENT)
			return;
		ereport(ERROR, (an_export_errcode(), errmsg("could not stat file \"%s\": %m", path)));
	}
	if (!S_ISREG(st.st_mode))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE), errmsg("\"%s\" is not a regular file", path),
				 errhint("Directories, links, pipes and devices are not written to.")));
}
