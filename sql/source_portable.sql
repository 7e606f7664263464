-- A stored expression means the same to every reader, whatever DateStyle, IntervalStyle or
-- extra_float_digits its definer had and whatever the reader has: constants are kept in ISO.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET timezone = 'UTC';

CREATE TABLE portable (at timestamptz NOT NULL, who int NOT NULL, due date, took interval, cost float8);

-- The definer writes the first of February, a day less two hours, and a number of 17 digits.
SET datestyle = 'SQL, DMY';
SET intervalstyle = 'sql_standard';
SET extra_float_digits = -10;
SELECT analytics.add_source('portable', 'portable', 'at', 'who');
SELECT analytics.define_metric('portable', 'portable', 'count', filter =>
    'due >= ''01/02/2026''::date AND at < ''03/02/2026 00:00:00+00''::timestamptz '
    'AND took > ''-1 day +2:00''::interval AND cost = ''0.30000000000000004''::float8');

-- What is stored does not depend on that, and reads the same in the defaults and in other styles.
RESET datestyle;
RESET intervalstyle;
RESET extra_float_digits;
SELECT filter FROM analytics.metrics WHERE name = 'portable';
INSERT INTO portable VALUES
    ('2026-02-02 12:00+00', 1, '2026-02-01', '-21 hours', 0.1 + 0.2::float8),
    ('2026-02-02 12:00+00', 2, '2026-01-02', '-21 hours', 0.1 + 0.2::float8),
    ('2026-02-02 12:00+00', 3, '2026-02-01', '-23 hours', 0.1 + 0.2::float8),
    ('2026-02-02 12:00+00', 4, '2026-02-01', '-21 hours', 0.3),
    ('2026-02-04 12:00+00', 5, '2026-02-01', '-21 hours', 0.1 + 0.2::float8);
-- By hand only the first row qualifies: the others fail at one condition each. The stored text, run
-- by readers of four styles, finds just this row.
SELECT format('SELECT %L AS style, who FROM portable WHERE %s ORDER BY who', 'ISO', filter)
FROM analytics.metrics WHERE name = 'portable' \gexec
SET datestyle = 'SQL, DMY';
SELECT format('SELECT %L AS style, who FROM portable WHERE %s ORDER BY who', 'SQL, DMY', filter)
FROM analytics.metrics WHERE name = 'portable' \gexec
SET datestyle = 'German';
SET intervalstyle = 'sql_standard';
SELECT format('SELECT %L AS style, who FROM portable WHERE %s ORDER BY who', 'German', filter)
FROM analytics.metrics WHERE name = 'portable' \gexec
SET datestyle = 'Postgres, MDY';
SET intervalstyle = 'iso_8601';
SELECT format('SELECT %L AS style, who FROM portable WHERE %s ORDER BY who', 'Postgres, MDY', filter)
FROM analytics.metrics WHERE name = 'portable' \gexec
RESET datestyle;
RESET intervalstyle;

SET client_min_messages = warning;
DROP TABLE portable CASCADE;
