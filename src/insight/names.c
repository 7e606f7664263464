/*
 * names.c - texts of events as numbers whose order is that of the texts
 */
#include "insight/names.h"

#include "insight/answer.h"

AnNames *
an_names_make(void)
{
	AnNames *names = palloc0(sizeof(AnNames));
	AnMemory *memory = palloc(sizeof(AnMemory));

	*memory = an_memory(
		AllocSetContextCreate(CurrentMemoryContext, "analytics names", ALLOCSET_DEFAULT_SIZES));
	names->texts = an_dictionary_create(memory);
	return names;
}

uint32
an_names_number(AnNames *names, Datum value, bool isnull)
{
	struct varlena *content;

	if (isnull)
		return AN_NAME_NULL;
	content = PG_DETOAST_DATUM_PACKED(value);
	return an_dictionary_number(names->texts, VARDATA_ANY(content), VARSIZE_ANY_EXHDR(content));
}

void
an_names_rank(AnNames *names)
{
	names->n = an_dictionary_count(names->texts);
	names->order = an_answer_order(names->texts);
	names->ranks = MemoryContextAllocHuge(CurrentMemoryContext, Max(names->n, 1) * sizeof(uint32));
	for (uint32 rank = 0; rank < names->n; rank++)
		names->ranks[names->order[rank]] = rank;
}

void
an_names_show(const AnNames *names, uint32 rank, Datum *value, bool *isnull)
{
	*isnull = rank == AN_NAME_NULL;
	*value = *isnull ? (Datum) 0 : an_answer_text(names->texts, names->order[rank]);
}
