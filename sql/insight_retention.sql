-- Proves retention_table: the story of docs/retention.md worked out by hand, every option on it, completeness, rights, errors.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET datestyle = ISO;
SET timezone = 'UTC';
SET analytics.now = '2026-03-06 00:00+00';
DROP ROLE IF EXISTS an_retention_reader;
CREATE ROLE an_retention_reader;
SET client_min_messages = notice;

CREATE SCHEMA ret;
CREATE TABLE ret.app (who text, at timestamptz, event text, platform text);
INSERT INTO ret.app VALUES
    ('ann', '2026-03-02 10:00', 'signup', 'ios'),     ('ann', '2026-03-02 18:00', 'open', 'ios'),
    ('ann', '2026-03-03 09:00', 'open', 'ios'),       ('ann', '2026-03-04 09:00', 'open', 'web'),
    ('bob', '2026-03-02 23:30', 'signup', 'android'), ('bob', '2026-03-03 00:10', 'open', 'android'),
    ('bob', '2026-03-05 20:00', 'open', 'android'),   ('cid', '2026-03-02 12:00', 'signup', NULL),
    ('dan', '2026-03-03 08:00', 'signup', 'ios'),     ('dan', '2026-03-04 07:00', 'open', 'ios'),
    ('dan', '2026-03-04 21:00', 'open', 'ios'),       ('dan', '2026-03-05 12:00', 'open', 'web'),
    ('eve', '2026-03-03 09:00', 'signup', 'android'), ('eve', '2026-03-03 09:05', 'open', 'android'),
    (NULL,  '2026-03-03 09:00', 'signup', 'android'), ('fay', NULL, 'signup', 'ios'), ('fay', 'infinity', 'open', 'ios');
SELECT analytics.add_source('app', 'ret.app', 'at', 'who', event => 'event');

SELECT cohort::date, breakdown, size, period, retained, rate, complete
FROM analytics.retention_table('app', 'signup', 'open', '2026-03-02', '2026-03-05', periods => 4);

-- the same as triangles, by option: a size, then who is retained in periods 0 to 3
CREATE FUNCTION ret.triangle(criterion text = 'on', clock text = 'calendar', min_events int = 1, period_zero text = 'started',
    cohort text = 'first_in_range', start_event text = 'signup', return_event text = 'open', breakdown text = NULL, periods int = 4)
RETURNS TABLE (triangle text) LANGUAGE sql STABLE AS $$
    SELECT string_agg(line, ' | ' ORDER BY cohort, breakdown) FROM (
        SELECT t.cohort, t.breakdown, coalesce(t.breakdown || ' ', '') || size || ': ' || string_agg(retained::text, ' ' ORDER BY period) AS line
        FROM analytics.retention_table('app', start_event, return_event, '2026-03-02', '2026-03-05', periods => periods, cohort => cohort,
            criterion => criterion, clock => clock, min_events => min_events, breakdown => breakdown, period_zero => period_zero) t
        WHERE size > 0 GROUP BY t.cohort, t.breakdown, size) l $$;
SELECT criterion, clock, period_zero, min_events, triangle
FROM (VALUES ('on', 'calendar', 'started', 1), ('on_or_after', 'calendar', 'started', 1), ('on_or_before', 'calendar', 'started', 1),
    ('streak', 'calendar', 'started', 1), ('on', 'rolling', 'started', 1), ('on_or_after', 'rolling', 'started', 1),
    ('on', 'calendar', 'returned', 1), ('on_or_before', 'calendar', 'returned', 1), ('streak', 'calendar', 'returned', 1),
    ('on', 'calendar', 'started', 2), ('on', 'rolling', 'returned', 1)) o (criterion, clock, period_zero, min_events),
    LATERAL ret.triangle(criterion, clock, min_events, period_zero);
