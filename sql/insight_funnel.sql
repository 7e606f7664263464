/*
 * funnel(): the story of docs/funnel.md, and every option on histories small enough to
 * be worked out by hand.
 */
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET datestyle = ISO;
SET timezone = 'UTC';
SET intervalstyle = postgres;
CREATE SCHEMA fun;
SET search_path = fun, analytics, public;

-- A shop: Ann pays two hours later, Bob after nine days, Cid puts into the cart before he looks, Dan only looks.
CREATE TABLE shop (who text, at timestamptz, event text, os text);
INSERT INTO shop VALUES
	('ann', '2026-03-02 10:00', 'view', 'ios'), ('ann', '2026-03-02 10:05', 'cart', 'ios'), ('ann', '2026-03-02 12:00', 'purchase', 'web'),
	('bob', '2026-03-02 11:00', 'view', 'web'), ('bob', '2026-03-03 11:00', 'cart', 'web'), ('bob', '2026-03-11 09:00', 'purchase', 'web'),
	('cid', '2026-03-04 08:00', 'cart', NULL), ('cid', '2026-03-04 08:10', 'view', NULL),
	('dan', '2026-03-05 20:00', 'view', 'ios'), (NULL, '2026-03-05 20:00', 'view', 'ios');
SELECT add_source('shop', 'fun.shop', 'at', 'who', event => 'event');
SELECT step, name, entities, dropped, rate_first, rate_previous, rate_low, rate_high, avg_time, median_time, p90_time
FROM funnel('shop', '["view", "cart", "purchase"]', '2026-03-01', '2026-04-01', within => '7 days');
-- by platform: of the first step, of the last one, of all, of the second
SELECT attribution, breakdown, string_agg(entities::text, ' > ' ORDER BY step) AS entities
FROM unnest('{first,last,all,step 2}'::text[]) attribution,
	funnel('shop', '["view", "cart", "purchase"]', '2026-03-01', '2026-04-01', within => '7 days', breakdown => 'os', attribution => attribution)
GROUP BY attribution, breakdown ORDER BY attribution, breakdown;
-- of tenants and filters: two platforms only
SELECT string_agg(entities::text, ' > ' ORDER BY step) FROM funnel('shop', '["view", "cart"]', '2026-03-01', '2026-04-01', filters => '{"os": ["ios", null]}');
-- chains begin in the range; later steps may follow it, or not
SELECT after_finish, string_agg(entities::text, ' > ' ORDER BY step)
FROM unnest('{t,f}'::boolean[]) after_finish,
	funnel('shop', '["view", "cart"]', '2026-03-02', '2026-03-02 12:00', after_finish => after_finish) GROUP BY 1 ORDER BY 1;
-- days of entry; the window of the last days is not over on the 9th
SET analytics.now = '2026-03-10 00:00';
SELECT period::date, entered, converted, rate, median_time, complete
FROM funnel_trend('shop', '["view", "cart"]', '2026-03-02', '2026-03-06', within => '5 days');
RESET analytics.now;
SELECT * FROM funnel_time_histogram('shop', '["view", "cart", "purchase"]', '2026-03-01', '2026-04-01', from_step => 1, to_step => 2, bins => 4);
SELECT outcome, step, array_agg(who ORDER BY who)
FROM (VALUES ('converted', 1), ('converted', 3), ('dropped', 2), ('dropped', 3)) v (outcome, step),
	funnel_entities('shop', '["view", "cart", "purchase"]', '2026-03-01', '2026-04-01', within => '7 days', step => step, outcome => outcome) who
GROUP BY outcome, step ORDER BY outcome, step;

-- Histories as strings: a letter an hour, from midnight; one entity each.
CREATE TABLE hist (who text, at timestamptz, event text, val text, session int);
CREATE FUNCTION history(histories text) RETURNS void LANGUAGE sql AS $$
	TRUNCATE fun.hist;
	INSERT INTO fun.hist SELECT h, timestamptz '2026-01-01' + (i - 1) * interval '1 hour', substr(h, i, 1), upper(substr(h, i, 1)), (i - 1) / 3
	FROM unnest(string_to_array(histories, ' ')) h, generate_series(1, length(h)) i WHERE substr(h, i, 1) <> '-'
$$;
SELECT add_source('hist', 'fun.hist', 'at', 'who', event => 'event');
-- how far each history goes: levels in the order of the list
CREATE FUNCTION levels(steps jsonb, within interval DEFAULT '1 day', entry text DEFAULT 'any', scope text DEFAULT 'funnel', ordering text DEFAULT 'ordered',
	exclude jsonb DEFAULT NULL, open_entry boolean DEFAULT false, once boolean DEFAULT false) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(h.who || ':' || coalesce((SELECT max(f.step) FROM funnel('hist', steps, '2026-01-01', '2026-02-01', within, entry, scope, ordering, exclude,
		breakdown => 'who', open_entry => open_entry, once => once) f WHERE f.breakdown = h.who AND f.entities > 0), 0), ' ' ORDER BY h.who)
	FROM (SELECT DISTINCT who FROM fun.hist) h
