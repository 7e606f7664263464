/*
 * xid.c - the type inserted_by: which transaction brought a row
 *
 * A captured table has a column "_x" of this type.  Its default is the 64-bit id of
 * the current top-level transaction, and whatever the input functions are given, they
 * return the same: pg_restore, COPY with the column listed, INSERT of a literal and a
 * logical replica never bring ids of another time or another server into a table.  (A
 * subtransaction has no id of its own here: snapshots hold only top-level ones.)
 *
 * The functions are STABLE, which they are within a transaction, and which matters:
 * COPY gives up inserting by the page for a table with a volatile default.
 *
 * The value is that of xid8 in the bytes of int8, so the operators are int8's: ids stay
 * below 2^63 for some million years.
 */
#include "base/base.h"

#include "access/transam.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "libpq/pqformat.h"
#include "utils/builtins.h"

static Datum xid_datum(void);
static void assign_xid(void);
static bool is_number(const char *text);

/* current_xid(): the default of "_x". */
AN_SQL(current_xid)
{
	return xid_datum();
}

AN_SQL(inserted_by_in)
{
	const char *text = PG_GETARG_CSTRING(0);

	if (!is_number(text))
		ereport(ERROR, (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
						errmsg("invalid input syntax for type inserted_by: \"%s\"", an_shown(text)),
						errhint("It is written as an unsigned number of 64 bits, and becomes the "
								"id of the current transaction.")));
	return xid_datum();
}

AN_SQL(inserted_by_out)
{
	PG_RETURN_CSTRING(psprintf(UINT64_FORMAT, (uint64) PG_GETARG_INT64(0)));
}

AN_SQL(inserted_by_recv)
{
	(void) pq_getmsgint64((StringInfo) PG_GETARG_POINTER(0));
	return xid_datum();
}

AN_SQL(inserted_by_send)
{
	StringInfoData buffer;

	pq_begintypsend(&buffer);
	pq_sendint64(&buffer, (uint64) PG_GETARG_INT64(0));
	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

/*
 * inserted_elsewhere(inserted_by): whether a row that is being inserted carries another
 * id than the current one, or none.  The condition of the trigger that watches for it.
 */
AN_SQL(inserted_elsewhere)
{
	FullTransactionId top = GetTopFullTransactionIdIfAny();

	PG_RETURN_BOOL(PG_ARGISNULL(0) || (uint64) PG_GETARG_INT64(0) != U64FromFullTransactionId(top));
}

static Datum
xid_datum(void)
{
	FullTransactionId top = GetTopFullTransactionIdIfAny();

	if (unlikely(!FullTransactionIdIsValid(top)))
	{
		assign_xid();
		top = GetTopFullTransactionId();
	}
	PG_RETURN_INT64((int64) U64FromFullTransactionId(top));
}

/* Raises the error that belongs to a transaction that cannot have an id. */
static void
assign_xid(void)
{
	if (RecoveryInProgress())
		ereport(ERROR, (errcode(ERRCODE_READ_ONLY_SQL_TRANSACTION),
						errmsg("cannot give a transaction an id during recovery"),
						errhint("Values of type inserted_by are made on the primary server.")));
	if (IsInParallelMode())
		ereport(ERROR, (errcode(ERRCODE_INVALID_TRANSACTION_STATE),
						errmsg("cannot give a transaction an id during a parallel operation")));
}

/* Tells whether a text is an unsigned number of 64 bits, with spaces around it. */
static bool
is_number(const char *text)
{
	uint64 value = 0;
	int n = 0;

	while (isspace((unsigned char) *text))
		text++;
	for (; *text >= '0' && *text <= '9'; text++, n++)
	{
		unsigned digit = *text - '0';

		if (value > (PG_UINT64_MAX - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	while (isspace((unsigned char) *text))
		text++;
	return n > 0 && *text == '\0';
}
