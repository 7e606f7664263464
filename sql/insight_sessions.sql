-- Proves sessions and session_summary: a story worked out by hand, that of docs/sessions.md; each option; bad input; row-level security.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
DROP ROLE IF EXISTS an_visitor;
CREATE ROLE an_visitor;
SET client_min_messages = notice;
SET datestyle = ISO;
SET intervalstyle = postgres;
SET timezone = 'UTC';
SET analytics.now = '2026-03-10 00:00+00';

CREATE SCHEMA shop;
CREATE TABLE shop.visits (at timestamptz, who text, event text, page text, device text, sid text);
INSERT INTO shop.visits VALUES
    ('2026-03-02 09:00+00', 'ann', 'view',     '/',          'web', 's1'),
    ('2026-03-02 09:02+00', 'ann', 'view',     '/product/7', 'web', 's1'),
    ('2026-03-02 09:32+00', 'ann', 'cart',     '/cart',      'web', 's1'), -- exactly 30 minutes later: the same visit
    ('2026-03-02 09:35+00', 'ann', 'purchase', '/thanks',    'web', 's2'),
    ('2026-03-02 11:00+00', 'ann', 'view',     '/',          'app', 's3'), -- one event only
    ('2026-03-02 10:00+00', 'bob', 'view',     '/product/8', 'app', 's4'),
    ('2026-03-02 10:01+00', 'bob', 'view',     '/product/9', 'app', 's5'),
    ('2026-03-02 10:04+00', 'bob', 'cart',     '/cart',      'app', 's4'), -- back in the first tab
    ('2026-03-02 23:50+00', 'cat', 'view',     '/',          'web', NULL),
    ('2026-03-03 00:10+00', 'cat', 'search',   '/search',    'web', 's6'), -- over midnight
    ('2026-03-03 00:11+00', 'cat', 'view',     '/product/7', 'web', 's6'),
    ('2026-03-03 00:15+00', 'cat', 'purchase', '/thanks',    'web', 's6'),
    ('2026-03-03 08:00+00', NULL,  'view',     '/',          'web', 's7'), -- nobody
    ('2026-03-03 12:00+00', 'dan', 'view',     '/',          NULL,  's8');
SELECT analytics.add_source('shop', 'shop.visits', 'at', 'who', event => 'event', timezone => 'UTC');

SELECT * FROM analytics.sessions('shop', '2026-03-02', '2026-03-04') ORDER BY entity, session;
-- Mixpanel's sessions end at midnight of the zone: two of cat's
SELECT * FROM analytics.sessions('shop', '2026-03-02', '2026-03-04', split => 'midnight') WHERE entity = 'cat' ORDER BY session;
-- in New York that was at seven in the evening
SELECT session, started, events FROM analytics.sessions('shop', '2026-03-02', '2026-03-04', split => 'midnight', timezone => 'America/New_York') WHERE entity = 'cat';
-- one microsecond less than the pause
SELECT entity, session, events FROM analytics.sessions('shop', '2026-03-02', '2026-03-04', gap => '29 minutes 59.999999 seconds') WHERE entity = 'ann' ORDER BY session;
-- a range that cuts: the session begins with its first event in it, and complete says so
SELECT entity, session, started, ended, events, entry, complete FROM analytics.sessions('shop', '2026-03-02 09:01', '2026-03-02 10:20') ORDER BY entity, session;
-- after now anything may come yet; at midnight, where days split, nothing
SET analytics.now = '2026-03-03 00:00+00';
SELECT entity, session, ended, complete FROM analytics.sessions('shop', '2026-03-02', '2026-03-03') WHERE entity = 'cat';
SELECT entity, session, ended, complete FROM analytics.sessions('shop', '2026-03-02', '2026-03-03', split => 'midnight') WHERE entity = 'cat';
SET analytics.now = '2026-03-10 00:00+00';
-- filters say which events there are at all: without the cart, more than 30 minutes pass
SELECT entity, session, events FROM analytics.sessions('shop', '2026-03-02', '2026-03-04', filters => '{"event": ["view", "purchase"]}') WHERE entity = 'ann' ORDER BY session;

-- by day: 4 and 1 sessions; 1 of 4 a bounce; (35 + 0 + 4 + 25) / 4 minutes, median (4 + 25) / 2; 12 events over 4 sessions
SELECT * FROM analytics.session_summary('shop', '2026-03-02', '2026-03-05');
-- by the device of the first event
SELECT bucket, breakdown, sessions, entities, bounces, bounce_rate, avg_duration, median_duration, events_per_session
FROM analytics.session_summary('shop', '2026-03-02', '2026-03-04', breakdown => 'device');
SELECT bucket, sessions, entities, complete FROM analytics.session_summary('shop', '2026-03-02', '2026-03-16', granularity => 'week');
-- nothing at all
SELECT * FROM analytics.session_summary('shop', '2025-03-02', '2025-03-03');
SELECT * FROM analytics.session_summary('shop', '2025-03-02', '2025-03-03', breakdown => 'device');

