-- Loads the real events of test/data/ into table rails_events. Run by psql from the top of the tree.
\set ON_ERROR_STOP on

CREATE TABLE rails_events (
	seq integer PRIMARY KEY,
	user_id text NOT NULL,
	ts timestamptz NOT NULL,
	tz text NOT NULL,
	committed_at timestamptz NOT NULL,
	event text NOT NULL,
	component text NOT NULL,
	files integer NOT NULL
);
\copy rails_events from program 'gzip -dc test/data/rails_events.csv.gz' with (format csv, header)
CREATE INDEX rails_events_ts ON rails_events (ts);
VACUUM (ANALYZE) rails_events;
