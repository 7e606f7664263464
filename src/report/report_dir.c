/*
 * report_dir.c - names of files below analytics.report_dir
 *
 * reports/{tenant}/{id}.{extension}, or a relative path of the caller's: up to 8
 * names of letters, digits, ".", "_" and "-" that do not begin with a point.  No such
 * path can leave the directory; export/dir_sink.c walks it without following links.
 */
#include "report/report_private.h"

#include "utils/uuid.h"

#define SETTING		   "analytics.report_dir"
#define MAX_NAME	   120
#define MAX_DEPTH	   8
#define NAME_CHARS	   "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"
#define DEFAULT_TENANT "default"

static bool is_path(const char *path);

void
an_report_check_dir(const char *path)
{
	if (path && !is_path(path))
		ereport(
			ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("\"%s\" is not a path below " SETTING, an_shown(path)),
			 errhint("Write up to %d names with \"/\" between, each of up to %d letters, digits, "
					 "\".\", \"_\" and \"-\", beginning with another than \".\".",
					 MAX_DEPTH, MAX_NAME)));
	if (an_report_dir == NULL || an_report_dir[0] == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("there is no directory for reports: " SETTING " is not set"),
				 errhint("Set it in postgresql.conf or with ALTER SYSTEM, and reload; or take the "
						 "file's bytes from run_report.")));
	an_export_check_root(an_report_dir, SETTING);
}

static bool
is_path(const char *path)
{
	int depth = 0;

	for (;;)
	{
		size_t length = strspn(path, NAME_CHARS);

		if (length == 0 || length > MAX_NAME || path[0] == '.' || ++depth > MAX_DEPTH)
			return false;
		if (path[length] == '\0')
			return true;
		if (path[length] != '/')
			return false;
		path += length + 1;
	}
}

char *
an_report_key(const char *tenant, const char *extension)
{
	char name[MAX_NAME + 1];
	uint8 id[UUID_LEN];
	StringInfoData key;

	strlcpy(name, tenant && tenant[0] ? tenant : DEFAULT_TENANT, sizeof(name));
	for (char *p = name; *p; p++)
		if (strchr(NAME_CHARS, *p) == NULL || (p == name && *p == '.'))
			*p = '_';
	if (!pg_strong_random(id, sizeof(id)))
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not make a random name")));
	initStringInfo(&key);
	appendStringInfo(&key, "reports/%s/", name);
	for (int i = 0; i < UUID_LEN; i++)
		appendStringInfo(&key, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", id[i]);
	appendStringInfo(&key, ".%s", extension);
	return key.data;
}
