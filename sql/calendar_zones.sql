/*
 * Proves days, weeks and months of time_bin in every zone of pg_timezone_names,
 * around changes of offset from 1970 to 2037, against a slow and obvious
 * definition in SQL: the day D begins at the least instant whose clock, read
 * with AT TIME ZONE, shows D 00:00 or later.
 *
 * Near a change that instant is the change itself, or D 00:00 read with one of
 * the offsets of those days: the least of them at which the clock is there.
 * Changes are found by comparing offsets every ten days and halving.  Here every
 * 40th change is looked at, and every fifth that takes place around midnight in
 * its zone; psql -v full=1 -f sql/calendar_zones.sql compares offsets daily and looks
 * at all (about two minutes).
 */
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET timezone = 'UTC';
SET jit = off;
\if :{?full}
\set step '1 day'
\set share 1
\set midnight_share 1
\else
\set step '10 days'
\set share 40
\set midnight_share 5
\endif

CREATE FUNCTION pg_temp.clock_ahead(zone text, at timestamptz) RETURNS interval
RETURN (at AT TIME ZONE zone) - (at AT TIME ZONE 'UTC');

-- Spans of one step at whose ends the offset differs.
CREATE TEMP TABLE span AS
SELECT name AS zone, at - :'step'::interval AS low, at AS high
FROM (SELECT name, at, pg_temp.clock_ahead(name, at) AS ahead,
             lag(pg_temp.clock_ahead(name, at)) OVER (PARTITION BY name ORDER BY at) AS ahead_before
      FROM pg_timezone_names,
           generate_series(timestamptz '1970-01-01', timestamptz '2038-01-01', :'step'::interval) AS at) AS s
WHERE ahead <> ahead_before;

-- Halved until one second is left.
CREATE TEMP TABLE change AS
WITH RECURSIVE halved AS (
    SELECT zone, low, high FROM span
    UNION ALL
    SELECT zone,
           CASE WHEN pg_temp.clock_ahead(zone, middle) = pg_temp.clock_ahead(zone, low) THEN middle ELSE low END,
           CASE WHEN pg_temp.clock_ahead(zone, middle) = pg_temp.clock_ahead(zone, low) THEN high ELSE middle END
    FROM (SELECT zone, low, high, date_trunc('second', low + (high - low) / 2) AS middle FROM halved
          WHERE high - low > interval '1 second') AS h
)
SELECT zone, high AS at, high AT TIME ZONE zone AS after, (high - interval '1 us') AT TIME ZONE zone AS before
FROM halved WHERE high - low <= interval '1 second';
CREATE INDEX ON change (zone, at);

CREATE TEMP TABLE looked_at AS
SELECT * FROM change
WHERE abs(hashtext(zone || extract(epoch FROM at))) %
      CASE WHEN date(before) <> date(after) OR date(after) <> date(after - interval '1 hour')
                OR date(before) <> date(before + interval '1 hour') THEN :midnight_share ELSE :share END = 0;

-- Dates around each change: the days themselves, and the Mondays and firsts of the month on both sides.
CREATE TEMP TABLE begins AS
SELECT DISTINCT zone, unit, day
FROM looked_at,
     LATERAL (SELECT 'day' AS unit, date(before) + n AS day FROM generate_series(-3, 4) AS n
              UNION ALL
              SELECT 'week', date_trunc('week', before)::date + 7 * n FROM generate_series(-1, 2) AS n
              UNION ALL
              SELECT 'month', (date_trunc('month', before) + n * interval '1 month')::date FROM generate_series(-1, 2) AS n) AS d;

-- The definition: the least candidate at which the clock shows the day or later.
CREATE TEMP TABLE start AS
SELECT b.zone, b.unit, b.day,
       (SELECT min(at)
        FROM (SELECT (b.day - pg_temp.clock_ahead(b.zone, (b.day + n * interval '1 day') AT TIME ZONE 'UTC'))
                     AT TIME ZONE 'UTC' AS at
              FROM generate_series(-3, 3) AS n
              UNION ALL
              SELECT c.at FROM change AS c
              WHERE c.zone = b.zone AND c.at > b.day::timestamp AT TIME ZONE 'UTC' - interval '3 days'
                AND c.at < b.day::timestamp AT TIME ZONE 'UTC' + interval '3 days') AS candidate
        WHERE at AT TIME ZONE b.zone >= b.day) AS at
FROM begins AS b;
CREATE INDEX ON start (zone, unit, at);

-- Instants to ask about: around each change, and around each start near it.
CREATE TEMP TABLE probe AS
SELECT DISTINCT zone, at
FROM (SELECT zone, at + d AS at FROM looked_at,
             unnest('{-26 h,-59 min,-1 us,0,1 us,30 min,61 min,3 h,24 h}'::interval[]) AS d
      UNION ALL
      SELECT l.zone, s.at + d FROM looked_at AS l JOIN start AS s ON s.zone = l.zone AND s.unit = 'day'
             AND s.at BETWEEN l.at - interval '30 h' AND l.at + interval '30 h', unnest('{-1 us,0}'::interval[]) AS d) AS p;

CREATE TEMP TABLE verdict AS
SELECT p.zone, p.at, u.unit, e.at AS expected, e.next,
       analytics.time_bin(u.width, p.at, p.zone) AS start,
       analytics.bin_end(u.width, p.at, p.zone) AS finish
FROM probe AS p
CROSS JOIN (VALUES ('day', interval '1 day'), ('week', '1 week'), ('month', '1 month')) AS u(unit, width)
CROSS JOIN LATERAL (
    SELECT (SELECT max(s.at) FROM start AS s WHERE s.zone = p.zone AND s.unit = u.unit AND s.at <= p.at) AS at,
           (SELECT min(s.at) FROM start AS s WHERE s.zone = p.zone AND s.unit = u.unit AND s.at > p.at) AS next) AS e;

-- Zones that never changed have nothing to look at; how many there are depends on the time zone database.
SELECT unit, bool_and(start = expected) AS starts_agree, bool_and(finish = next) AS ends_agree,
       count(*) > 10000 AS many, 2 * count(DISTINCT zone) > (SELECT count(DISTINCT zone) FROM change) AS in_most_zones
FROM verdict GROUP BY unit ORDER BY unit;

-- What differs, if anything does.
SELECT zone, unit, at, start, expected, finish, next FROM verdict
WHERE start IS DISTINCT FROM expected OR finish IS DISTINCT FROM next
ORDER BY zone, at, unit LIMIT 10;

-- Widths below a day: bins are disjoint, ordered and cover the line; the start of a bin is in it, and each
-- instant of a bin shows a clock of the same slot of its width.
SELECT width,
       bool_and(start <= at AND at < finish) AS holds,
       bool_and(analytics.time_bin(width, start, zone) = start) AS start_is_in,
       bool_and(analytics.time_bin(width, finish, zone) = finish) AS next_begins,
       bool_and(analytics.time_bin(width, finish - interval '1 us', zone) = start) AS last_is_in,
       bool_and(date_bin(width, at AT TIME ZONE zone, '2000-01-03') =
                date_bin(width, start AT TIME ZONE zone, '2000-01-03')) AS one_slot,
       bool_and(width <> interval '15 minutes' OR finish - start <= width) AS never_longer
FROM (SELECT zone, at, width, analytics.time_bin(width, at, zone) AS start, analytics.bin_end(width, at, zone) AS finish
      FROM probe, unnest('{15 minutes,30 minutes,1 hour,6 hours,7 hours}'::interval[]) AS width) AS b
GROUP BY width ORDER BY width;
