-- Table events from bench/gen.c. The command that writes the rows comes in the variable gen.
CREATE TABLE events (
	event_id bigint NOT NULL,
	tenant_id integer NOT NULL,
	event_name text NOT NULL,
	event_time timestamptz NOT NULL,
	user_id bigint,
	install_id text,
	province text,
	city text,
	cost numeric(12,4),
	latency_ms integer
);
-- \copy takes no variables; COPY FROM PROGRAM does, and the server is our own.
SELECT format('COPY events FROM PROGRAM %L WITH (FORMAT csv)', :'gen') \gexec
CREATE INDEX events_tenant_time ON events (tenant_id, event_time);
VACUUM (ANALYZE, FREEZE) events;
