/*
 * json.h - JSON objects of users read into structs, with the path in every message
 *
 *     static const AnKey chart_keys[] = {
 *         {"type", AN_KEY_WORD, offsetof(Chart, type), .words = chart_types},
 *         {"title", AN_KEY_SHOWN, offsetof(Chart, title)},
 *         {"y", AN_KEY_READ, offsetof(Chart, y), .read = read_columns},
 *     };
 *
 * A key that the table lacks, a value of the wrong type and a number out of range
 * are errors 22023 that name the place: "sheets[0].charts[1].type".  null is
 * as if the key were not there.
 */
#ifndef AN_BASE_JSON_H
#define AN_BASE_JSON_H

#include "postgres.h"

#include "nodes/pg_list.h"
#include "utils/jsonb.h"

#include "base/compat.h"
#include "kernel/locale.h"

/* A value, and where it stands. */
typedef struct AnJson
{
	JsonbValue value;				 /* scalar, or jbvBinary for an object or array */
	char *path;						 /* "sheets[0].name"; "" for the whole */
	const struct AnJsonTexts *texts; /* how texts are shown */
} AnJson;

/* What becomes of texts that are shown. */
typedef struct AnJsonTexts
{
	const AnLocale *
		locale; /* chooses from {"en": "...", "zh-TW": "..."}; a locale not there falls back to en, then any */
	char *(*expand)(void *owner, const char *text,
					const char *path); /* fills in {placeholders}; NULL for none */
	void *owner;					   /* its first argument */
} AnJsonTexts;

typedef enum AnKeyType
{
	AN_KEY_STRING,	/* char *: as it stands */
	AN_KEY_SHOWN,	/* char *: a text for people: a string, or an object of them by locale */
	AN_KEY_NUMBER,	/* double within [min, max] */
	AN_KEY_BOOLEAN, /* bool */
	AN_KEY_WORD,	/* int: place of the string among words, which end with NULL */
	AN_KEY_READ,	/* whatever read() makes of it */
} AnKeyType;

typedef struct AnKey
{
	const char *name;		  /* key */
	AnKeyType type;			  /* what it may be */
	size_t offset;			  /* of the field in the struct */
	const char *const *words; /* of AN_KEY_WORD */
	double min, max;		  /* of AN_KEY_NUMBER; both 0 for no bounds */
	void (*read)(const AnJson *json, void *field,
				 void *target); /* of AN_KEY_READ; target is the struct */
} AnKey;

/* an_json_root wraps a whole jsonb; texts may be NULL: nothing is expanded, and locales are en. */
extern AnJson an_json_root(Jsonb *jsonb, const AnJsonTexts *texts);

/* an_json_object reads the keys of an object into the struct at `target`, whose other fields stay. */
extern void an_json_object(const AnJson *json, const AnKey *keys, int n_keys, void *target);

/* Some keys, and the struct that they are read into. */
typedef struct AnKeys
{
	const AnKey *keys; /* the keys */
	int n_keys;		   /* how many */
	void *target;	   /* the struct */
} AnKeys;

/* an_json_parts reads the keys of one object into several structs. */
extern void an_json_parts(const AnJson *json, const AnKeys *parts, int n_parts);

/* an_json_elements returns the elements of an array, a List of AnJson *; 22023 for anything else. */
extern List *an_json_elements(const AnJson *json);

/* an_json_members returns keys and values of an object, in jsonb's order: a List of AnJsonMember *; 22023 else. */
typedef struct AnJsonMember
{
	char *key;	   /* its name */
	AnJson *value; /* path included */
} AnJsonMember;
extern List *an_json_members(const AnJson *json);

/* an_json_get returns the value under a key of an object, or NULL where it is missing or null. */
extern AnJson *an_json_get(const AnJson *json, const char *key);

/* Each an_json_<type> returns the value as that, or raises 22023 with the path. */
extern char *an_json_string(const AnJson *json);
extern char *an_json_shown(const AnJson *json);
extern double an_json_number(const AnJson *json, double min, double max);
extern bool an_json_boolean(const AnJson *json);
extern List *an_json_strings(const AnJson *json); /* a string alone is a list of one */
extern char *an_json_lines(const AnJson *json);	  /* a string, or the lines of one in an array */

/* an_json_error raises 22023: the message, at the path, with a hint. */
extern void
an_json_error(const AnJson *json, const char *message, const char *hint) pg_attribute_noreturn();

#endif /* AN_BASE_JSON_H */
