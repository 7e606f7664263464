/*
 * locale.c - the table of locales
 *
 * Separators, names of months and days: Unicode CLDR 44, the stand-alone short
 * forms.  Patterns of dates have the order that is usual there, English ISO 8601's,
 * with four digits of the year and two of all else, so that they align in a column.
 */
#include "kernel/locale.h"

#include <stdbool.h>
#include <string.h>

#define SUBTAG_MAX 8 /* letters and digits of a part of a name: BCP 47 */

static size_t subtag(const char *at);
static bool is_well_formed(const char *name);
static const AnLocale *find_chinese(const char *rest);
static bool same_subtag(const char *at, size_t length, const char *word);

static const AnLocale locales[] = {
	{
		.name = "en",
		.language = "en",
		.point = ".",
		.group = ",",
		.date = "yyyy-mm-dd",
		.timestamp = "yyyy-mm-dd hh:mm:ss",
		.months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov",
				   "Dec"},
		.days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"},
		.long_months = {"January", "February", "March", "April", "May", "June", "July", "August",
						"September", "October", "November", "December"},
		.long_days = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
		.words = {"Total", "No data", "Generated ", "Page %1 of %2", "incomplete", "Yes", "No",
				  "Other"},
	},
	{
		.name = "de",
		.language = "de",
		.point = ",",
		.group = ".",
		.date = "dd.mm.yyyy",
		.timestamp = "dd.mm.yyyy hh:mm:ss",
		.months = {"Jan", "Feb", "Mär", "Apr", "Mai", "Jun", "Jul", "Aug", "Sep", "Okt", "Nov",
				   "Dez"},
		.days = {"So", "Mo", "Di", "Mi", "Do", "Fr", "Sa"},
		.long_months = {"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August",
						"September", "Oktober", "November", "Dezember"},
		.long_days = {"Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag",
					  "Samstag"},
		.words = {"Gesamt", "Keine Daten", "Erstellt am ", "Seite %1 von %2", "unvollständig", "Ja",
				  "Nein", "Sonstige"},
	},
	{
		.name = "fr",
		.language = "fr",
		.point = ",",
		.group = "\u202f",
		.date = "dd/mm/yyyy",
		.timestamp = "dd/mm/yyyy hh:mm:ss",
		.months = {"janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.",
				   "oct.", "nov.", "déc."},
		.days = {"dim.", "lun.", "mar.", "mer.", "jeu.", "ven.", "sam."},
		.long_months = {"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août",
						"septembre", "octobre", "novembre", "décembre"},
		.long_days = {"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"},
		.words = {"Total", "Aucune donnée", "Généré le ", "Page %1 sur %2", "incomplet", "Oui",
				  "Non", "Autres"},
	},
	{
		.name = "ja",
		.language = "ja",
		.point = ".",
		.group = ",",
		.date = "yyyy/mm/dd",
		.timestamp = "yyyy/mm/dd hh:mm:ss",
		.months = {"1月", "2月", "3月", "4月", "5月", "6月", "7月", "8月", "9月", "10月", "11月",
				   "12月"},
		.days = {"日", "月", "火", "水", "木", "金", "土"},
		.long_months = {"1月", "2月", "3月", "4月", "5月", "6月", "7月", "8月", "9月", "10月",
						"11月", "12月"},
		.long_days = {"日曜日", "月曜日", "火曜日", "水曜日", "木曜日", "金曜日", "土曜日"},
		.words = {"合計", "データがありません", "作成日時：", "%1 / %2 ページ", "集計中", "はい",
				  "いいえ", "その他"},
	},
	{
		.name = "zh-CN",
		.language = "zh-cn",
		.point = ".",
		.group = ",",
		.date = "yyyy/mm/dd",
		.timestamp = "yyyy/mm/dd hh:mm:ss",
		.months = {"1月", "2月", "3月", "4月", "5月", "6月", "7月", "8月", "9月", "10月", "11月",
				   "12月"},
		.days = {"周日", "周一", "周二", "周三", "周四", "周五", "周六"},
		.long_months = {"一月", "二月", "三月", "四月", "五月", "六月", "七月", "八月", "九月",
						"十月", "十一月", "十二月"},
		.long_days = {"星期日", "星期一", "星期二", "星期三", "星期四", "星期五", "星期六"},
		.words = {"合计", "没有数据", "生成时间：", "第 %1 页，共 %2 页", "不完整", "是", "否",
				  "其他"},
	},
	{
		.name = "zh-TW",
		.language = "zh-tw",
		.point = ".",
		.group = ",",
		.date = "yyyy/mm/dd",
		.timestamp = "yyyy/mm/dd hh:mm:ss",
		.months = {"1月", "2月", "3月", "4月", "5月", "6月", "7月", "8月", "9月", "10月", "11月",
				   "12月"},
		.days = {"週日", "週一", "週二", "週三", "週四", "週五", "週六"},
		.long_months = {"1月", "2月", "3月", "4月", "5月", "6月", "7月", "8月", "9月", "10月",
						"11月", "12月"},
		.long_days = {"星期日", "星期一", "星期二", "星期三", "星期四", "星期五", "星期六"},
		.words = {"合計", "沒有資料", "產生時間：", "第 %1 頁，共 %2 頁", "未完整", "是", "否",
				  "其他"},
	},
};

