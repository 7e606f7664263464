#!/bin/bash
# report.sh - reports: from SQL to the bytes of a file, against headless Chromium, and what long documents take
#
#   make bench BENCH=report ROWS=0        (bench/run.sh: a server in PGHOST, a folder in SCRATCH; no events needed)
#
#   PARTS="small pages long sheets"       which of them
#   RUNS=10                               timed runs of the first two, in one session; of the others a third as many
#   BROWSER=chromium                      what prints our own HTML of the same report as PDF
#
# small:  30 rows, two cards and a chart, in each format
# pages:  200 days in Chinese with three cards, a chart and totals as PDF, from a table of days, and by the built-in otp_usage
#         from 200,000 events, with its sheet of providers; beside them the browser, from its start to its file, with
#         that page and with an empty one, and wkhtmltopdf and weasyprint where they are installed
# long:   100,000 rows of 6 columns in each format: seconds, and the most memory that helper and backend hold
# sheets: 3,000,000 rows of 3 columns as xlsx, which needs three sheets
#
# Least of the runs. Memory: VmHWM of the helper, RssAnon of the backend, looked at every 50 ms.
set -euo pipefail
runs=${RUNS:-10}
parts=${PARTS:-small pages long sheets}
scratch=${SCRATCH:?a folder}
browser=${BROWSER:-$(command -v chromium || command -v google-chrome || true)}
psql="psql -X -q -A -t -v ON_ERROR_STOP=1"
export PGOPTIONS="-c timezone=UTC -c jit=off -c client_min_messages=warning -c session_preload_libraries=analytics"
out=$scratch/report
install -d -m 777 "$out"

# The least milliseconds of so many runs of a statement in one session; the first is not counted.
least() {
	{
		printf '%s\n' '\timing on'
		for _ in $(seq 0 "$1"); do echo "$2;"; done
	} | $psql | sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p' | tail -n +2 | sort -g | head -n 1
}

# The least milliseconds of so many runs of a command; the first is not counted.
least_command() {
	local n=$1 began
	shift
	for _ in $(seq 0 "$n"); do
		began=$(date +%s%N)
		"$@" >"$out/command.log" 2>&1 || { cat "$out/command.log" >&2; return 1; }
		echo $((($(date +%s%N) - began) / 1000))
	done | tail -n +2 | sort -g | head -n 1 | awk '{ print $1 / 1000 }'
}

# say NAME MS [YARDSTICK_MS]
say() {
	awk -v name="$1" -v ms="$2" -v first="${3:-0}" 'BEGIN {
		printf "%-58s %10.1f ms  %s\n", name, ms, (first > 0 ? sprintf("%.1f times", ms / first) : "") }'
}