-- by the platform of the sign-up, not of the return
SELECT ret.triangle(breakdown => 'platform');
-- whoever opens is of a cohort: on its first day, its first day ever, every day; any event; the same event
SELECT 'first_in_range' AS cohort, ret.triangle(start_event => 'open')
UNION ALL SELECT 'recurring', ret.triangle(start_event => 'open', cohort => 'recurring')
UNION ALL SELECT 'recurring, rolling', ret.triangle(start_event => 'open', cohort => 'recurring', clock => 'rolling')
UNION ALL SELECT 'any event', ret.triangle(start_event => NULL, return_event => NULL)
UNION ALL SELECT 'open after anything', ret.triangle(start_event => NULL, return_event => 'open')
UNION ALL SELECT 'by condition', ret.triangle(start_event => '{"event": "signup", "where": {"platform": ["ios", "web"]}}', return_event => '{"where": "platform = ''web''"}')
UNION ALL SELECT 'any of', ret.triangle(start_event => '["signup", {"event": "open", "where": "platform = ''web''"}]');
-- who started before the range: in first_in_range as if new, in first_ever left out
SELECT cohort, string_agg(size::text, ' ' ORDER BY t.first) AS sizes
FROM unnest(ARRAY['first_in_range', 'first_ever', 'recurring']) cohort,
    LATERAL (SELECT r.cohort AS first, size FROM analytics.retention_table('app', NULL, NULL, '2026-03-03', '2026-03-06', periods => 1, cohort => cohort) r) t
GROUP BY cohort ORDER BY cohort;
-- filters hold for starts and returns
SELECT cohort::date, size, period, retained FROM analytics.retention_table('app', NULL, NULL, '2026-03-02', '2026-03-03', periods => 4, filters => '{"platform": "ios"}');

-- weeks begin on Monday, months have their lengths; a month that rolls has 30 days
SELECT period, clock, t.cohort::date, string_agg(complete::text, ' ' ORDER BY t.n) AS complete
FROM (VALUES ('week', 'calendar'), ('week', 'rolling'), ('month', 'calendar'), ('month', 'rolling')) o (period, clock),
    LATERAL (SELECT r.cohort, r.period AS n, complete FROM analytics.retention_table('app', 'signup', 'open', '2026-02-01', '2026-03-01', period, 3, clock => clock) r) t
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
-- a period is complete when it is over for all of the cohort; on or after when the last one is; a cut cohort never
SELECT criterion, clock, t.cohort::date, string_agg(t.n || CASE WHEN complete THEN '' WHEN rate IS NULL THEN ' not begun' ELSE ' under way' END, ', ' ORDER BY t.n) AS periods
FROM (VALUES ('on', 'calendar'), ('on_or_after', 'calendar'), ('on', 'rolling')) o (criterion, clock),
    LATERAL (SELECT r.cohort, r.period AS n, rate, complete
        FROM analytics.retention_table('app', 'signup', 'open', '2026-03-02', '2026-03-03 12:00', periods => 5, criterion => criterion, clock => clock) r) t
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
-- the page's triangle, its one curve, life cycles and stickiness
SELECT cohort::date, size, string_agg(coalesce(round(100 * rate) || ' %', ''), ' | ' ORDER BY period) AS days_0_to_3
FROM analytics.retention_table('app', 'signup', 'open', '2026-03-02', '2026-03-05', periods => 4) GROUP BY cohort, size ORDER BY cohort;
SELECT period, sum(retained) AS retained, sum(size) AS of, round(sum(retained) / nullif(sum(size), 0), 2) AS rate
FROM analytics.retention_table('app', 'signup', 'open', '2026-03-02', '2026-03-05', periods => 4) WHERE complete GROUP BY period ORDER BY period;
SELECT period::date, max(entities) FILTER (WHERE status = 'new') AS "new", max(entities) FILTER (WHERE status = 'returning') AS "returning",
    max(entities) FILTER (WHERE status = 'resurrecting') AS resurrecting, max(entities) FILTER (WHERE status = 'dormant') AS dormant
FROM analytics.lifecycle('app', '2026-03-02', '2026-03-06') GROUP BY period ORDER BY period;
SELECT * FROM analytics.stickiness('app', '2026-03-02', '2026-03-06');
-- days of another zone: bob's first return comes on the day of his sign-up
SELECT cohort, size, period, retained FROM analytics.retention_table('app', 'signup', 'open', '2026-03-02 05:00+00', '2026-03-04 05:00+00', periods => 3, timezone => 'America/New_York');

-- a reader sees what the caller may see
GRANT USAGE ON SCHEMA ret, analytics TO an_retention_reader;
GRANT SELECT ON ret.app TO an_retention_reader;
ALTER TABLE ret.app ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON ret.app TO an_retention_reader USING (platform = 'ios');
SET ROLE an_retention_reader;
SELECT cohort::date, size, period, retained FROM analytics.retention_table('app', 'signup', 'open', '2026-03-02', '2026-03-04', periods => 3);
SELECT period::date, status, entities FROM analytics.lifecycle('app', '2026-03-02', '2026-03-04') WHERE entities > 0;
SELECT * FROM analytics.stickiness('app', '2026-03-02', '2026-03-05');
RESET ROLE;