#define N_LOCALES (sizeof(locales) / sizeof(locales[0]))

const AnLocale *
an_locale_find(const char *name)
{
	size_t length;

	if (name == NULL || !is_well_formed(name))
		return NULL;
	length = subtag(name);
	if (same_subtag(name, length, "zh"))
		return find_chinese(name + length);
	for (size_t i = 0; i < N_LOCALES; i++)
	{
		if (same_subtag(name, length, locales[i].name))
			return &locales[i];
	}
	return NULL;
}

const AnLocale *
an_locale_at(size_t i)
{
	return i < N_LOCALES ? &locales[i] : NULL;
}

/* Counts the letters and digits that stand here. */
static size_t
subtag(const char *at)
{
	size_t n = 0;

	while ((at[n] >= 'a' && at[n] <= 'z') || (at[n] >= 'A' && at[n] <= 'Z') ||
		   (at[n] >= '0' && at[n] <= '9'))
		n++;
	return n;
}

/* Tells whether a name is parts of letters and digits between '-' or, as POSIX has it, '_'. */
static bool
is_well_formed(const char *name)
{
	for (;;)
	{
		size_t length = subtag(name);

		if (length == 0 || length > SUBTAG_MAX)
			return false;
		name += length;
		if (*name == '\0')
			return true;
		if (*name != '-' && *name != '_')
			return false;
		name++;
	}
}

/* Chooses the script that the parts behind "zh" mean; the first that says it counts. */
static const AnLocale *
find_chinese(const char *rest)
{
	static const char *const traditional[] = {"Hant", "TW", "HK", "MO"};
	const char *name = "zh-CN";
	size_t i = 0;

	while (*rest != '\0' && strcmp(name, "zh-TW") != 0)
	{
		size_t length = subtag(++rest);

		for (size_t j = 0; j < sizeof(traditional) / sizeof(traditional[0]); j++)
		{
			if (same_subtag(rest, length, traditional[j]))
				name = "zh-TW";
		}
		if (same_subtag(rest, length, "Hans") || same_subtag(rest, length, "CN") ||
			same_subtag(rest, length, "SG"))
			break;
		rest += length;
	}
	while (strcmp(locales[i].name, name) != 0)
		i++;
	return &locales[i];
}

/* Compares a part of a name with a word, without case; <ctype.h> would ask the locale. */
static bool
same_subtag(const char *at, size_t length, const char *word)
{
	if (strlen(word) != length)
		return false;
	for (size_t i = 0; i < length; i++)
	{
		char a = at[i] >= 'A' && at[i] <= 'Z' ? (char) (at[i] + 32) : at[i];
		char b = word[i] >= 'A' && word[i] <= 'Z' ? (char) (word[i] + 32) : word[i];

		if (a != b)
			return false;
	}
	return true;
}
