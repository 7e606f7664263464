-- Takes away what bench/load/sketch.sql makes: its statistics would change the plans of other measurements.
SET client_min_messages = warning;
DROP STATISTICS IF EXISTS sketch_day, sketch_date;
DROP TABLE IF EXISTS sketch_exact, sketch_ours_cells, sketch_ours_days, sketch_peer_cells, sketch_peer_days, sketch_groups;
RESET client_min_messages;