-- errors
\set VERBOSITY terse
SELECT * FROM analytics.retention_table(NULL, 'signup', 'open', '2026-03-02', '2026-03-05');
SELECT * FROM analytics.retention_table('ap', 'signup', 'open', '2026-03-02', '2026-03-05');
SELECT * FROM analytics.retention_table('app', 'signup', 'open', '2026-03-05', '2026-03-02');
SELECT * FROM analytics.retention_table('app', 'signup', 'open', '2026-03-02', 'infinity');
SELECT * FROM analytics.retention_table('app', 'signup', 'open', '2026-03-02', NULL);
SELECT * FROM analytics.retention_table('app', 'signup', 'open', '2026-03-02', '2026-03-05', period => 'quarter');
SELECT * FROM analytics.retention_table('app', 'signup', 'open', '2026-03-02', '2026-03-05', periods => 0);
SELECT * FROM analytics.retention_table('app', 'signup', 'open', '2026-03-02', '2026-03-05', periods => NULL);
SELECT * FROM analytics.retention_table('app', 'signup', 'open', '2026-03-02', '2026-03-05', periods => 2147483647);
SELECT * FROM analytics.retention_table('app', 'signup', 'open', '2026-03-02', '2026-03-05', periods => 9999999);
SELECT * FROM analytics.retention_table('app', 'signup', 'open', '2026-03-02', '2026-03-05', min_events => -1);
SELECT * FROM analytics.retention_table('app', 'signup', 'open', '2026-03-02', '2026-03-05', clock => 'wall');
SELECT * FROM analytics.retention_table('app', 'signup', 'open', '2026-03-02', '2026-03-05', breakdown => 'platfrom');
SELECT * FROM analytics.retention_table('app', 'signup', 'open', '2026-03-02', '2026-03-05', filters => '{"plan": 1}');
SELECT * FROM analytics.retention_table('app', '{"where": "who IN (SELECT who FROM ret.app)"}', 'open', '2026-03-02', '2026-03-05');
SELECT * FROM analytics.retention_table('app', '{"event": "signup", "wehre": "true"}', 'open', '2026-03-02', '2026-03-05');
SELECT * FROM analytics.retention_table('app', 'signup', 'open', '2026-03-02', '2026-03-05', tenant => 'x');
SELECT * FROM analytics.retention_table('app', 'signup', 'open', '2026-03-02', '2026-03-05', timezone => 'Mars');
SELECT * FROM analytics.retention_table('app', 'signup', 'open', '0001-01-01', '80000-01-01', 'month', 1, clock => 'rolling');
\set VERBOSITY default
SELECT * FROM analytics.retention_table('app', 'signup', 'open', '2026-03-02', '2026-03-05', criterion => 'on_or_befor');
SELECT * FROM analytics.retention_table('app', 'signup', 'open', '2026-03-02', '2026-03-05', cohort => 'weekly');
SELECT * FROM analytics.retention_table('app', 'signup', 'open', '2026-03-02', '2026-03-05', period_zero => 'x');
-- a date does not tell what came first on it
CREATE VIEW ret.days AS SELECT who, at::date AS day, event FROM ret.app WHERE isfinite(at);
SELECT analytics.add_source('days', 'ret.days', 'day', 'who', event => 'event');
SELECT size, period, retained FROM analytics.retention_table('days', 'signup', 'open', '2026-03-02', '2026-03-03', periods => 4);
SELECT * FROM analytics.retention_table('days', 'signup', 'open', '2026-03-02', '2026-03-05', 'hour');
SELECT * FROM analytics.retention_table('days', 'signup', 'open', '2026-03-02', '2026-03-05', clock => 'rolling');
SELECT * FROM analytics.retention_table('days', 'signup', 'open', '2026-03-02', '2026-03-05', period_zero => 'returned');

SET client_min_messages = warning;
SELECT analytics.drop_source(name) FROM unnest(ARRAY['app', 'days']) name;
DROP SCHEMA ret CASCADE;
REVOKE USAGE ON SCHEMA analytics FROM an_retention_reader;
DROP ROLE an_retention_reader;
