/*
 * form.c - the canonical form of an ask: the same bytes exactly where the answer is the same
 *
 * Fields one after the other, each with its length before it, so that no two lists of
 * fields have the same bytes: who asks (current user, session user, SET ROLE), for
 * whom (tenant, metrics), settings with their values, and the query as a tree of
 * object identifiers after the expansion of views and row-level security.  Spelling,
 * blanks and comments are not in it; a view or a policy that has changed is.  The tree
 * is long, so its SHA-256 stands for it.
 *
 * Settings: those of PostgreSQL that change what a query returns, and all that are
 * not PostgreSQL's own (their names have a dot), since policies and functions read them:
 * app.tenant, request.jwt.claims, analytics.now ...
 */
#include "cache/cache_private.h"

#include "common/cryptohash.h"
#include "common/sha2.h"
#include "nodes/nodes.h"
#include "utils/guc.h"
#include "utils/guc_tables.h"

/* PostgreSQL's settings that change what a query that writes nothing returns. */
static const char *const settings[] = {
	"application_name",
	"array_nulls",
	"backslash_quote",
	"bytea_output",
	"client_encoding",
	"DateStyle",
	"default_text_search_config",
	"extra_float_digits",
	"gin_fuzzy_search_limit",
	"IntervalStyle",
	"lc_messages",
	"lc_monetary",
	"lc_numeric",
	"lc_time",
	"quote_all_identifiers",
	"role",
	"row_security",
	"search_path",
	"standard_conforming_strings",
	"TimeZone",
	"timezone_abbreviations",
	"transform_null_equals",
	"xmlbinary",
	"xmloption",
};

static void add_settings(StringInfo form);
static void add_custom_settings(StringInfo form);
static char *tree_text(Query *query);
static size_t skip_place(const char *text);

void
an_cache_form(AnCacheAsk *ask)
{
	StringInfo form = &ask->form;
	Oid users[] = {ask->role, GetSessionUserId(), GetOuterUserId()};
	char *tree = tree_text(ask->query);
	uint8 digest[PG_SHA256_DIGEST_LENGTH];
	ListCell *lc;

	initStringInfo(form);
	an_cache_field(form, users, sizeof(users));
	an_cache_field_text(form, ask->tenant);
	an_cache_field(form, &ask->any_metric, sizeof(ask->any_metric));
	foreach (lc, ask->metrics)
		an_cache_field_text(form, lfirst(lc));
	an_cache_field(form, NULL, 0);
	add_settings(form);
	an_cache_digest(tree, strlen(tree), digest);
	an_cache_field(form, digest, sizeof(digest));
	an_cache_digest(form->data, form->len, digest);
	memcpy(ask->key.data, digest, UUID_LEN);
}

void
an_cache_field(StringInfo form, const void *bytes, size_t size)
{
	uint32 length = bytes ? (uint32) size : PG_UINT32_MAX;

	appendBinaryStringInfo(form, (const char *) &length, sizeof(length));
	if (bytes)
		appendBinaryStringInfo(form, bytes, (int) size);
}

void
an_cache_field_text(StringInfo form, const char *text)
{
	an_cache_field(form, text, text ? strlen(text) : 0);
}

void
an_cache_digest(const void *bytes, size_t size, uint8 *digest)
{
	pg_cryptohash_ctx *context = pg_cryptohash_create(PG_SHA256);

	if (context == NULL || pg_cryptohash_init(context) < 0 ||
		pg_cryptohash_update(context, bytes, size) < 0 ||
		pg_cryptohash_final(context, digest, PG_SHA256_DIGEST_LENGTH) < 0)
		elog(ERROR, "could not compute SHA-256");
	pg_cryptohash_free(context);
}

static void
add_settings(StringInfo form)
{
	for (int i = 0; i < lengthof(settings); i++)
		an_cache_field_text(form, GetConfigOption(settings[i], true, false));
	add_custom_settings(form);
	an_cache_field(form, NULL, 0);
}

/*
 * Adds every setting with a dot in its name that somebody has set, with its name.  One
 * that was set and is reset reads as an empty text and not as missing, so it
 * is there too.
 */
static void
add_custom_settings(StringInfo form)
{
	int n;
	struct config_generic **all = an_compat_guc_variables(&n);

	for (int i = 0; i < n; i++)
	{
		const struct config_generic *one = all[i];

		if (strchr(one->name, '.') == NULL || strncmp(one->name, "analytics.cache_", 16) == 0)
			continue;
		if (one->source == PGC_S_DEFAULT && !(one->flags & GUC_CUSTOM_PLACEHOLDER))
			continue;
		an_cache_field_text(form, one->name);
		an_cache_field_text(form, GetConfigOption(one->name, true, false));
	}
}

/*
 * Returns the query's tree as PostgreSQL writes it, without the places in the text that
 * its nodes came from.  Words inside the tree's strings are told apart: a blank in them
 * has a backslash before it.
 */
static char *
tree_text(Query *query)
{
	char *text = nodeToString(query);
	char *to = text;

	for (const char *from = text; *from;)
	{
		size_t skipped = *from == ' ' ? skip_place(from) : 0;

		if (skipped > 0)
			from += skipped;
		else
			*to++ = *from++;
	}
	*to = '\0';
	return text;
}

/* Returns the length of " :location 12" or the like at the start of the text, or 0. */
static size_t
skip_place(const char *text)
{
	static const char *const places[] = {" :location ", " :stmt_location ", " :stmt_len "};

	for (int i = 0; i < lengthof(places); i++)
	{
		size_t n = strlen(places[i]);

		if (strncmp(text, places[i], n) == 0)
			return n + strspn(text + n, "-0123456789");
	}
	return 0;
}
