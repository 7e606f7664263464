/*
 * window_funnel and funnel() on two million events whose answer is known: 98500, 38277, 4988
 * and 686 users, from any entry and within a day of it, computed elsewhere.
 */
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET timezone = 'UTC';
CREATE UNLOGGED TABLE public.known AS
SELECT (random() ^ 2 * 100000)::int AS user_id, timestamptz '2026-01-01' + random() * interval '30 days' AS ts,
	(ARRAY['view', 'view', 'view', 'view', 'view', 'search', 'search', 'search', 'cart', 'cart', 'checkout', 'purchase', 'noise', 'noise', 'noise', 'noise'])[1 + floor(random() * 16)::int] AS event
FROM (SELECT setseed(0.42)) s, generate_series(1, 2000000);
SELECT event, count(*) FROM public.known GROUP BY event ORDER BY count(*) DESC;
SELECT step, count(*) FILTER (WHERE level >= step) AS users
FROM (SELECT analytics.window_funnel('1 day', ts, event = 'view', event = 'search', event = 'cart', event = 'purchase') AS level FROM public.known GROUP BY user_id) u,
	generate_series(1, 4) step GROUP BY step ORDER BY step;
-- The same with the noise left out, and by groups that come sorted.
SET enable_hashagg = off;
SELECT step, count(*) FILTER (WHERE level >= step) AS users
FROM (SELECT analytics.window_funnel('1 day', ts, event = 'view', event = 'search', event = 'cart', event = 'purchase') AS level
	FROM public.known WHERE event IN ('view', 'search', 'cart', 'purchase') GROUP BY user_id) u, generate_series(1, 4) step GROUP BY step ORDER BY step;
RESET enable_hashagg;
-- By funnel_agg: from any entry, from the first, and a day for each step.
SELECT options, string_agg(users::text, ' / ' ORDER BY step) AS users
FROM (SELECT options, step, count(*) FILTER (WHERE (f).steps[step]) AS users
	FROM unnest('{"{}","{\"entry\": \"first\"}","{\"scope\": \"step\"}"}'::jsonb[]) options,
		LATERAL (SELECT analytics.funnel_agg('1 day', options, ts, event = 'view', event = 'search', event = 'cart', event = 'purchase') AS f FROM public.known GROUP BY user_id) u,
		generate_series(1, 4) step GROUP BY options, step) s GROUP BY options ORDER BY options;
-- And by the meanings of four products: 63, 686 and 1558 users convert.
SELECT analytics.add_source('known', 'public.known', 'ts', 'user_id', event => 'event');
SELECT preset, string_agg(entities::text, ' / ' ORDER BY step) AS users
FROM unnest('{clickhouse,mixpanel,posthog,umami}'::text[]) preset,
	analytics.funnel('known', '["view", "search", "cart", "purchase"]', '2026-01-01', '2026-01-31', '1 day', preset => preset) GROUP BY preset ORDER BY preset;
SELECT analytics.drop_source('known');
DROP TABLE public.known;