# Writes the most kB that the helper and the backend of a process id have held to a file, until the backend has gone.
watch_memory() {
	local backend=$1 helper=0 own=0 child held
	while [ -e "/proc/$backend" ]; do
		read -r child _ <"/proc/$backend/task/$backend/children" || true
		held=$(awk -v own_file="/proc/$backend/status" '
			/^RssAnon/ && FILENAME == own_file { own = $2 }
			/^VmHWM/ && FILENAME != own_file { helper = $2 }
			END { print helper + 0, own + 0 }' "/proc/$backend/status" ${child:+"/proc/$child/status"}) || continue
		[ "${held% *}" -le "$helper" ] || helper=${held% *}
		[ "${held#* }" -le "$own" ] || own=${held#* }
		sleep 0.05
	done 2>/dev/null
	echo "$helper $own" >"$out/memory"
}

# Runs a statement some times, each in a session of its own, and prints time and memory.
say_long() {
	local name=$1 n=$2 statement=$3 one
	for _ in $(seq "$n"); do
		{
			echo "SELECT pg_backend_pid() \\g $out/pid"
			printf '%s\n' '\timing on'
			echo "$statement;"
		} | $psql >"$out/time" &
		until [ -s "$out/pid" ]; do sleep 0.01; done
		watch_memory "$(cat "$out/pid")"
		wait $!
		rm "$out/pid"
		one=$(sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p' "$out/time")
		[ -n "$one" ] || return 1
		echo "$one $(cat "$out/memory")" >>"$out/runs"
	done
	awk -v name="$name" -v size="$(stat -c %s "$out/long")" '
		NR == 1 || $1 < ms { ms = $1 }
		$2 > helper { helper = $2 }
		$3 > backend { backend = $3 }
		END { printf "%-58s %8.2f s  helper %6.1f MB, backend %5.1f MB, file %6.1f MB\n", name, ms / 1000, helper / 1024, backend / 1024, size / 1e6 }' "$out/runs"
	rm "$out/runs"
}

define() {
	$psql <<-'SQL'
		CREATE TABLE report_days AS SELECT date '2026-01-01' + i AS day, 900 + i * 7 % 300 AS sent, 850 + i * 5 % 250 AS verified,
			10 + i % 40 AS failed, ((i * 37 % 500) * 1.25)::numeric(10,2) AS cost FROM generate_series(0, 199) i;
		CREATE TABLE report_long AS SELECT i AS id, timestamptz '2025-01-01' + i * interval '37 s' AS at,
			'event_' || i % 50 AS event, ((i % 1000) * 1.25)::numeric(10,2) AS amount, i % 2 = 0 AS ok, '使用者' || i % 5000 AS name
		FROM generate_series(1, 100000) i;
		CREATE TABLE report_otp AS SELECT timestamptz '2026-01-01' + i * interval '86.4 s' AS at, 'user ' || i % 9973 AS phone,
			(ARRAY['twilio', 'sinch', 'mitake'])[1 + i % 3] AS provider, CASE WHEN i % 11 = 0 THEN 'failed' ELSE 'verified' END AS status,
			0.35::numeric AS cost, ((i % 70) / 10.0)::float8 AS seconds FROM generate_series(0, 199999) i;
		VACUUM ANALYZE report_days, report_long, report_otp;
		SELECT analytics.add_source('report_otp', 'report_otp', 'at', 'phone') \g /dev/null
		SELECT analytics.define_metric('otp_sent', 'report_otp', 'count', dimensions => '{provider}'),
			analytics.define_metric('otp_verified', 'report_otp', 'count', filter => 'status = ''verified''', dimensions => '{provider}'),
			analytics.define_metric('otp_failed', 'report_otp', 'count', filter => 'status = ''failed''', dimensions => '{provider}'),
			analytics.define_metric('otp_cost', 'report_otp', 'sum', 'cost', dimensions => '{provider}'),
			analytics.define_metric('otp_latency', 'report_otp', 'avg', 'seconds', dimensions => '{provider}') \g /dev/null
		SELECT analytics.define_report('bench_small', '{"title": "Daily use", "query": "SELECT day, sent, verified, cost FROM report_days ORDER BY day LIMIT 30",
			"cards": [{"label": "Sent", "value": "sum(sent)"}, {"label": "Verified", "value": "sum(verified)"}],
			"charts": [{"type": "line", "x": "day", "y": ["sent", "verified"], "title": "Sent and verified"}]}') \g /dev/null
		SELECT analytics.define_report('bench_pages', '{"title": "OTP 使用報表", "subtitle": "2026-01-01 – 2026-07-19", "locale": "zh-TW",
			"query": "SELECT * FROM report_days ORDER BY day",
			"cards": [{"label": "總發送次數", "value": "sum(sent)", "format": "#,##0"},
				{"label": "驗證成功", "value": "sum(verified)", "format": "#,##0"},
				{"label": "成功率", "value": "sum(verified)::float8 / nullif(sum(sent), 0)", "format": "0.00%"}],
			"columns": [{"name": "day", "header": "日期", "total": "label"},
				{"name": "sent", "header": "發送次數", "total": "sum"},
				{"name": "verified", "header": "驗證成功", "total": "sum"},
				{"name": "failed", "header": "驗證失敗", "total": "sum"},
				{"header": "成功率 (%)", "formula": "verified / sent * 100", "format": "0.00", "total": "formula"},
				{"name": "cost", "header": "總成本 (TWD)", "format": "#,##0.00", "total": "sum"}],
			"charts": [{"type": "line", "x": "day", "y": ["sent", "verified", "failed"], "title": "每日發送與驗證"}]}') \g /dev/null
	SQL
}

measure_small() {
	local format ms
	for format in xlsx pdf html json markdown csv_excel; do
		ms=$(least "$runs" "SELECT length(analytics.run_report('bench_small', '{}', '$format'))")
		say "30 rows, $format" "$ms"
	done
}

# Prints a file of the server's bytes.
fetch_report() {
	$psql -c "SELECT encode(analytics.run_report('$1', '{}', '$2'), 'base64')" | base64 -d
}

measure_pages() {
	local ours ms tool page otp='{"locale": "zh-TW", "start": "2026-01-01", "finish": "2026-07-20"}'
	ours=$(least "$runs" "SELECT length(analytics.run_report('bench_pages', '{}', 'pdf'))")
	say "200 rows, pdf (limit 300)" "$ours"
	say "otp_usage, 200 days and 3 providers, pdf (limit 300)" \
		"$(least "$runs" "SELECT length(analytics.run_report('otp_usage', '$otp', 'pdf'))")"
	$psql <<-'SQL' >"$out/rollup.log"
		SELECT analytics.create_rollup('report_otp_daily', 'report_otp', '1 day', '{otp_sent,otp_verified,otp_failed,otp_cost,otp_latency}',
			'{provider}', 'UTC');
		SELECT * FROM analytics.refresh_rollup('report_otp_daily');
		ANALYZE report_otp_daily;
	SQL
	say "  with a rollup by day" "$(least "$runs" "SELECT length(analytics.run_report('otp_usage', '$otp', 'pdf'))")"
	say "  its queries alone (json)" "$(least "$runs" "SELECT length(analytics.run_report('otp_usage', '$otp', 'json'))")"
	say "200 rows, html" "$(least "$runs" "SELECT length(analytics.run_report('bench_pages', '{}', 'html'))")"
	fetch_report bench_pages html >"$out/pages.html"
	fetch_report bench_pages pdf >"$out/pages.pdf"
	echo '<!DOCTYPE html><title>empty</title>' >"$out/empty.html"
	if [ -n "$browser" ]; then
		for page in pages empty; do
			ms=$(least_command "$runs" "$browser" --headless --no-sandbox --disable-gpu --no-pdf-header-footer \
				"--user-data-dir=$out/browser" "--print-to-pdf=$out/browser.pdf" "file://$out/$page.html")
			say "$(basename "$browser") prints: $page" "$ms" "$ours"
		done
	else
		echo "browser left out: install chromium"
	fi
	for tool in wkhtmltopdf weasyprint; do
		if command -v $tool >/dev/null; then
			say "$tool" "$(least_command $(((runs + 2) / 3)) $tool "$out/pages.html" "$out/tool.pdf")" "$ours"
		else
			echo "$tool left out: not installed"
		fi
	done
}

measure_long() {
	local format
	for format in pdf html markdown xlsx; do
		say_long "100,000 rows x 6 columns, $format" $(((runs + 2) / 3)) "COPY report_long TO '$out/long' (FORMAT $format)"
	done
}

measure_sheets() {
	say_long "3,000,000 rows x 3 columns, xlsx" 1 \
		"COPY (SELECT i, i * 0.5::float8 AS half, 'name ' || i % 1000 AS name FROM (SELECT generate_series(1, 3000000) AS i) s) TO '$out/long' (FORMAT xlsx)"
}

define
for part in $parts; do
	"measure_$part"
done
$psql >"$out/drop.log" <<-'SQL'
	SELECT analytics.drop_report(name) FROM unnest('{bench_small,bench_pages}'::text[]) name;
	SELECT analytics.drop_rollup('report_otp_daily') FROM pg_class WHERE relname = 'report_otp_daily';
	SELECT analytics.drop_metric('otp_' || name) FROM unnest('{sent,verified,failed,cost,latency}'::text[]) name;
	SELECT analytics.drop_source('report_otp');
	DROP TABLE report_days, report_long, report_otp;
SQL
