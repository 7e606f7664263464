/*
 * locale.h - how a country writes numbers and dates, and the few words of a report that are ours
 *
 * Known: en, de, fr, ja, zh-CN, zh-TW.  Names follow BCP 47 without case, '_'
 * is taken for '-'; a name with more parts than we know is taken for its
 * beginning (de-AT for de), "zh" for zh-CN, zh-Hant, zh-HK and zh-MO for zh-TW,
 * zh-Hans and zh-SG for zh-CN.
 * Source of separators and patterns: Unicode CLDR 44.
 */
#ifndef AN_KERNEL_LOCALE_H
#define AN_KERNEL_LOCALE_H

#include <stddef.h>
#include <stdint.h>

typedef enum AnWord
{
	AN_WORD_TOTAL,	   /* label of the row of totals */
	AN_WORD_NO_ROWS,   /* stands where a table has no rows */
	AN_WORD_GENERATED, /* before the time of generation, with what separates them: "Generated " */
	AN_WORD_PAGE, /* with %1 for the number of the page, %2 for how many there are: "Page %1 of %2" */
	AN_WORD_INCOMPLETE, /* says that a period is not over */
	AN_WORD_TRUE,		/* how a boolean shows */
	AN_WORD_FALSE,
	AN_WORD_OTHER, /* what is left of a pie */
	AN_WORDS,	   /* how many there are */
} AnWord;

typedef struct AnLocale
{
	const char *name;			 /* canonical: "zh-TW" */
	const char *language;		 /* for a text shaper: "zh-tw" */
	const char *point;			 /* between whole and fraction */
	const char *group;			 /* between thousands, UTF-8 */
	const char *date;			 /* pattern of a day, as number formats have it: "yyyy/mm/dd" */
	const char *timestamp;		 /* pattern of a moment: "yyyy/mm/dd hh:mm:ss" */
	const char *months[12];		 /* short names, for the pattern mmm */
	const char *days[7];		 /* short names from Sunday, for the pattern ddd */
	const char *long_months[12]; /* names, for the pattern mmmm */
	const char *long_days[7];	 /* names from Sunday, for the pattern dddd */
	const char *words[AN_WORDS]; /* by AnWord */
} AnLocale;

/* an_locale_find returns the locale that a name means, or NULL; of NULL, NULL. */
extern const AnLocale *an_locale_find(const char *name);

/* an_locale_at returns locale i, or NULL past the last: for lists of what is known. */
extern const AnLocale *an_locale_at(size_t i);

#endif /* AN_KERNEL_LOCALE_H */
