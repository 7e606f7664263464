/*
 * funnel_question.c - the parameters of a state of funnel_agg as a question
 */
#include "behaviour/funnel_agg.h"

static uint64
get_little(const uint8 *bytes, int size)
{
	uint64 value = 0;

	for (int i = 0; i < size; i++)
		value |= (uint64) bytes[i] << (8 * i);
	return value;
}

/* Reads exclusions; false where they are not in order, or a condition behind the steps is not named. */
static bool
stored_exclusions(const uint8 *bytes, uint32 n, AnFunnelQuestion *question)
{
	AnConversionExclusion *exclusions = palloc(Max(n, 1) * sizeof(AnConversionExclusion));
	uint32 next = question->ask.n_steps; /* conditions below it are steps, or named */

	for (uint32 i = 0; i < n; i++, bytes += AN_FUNNEL_EXCLUSION_SIZE)
	{
		exclusions[i] = (AnConversionExclusion){.condition = (uint32) get_little(bytes, 2),
												.from = (uint32) get_little(bytes + 2, 2),
												.to = (uint32) get_little(bytes + 4, 2)};
		if (i > 0 && an_funnel_compare_exclusions(&exclusions[i - 1], &exclusions[i]) >= 0)
			return false;
		if (exclusions[i].condition > next)
			return false;
		next = Max(next, exclusions[i].condition + 1);
	}
	question->ask.n_conditions = next;
	question->ask.n_exclusions = n;
	question->ask.exclusions = exclusions;
	return true;
}

bool
an_funnel_question_read(const uint8 *parameters, uint32 size, uint32 n_steps, void *meaning)
{
	AnFunnelQuestion *question = meaning;
	AnConversion *ask = &question->ask;
	uint32 n_exclusions;
	uint32 n_bytes;
	bool *optional;

	if (size < AN_FUNNEL_FIXED_SIZE ||
		parameters[19] > (AN_FUNNEL_FLAG_ONCE | AN_FUNNEL_FLAG_OPEN | AN_FUNNEL_FLAG_HOLD))
		return false;
	ask->n_steps = (uint32) get_little(parameters + 20, 2);
	n_exclusions = (uint32) get_little(parameters + 22, 2);
	n_bytes = (ask->n_steps + 7) / 8;
	if (ask->n_steps == 0 || ask->n_steps > AN_CONVERSION_MAX_CONDITIONS ||
		size != AN_FUNNEL_FIXED_SIZE + n_bytes + n_exclusions * AN_FUNNEL_EXCLUSION_SIZE)
		return false;
	if (ask->n_steps % 8 != 0 &&
		parameters[AN_FUNNEL_FIXED_SIZE + n_bytes - 1] >> (ask->n_steps % 8) != 0)
		return false;
	optional = palloc(ask->n_steps * sizeof(bool));
	for (uint32 step = 0; step < ask->n_steps; step++)
	{
		optional[step] = parameters[AN_FUNNEL_FIXED_SIZE + step / 8] >> (step % 8) & 1;
		if (optional[step])
			ask->optional = optional;
	}
	ask->window_us = (int64) get_little(parameters, 8);
	ask->entry = parameters[16];
	ask->scope = parameters[17] == AN_FUNNEL_SCOPE_SESSION ? AN_SCOPE_FUNNEL : parameters[17];
	ask->order = parameters[18];
	ask->once = parameters[19] & AN_FUNNEL_FLAG_ONCE;
	ask->open_entry = parameters[19] & AN_FUNNEL_FLAG_OPEN;
	ask->entry_until = INT64_MAX;
	question->gap_us = (int64) get_little(parameters + 8, 8);
	question->hold = parameters[19] & AN_FUNNEL_FLAG_HOLD;
	if (question->gap_us < 0 ||
		(question->gap_us > 0) != (parameters[17] == AN_FUNNEL_SCOPE_SESSION))
		return false;
	if (!stored_exclusions(parameters + AN_FUNNEL_FIXED_SIZE + n_bytes, n_exclusions, question) ||
		an_conversion_check(ask) != AN_OK)
		return false;
	return n_steps == ask->n_conditions + (question->hold ? AN_BEHAVIOUR_VALUE_BITS : 0);
}

int
an_funnel_compare_exclusions(const void *a, const void *b)
{
	const AnConversionExclusion *left = a;
	const AnConversionExclusion *right = b;

	if (left->condition != right->condition)
		return left->condition < right->condition ? -1 : 1;
	if (left->from != right->from)
		return left->from < right->from ? -1 : 1;
	return left->to < right->to ? -1 : left->to > right->to;
}
