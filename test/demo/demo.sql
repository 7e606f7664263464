-- What the loaded events hold, by plain SQL, and the library that will answer the questions about them.
\timing on
SELECT analytics.version();

SELECT count(*) AS events, count(DISTINCT user_id) AS people, min(ts)::date AS first, max(ts)::date AS last
FROM rails_events;