$$;
SELECT history('abc acb a-b-c aab-c abac');
SELECT levels('["a", "b", "c"]') AS ordered, levels('["a", "b", "c"]', ordering => 'strict') AS strict, levels('["a", "b", "c"]', ordering => 'any') AS "any";
SELECT entry, levels('["a", "b", "c"]', '2 hours', entry) FROM unnest('{any,first,last}'::text[]) entry;
SELECT levels('["a", "b", "c"]', '2 hours', scope => 'step') AS step, levels('["a", "b", "c"]', '1 hour', scope => 'step') AS step_1;
SELECT levels('["a", {"event": "b", "optional": true}, "c"]') AS optional, levels('["b", "c"]', open_entry => true) AS open, levels('["a", "a"]', once => true) AS once;
SELECT levels('["a", "a"]') AS twice;
SELECT levels('["a", "c"]', exclude => '["b"]') AS not_b, levels('["a", "b", "c"]', exclude => '{"event": "a", "from": 1, "to": 3}') AS not_a;
-- who does b between a and c is not counted at all, as in PostHog; but not who had gone on, or had converted before
SELECT history('abc acb a-b-c aab-c abac acab');
SELECT preset, counted, entities FROM (VALUES (NULL, '["b"]'::jsonb), (NULL, '{"event": "b", "leave": true}'), ('posthog', '["b"]')) v (preset, excluded),
	LATERAL (SELECT string_agg(who, ' ' ORDER BY who) AS counted FROM funnel_entities('hist', '["a", "c"]', '2026-01-01', '2026-02-01', preset => preset, exclude => excluded, step => 1) who) f,
	LATERAL (SELECT string_agg(entities::text, ' > ' ORDER BY step) AS entities FROM funnel('hist', '["a", "c"]', '2026-01-01', '2026-02-01', preset => preset, exclude => excluded)) g;
SELECT history('abc acb a-b-c aab-c abac');
-- steps with conditions
SELECT levels('[{"any": ["a", {"event": "b", "where": {"val": "B"}}]}, {"where": "event = ''c'' AND val IS NOT NULL"}]') AS conditions;
SELECT name FROM funnel('hist', '["a", {"event": ["b", "c"]}, {"event": "c", "where": {"val": ["C", "D"]}}, {"event": "c", "name": "Done"}]', '2026-01-01', '2026-02-01');
-- more than 64 steps
SELECT max(step), sum(entities) FROM funnel('hist', (SELECT jsonb_agg('a'::text) FROM generate_series(1, 100)), '2026-01-01', '2026-02-01', once => false, ordering => 'any');

-- presets: which a counts (a-ab-c: mixpanel's first look is too early), how long (umami: from step to step), one event for two steps or two, steps after the range
SELECT history('a-b-c aab-c abc a-ab-c');
SELECT preset, string_agg(f.entities::text, ' > ' ORDER BY step) FILTER (WHERE what = 1) AS meaning, string_agg(f.entities::text, ' > ' ORDER BY step) FILTER (WHERE what = 2) AS twice,
	string_agg(f.entities::text, ' > ' ORDER BY step) FILTER (WHERE what = 3) AS cut
FROM unnest('{clickhouse,mixpanel,posthog,umami}'::text[]) preset, (VALUES (1, '["a", "b", "c"]'::jsonb, timestamptz '2026-02-01'), (2, '["a", "a"]', '2026-02-01'), (3, '["a", "b", "c"]', '2026-01-01 01:30')) v (what, steps, finish),
	funnel('hist', steps, '2026-01-01', finish, '2 hours', preset => preset) f GROUP BY preset ORDER BY preset;
-- hold: the same plan all along
CREATE TABLE plans (who text, at timestamptz, event text, plan text, props jsonb, visit text);
INSERT INTO plans VALUES
	('ann', '2026-03-02 10:00', 'view', 'pro', '{"p": 1}', 'v1'), ('ann', '2026-03-02 10:05', 'buy', 'free', '{"p": 1}', 'v1'),
	('bob', '2026-03-02 10:00', 'view', 'pro', '{"p": 2}', 'v2'), ('bob', '2026-03-02 11:00', 'buy', 'pro', '{"p": 3}', 'v3'),
	('cid', '2026-03-02 10:00', 'view', NULL, '{}', NULL), ('cid', '2026-03-02 11:00', 'buy', NULL, '{}', NULL);
SELECT add_source('plans', 'fun.plans', 'at', 'who', event => 'event', properties => 'props', session => 'visit');
SELECT hold, string_agg(entities::text, ' > ' ORDER BY step)
FROM unnest(ARRAY['plan', 'p', 'plan,p']) hold, funnel('plans', '["view", "buy"]', '2026-03-01', '2026-04-01', hold => string_to_array(hold, ',')) GROUP BY hold ORDER BY hold;
-- in one visit; visits that converted
SELECT counting, string_agg(entities::text, ' > ' ORDER BY step)
FROM unnest('{uniques,sessions}'::text[]) counting, funnel('plans', '["view", "buy"]', '2026-03-01', '2026-04-01', scope => 'session', counting => counting) GROUP BY counting ORDER BY counting;
-- sessions by a gap: abc in one, then two hours of silence
SELECT history('ab---c abc---ab');
SELECT counting, string_agg(entities::text, ' > ' ORDER BY step)
FROM unnest('{uniques,sessions,totals}'::text[]) counting,
	funnel('hist', '["a", "b", "c"]', '2026-01-01', '2026-02-01', scope => CASE counting WHEN 'totals' THEN 'funnel' ELSE 'session' END, session_gap => '2 hours', counting => counting)
GROUP BY counting ORDER BY counting;
-- an empty first step: no shares
SELECT step, name, entities, dropped, rate_first, rate_previous, rate_low, avg_time FROM funnel('hist', '["x", "a"]', '2026-01-01', '2026-02-01');
-- what it counts, in words
\pset format unaligned
\pset tuples_only on
SELECT describe_funnel('plans', '["view", {"event": "buy", "where": {"p": "1"}}]', '2026-03-01', '2026-04-01', exclude => '["refund"]', hold => '{plan}', preset => 'mixpanel', breakdown => 'plan');
\pset format aligned
\pset tuples_only off
SET client_min_messages = warning;
DROP SCHEMA fun CASCADE;