-- the source's own sessions, two of bob's at the same time; cat's event without one belongs to none
SELECT analytics.alter_source('shop', session => 'sid');
SELECT entity, session, started, ended, duration, events, entry, exit FROM analytics.sessions('shop', '2026-03-02', '2026-03-04') ORDER BY entity, session;
SELECT entity, session, events FROM analytics.sessions('shop', '2026-03-02', '2026-03-04', by => 'gap') WHERE entity = 'ann' ORDER BY session;
SELECT bucket, sessions, entities, events_per_session FROM analytics.session_summary('shop', '2026-03-02', '2026-03-04', by => 'session');
-- and everything there is
SELECT count(*), bool_and(complete) FROM analytics.sessions('shop', '-infinity', 'infinity');

-- a source of dates without names of events
CREATE TABLE shop.days (day date, who int);
INSERT INTO shop.days VALUES ('2026-03-02', 1), ('2026-03-02', 1), ('2026-03-03', 1), ('2026-03-05', 1), ('2026-03-02', 2);
SELECT analytics.add_source('days', 'shop.days', 'day', 'who');
SELECT * FROM analytics.sessions('days', '2026-03-01', '2026-03-09', gap => '1 day') ORDER BY entity, session;

-- row-level security: a reader sees the sessions of what the reader sees
GRANT USAGE ON SCHEMA shop, analytics TO an_visitor;
GRANT SELECT ON shop.visits TO an_visitor;
ALTER TABLE shop.visits ENABLE ROW LEVEL SECURITY;
CREATE POLICY web ON shop.visits TO an_visitor USING (device = 'web');
SET ROLE an_visitor;
SELECT entity, session, events FROM analytics.sessions('shop', '2026-03-02', '2026-03-04', by => 'gap') ORDER BY entity, session;
SELECT bucket, sessions FROM analytics.session_summary('shop', '2026-03-02', '2026-03-04', by => 'gap');
RESET ROLE;

-- entities are counted as their type compares them, with a breakdown and without; shown, and so told apart, as texts
CREATE TABLE shop.numbers (at timestamptz, who numeric, place text);
INSERT INTO shop.numbers VALUES ('2026-03-02 10:00', 1.0, 'a'), ('2026-03-02 10:10', 1.00, 'a'), ('2026-03-02 10:20', 2, 'a');
SELECT analytics.add_source('numbers', 'shop.numbers', 'at', 'who', timezone => 'UTC');
SELECT bucket, sessions, entities, bounces FROM analytics.session_summary('numbers', '2026-03-02', '2026-03-03');
SELECT bucket, breakdown, sessions, entities, bounces FROM analytics.session_summary('numbers', '2026-03-02', '2026-03-03', breakdown => 'place');
SELECT entity, events FROM analytics.sessions('numbers', '2026-03-02', '2026-03-03') ORDER BY entity;

-- bad input
SELECT * FROM analytics.sessions('shopp', '2026-03-02', '2026-03-04');
SELECT * FROM analytics.sessions('shop', '2026-03-04', '2026-03-02');
SELECT * FROM analytics.sessions('shop', NULL, '2026-03-02');
SELECT * FROM analytics.sessions(NULL, '2026-03-02', '2026-03-04');
SELECT * FROM analytics.sessions('shop', '2026-03-02', '2026-03-04', gap => '-1 minute');
SELECT * FROM analytics.sessions('shop', '2026-03-02', '2026-03-04', gap => '0');
SELECT * FROM analytics.sessions('shop', '2026-03-02', '2026-03-04', gap => '1 month');
SELECT * FROM analytics.sessions('shop', '2026-03-02', '2026-03-04', gap => NULL);
SELECT * FROM analytics.sessions('shop', '2026-03-02', '2026-03-04', split => 'midnihgt');
SELECT * FROM analytics.sessions('shop', '2026-03-02', '2026-03-04', by => 'cookie');
SELECT * FROM analytics.sessions('days', '2026-03-02', '2026-03-04', by => 'session');
SELECT * FROM analytics.sessions('shop', '2026-03-02', '2026-03-04', timezone => 'Mars/Olympus');
SELECT * FROM analytics.sessions('shop', '2026-03-02', '2026-03-04', filters => '{"devise": "web"}');
SELECT * FROM analytics.session_summary('shop', '2026-03-02', 'infinity');
SELECT * FROM analytics.session_summary('shop', '2026-03-02', '2026-03-04', granularity => 'dya');
SELECT * FROM analytics.session_summary('shop', '2026-03-02', '2026-03-04', breakdown => 'devise');
SELECT * FROM analytics.session_summary('shop', '1026-03-02', '2026-03-04', granularity => 'minute');

SET client_min_messages = warning;
DROP SCHEMA shop CASCADE;
DROP OWNED BY an_visitor;
DROP ROLE an_visitor;
