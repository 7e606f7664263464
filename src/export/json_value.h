/*
 * json_value.h - values of PostgreSQL as JSON, for the writers of json and ndjson
 */
#ifndef AN_EXPORT_JSON_VALUE_H
#define AN_EXPORT_JSON_VALUE_H

#include "export/text_writer.h"

/* How the values of a column become JSON. */
typedef enum AnJsonWay
{
	AN_JSON_BARE,	/* as it is written: integers */
	AN_JSON_NUMBER, /* as it is written if that is a number of JSON, else a string */
	AN_JSON_BOOLEAN,
	AN_JSON_MOMENT, /* ISO 8601 in quotes */
	AN_JSON_AS_IS,	/* it is JSON */
	AN_JSON_NESTED, /* by to_json: arrays, rows, types with a cast to json */
	AN_JSON_STRING, /* anything else */
} AnJsonWay;

typedef struct AnJsonColumn
{
	AnJsonWay way;	 /* of its values */
	FmgrInfo nested; /* to_json for its type, with AN_JSON_NESTED */
	char *key;		 /* "name": in UTF-8 */
	int key_length;	 /* bytes */
} AnJsonColumn;

/* an_json_column_init decides how the values of a column are written; what it keeps lives in the current context. */
extern void an_json_column_init(AnJsonColumn *json, AnColumn *column);

/*
 * an_json_put_value adds a value that is not NULL.  On one line, ends of lines between the parts of JSON that
 * the value holds become blanks.
 */
extern void
an_json_put_value(StringInfo to, AnJsonColumn *json, AnColumn *column, Datum value, bool one_line);

/* an_json_put_string adds a text in UTF-8 in quotes. */
extern void an_json_put_string(StringInfo to, const char *text, size_t length);

#endif /* AN_EXPORT_JSON_VALUE_H */
