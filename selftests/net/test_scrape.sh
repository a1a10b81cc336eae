# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# Metrics by HTTP and by file, and a real Prometheus that scrapes two hosts through a takeover, with the alert rules we ship.

PORT=9650

# Stands for ip-takeover-exporter.socket.
socket_up() {
	command -v systemd-socket-activate >/dev/null || skip "no systemd-socket-activate here: Debian's systemd"
	on_exec "$1" systemd-socket-activate -l "$PORT" --accept --inetd "$OUT/ip-takeover-exporter" >"$TMP/$1.socket" 2>&1 &
	defer "kill $!"
	busywait 5000 listens "$1" || fail "nobody listens: $(cat "$TMP/$1.socket")"
}

listens() {
	on "$1" ss -Hltn "sport = $PORT" | grep -q .
}

# http HOST REQUEST: what comes back for it, from the host itself.
http() {
	on "$1" timeout 20 bash -c 'exec 3<>/dev/tcp/127.0.0.1/'"$PORT"' && printf "%b" "$1" >&3 && cat <&3' bash "$2"
}

test_http() {
	pair_up
	socket_up h1
	http h1 'GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n' >"$TMP/answer" || fail "no answer"
	grep -q '^HTTP/1.1 200 OK' "$TMP/answer" || fail "$(cat "$TMP/answer")"
	grep -qi '^Content-Type: text/plain; version=0.0.4; charset=utf-8' "$TMP/answer" || fail "$(head "$TMP/answer")"
	grep -q '^ip_takeover_group_state{' "$TMP/answer" || fail "no metrics"
	http h1 'GET /metrics HTTP/1.1\r\nHost: a\r\nAccept: application/openmetrics-text;version=1.0.0,text/plain;q=0.5\r\n\r\n' >"$TMP/answer"
	grep -qi '^Content-Type: application/openmetrics-text; version=1.0.0' "$TMP/answer" || fail "$(head "$TMP/answer")"
	expect_eq "last line" "# EOF" "$(tail -n 1 "$TMP/answer")"
	http h1 'HEAD /metrics HTTP/1.0\r\n\r\n' >"$TMP/answer"
	grep -q ' 200 OK' "$TMP/answer" || fail "HEAD: $(cat "$TMP/answer")"
	grep -q ip_takeover_ "$TMP/answer" && fail "HEAD has a body"
	http h1 'GET / HTTP/1.1\r\nHost: a\r\n\r\n' | grep -q ' 404 ' || fail "/ is something"
	http h1 'POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc' | grep -q ' 405 ' || fail "POST"
	http h1 'GET /metrics and more\r\n\r\n' | grep -q ' 400 ' || fail "a bad request line"
	expect_eq "to nonsense" "" "$(http h1 'nonsense\r\n\r\n')"
	# One that says nothing holds one process for ten seconds, and nobody else.
	on h1 bash -c 'exec 3<>/dev/tcp/127.0.0.1/'"$PORT"'; sleep 15' &
	http h1 'GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n' | grep -q ' 200 OK' || fail "held up by another client"
	daemon_kill h1
	http h1 'GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n' | grep -q '^ip_takeover_daemon_up{.*} 0' || fail "daemon dead: no answer"
	busywait 20000 nobody_answers || fail "a process is left: $(exporters)"
}

exporters() {
	grep -lsx ip-takeover-exp /proc/[0-9]*/comm
}

nobody_answers() {
	! exporters >/dev/null
}

test_by_hand() {
	expect_fail 2 "standard input is no connection" "$OUT/ip-takeover-exporter" </dev/null
	expect_fail 2 "--help" "$OUT/ip-takeover-exporter" --help
}

test_file() {
	pair_up
	mkdir "$TMP/textfile"
	ctl h1 metrics --text --output "$TMP/textfile/t.prom" || fail "exit status $?"
	expect_eq "mode" 644 "$(stat -c %a "$TMP/textfile/t.prom")"
	grep -q '^ip_takeover_daemon_up{.*} 1$' "$TMP/textfile/t.prom" || fail "$(head "$TMP/textfile/t.prom")"
	# Whoever has the old file open goes on with it.
	exec 5<"$TMP/textfile/t.prom"
	daemon_kill h1
	ctl h1 metrics --text --output "$TMP/textfile/t.prom" || fail "exit status $?"
	grep -q '^ip_takeover_daemon_up{.*} 1$' <&5 || fail "the old file was written over"
	grep -q '^ip_takeover_daemon_up{.*} 0$' "$TMP/textfile/t.prom" || fail "not replaced"
	expect_eq "files" t.prom "$(ls "$TMP/textfile")"
	expect_fail 1 "'$TMP/none/t.prom': No such file" ctl h1 metrics --output "$TMP/none/t.prom"
	mkdir "$TMP/textfile/dir"
	expect_fail 1 "dir': Is a directory" ctl h1 metrics --output "$TMP/textfile/dir"
	expect_eq "nothing left" "dir t.prom" "$(cd "$TMP/textfile" && echo *)"
}

test_rules() {
	prometheus_there
	promtool check rules user/monitoring/alerts.yml || fail "the rules"
	promtool test rules selftests/monitoring/alerts_test.yml || fail "a rule does not say what it should (above)"
}

# Each expression of the dashboard is one that Prometheus takes, over metrics that are told, and panels do not overlap.
test_dashboard() {
	local dashboard=user/monitoring/dashboard.json
	prometheus_there
	jq -e '.schemaVersion >= 36 and .title and .uid and (.panels | length) > 5
		and ([.panels[].id] | length == (unique | length))
		and ([.panels[] | .gridPos | .x >= 0 and .w > 0 and .h > 0 and .x + .w <= 24] | all)
		and ([.panels[] | .type and .title and (.type == "row" or (.targets | length) > 0)] | all)
		and ([.panels[].gridPos | . as $p | range(.x; .x + .w) as $x | range(.y; .y + $p.h) as $y | "\($x),\($y)"]
			| length == (unique | length))' "$dashboard" >/dev/null || fail "the dashboard's form"
	jq '{groups: [{name: "d", rules: ([.panels[].targets[]?.expr
		| gsub("\\$__rate_interval"; "1m") | gsub("\\$(job|group)"; ".*")] | unique | to_entries
		| map({record: "x:\(.key)", expr: .value}))}]}' "$dashboard" >"$TMP/rules.yml"
	promtool check rules "$TMP/rules.yml" || fail "an expression of the dashboard"
	pair_up
	ctl h1 metrics >"$TMP/all"
	for name in $(jq -r '.panels[].targets[]?.expr, .templating.list[].query.query?' "$dashboard" | grep -o 'ip_takeover_[a-z_]*' | sort -u); do
		grep -Eq "^# TYPE (${name}|${name%_total}|${name%_bucket}|${name%_info}) " "$TMP/all" || fail "$name is no metric"
	done
}

prometheus_up() {
	cat >"$TMP/prometheus.yml" <<-EOF
		global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}
		rule_files: [$PWD/user/monitoring/alerts.yml]
		scrape_configs:
		  - job_name: cluster
		    static_configs: [{targets: ['198.18.0.1:$PORT', '198.18.0.2:$PORT']}]
	EOF
	on c ip link set lo up
	on_exec c prometheus --config.file="$TMP/prometheus.yml" --storage.tsdb.path="$TMP/tsdb" \
		--web.listen-address=127.0.0.1:9090 >"$TMP/prometheus.log" 2>&1 &
	defer "kill $!"
}

# query EXPRESSION: a line for each series of it.
query() {
	on c promtool query instant http://127.0.0.1:9090 "$1" 2>/dev/null
}

query_has() {
	query "$1" | grep -Eq "$2"
}

wait_query() {
	busywait "$3" query_has "$1" "$2" || fail "$1 is not $2: $(query "$1"); $(query ALERTS)"
}

firing() {
	query_has "ALERTS{alertname=\"$1\",alertstate=\"firing\"}" .
}

wait_firing() {
	busywait "${2:-40000}" firing "$1" || fail "$1 does not fire: $(query ALERTS)"
}

wait_cleared() {
	busywait "${2:-40000}" cleared "$1" || fail "$1 goes on: $(query ALERTS)"
}

cleared() {
	! firing "$1"
}

test_prometheus() {
	prometheus_there
	pair_up
	socket_up h1
	socket_up h2
	prometheus_up
	wait_query 'sum(ip_takeover_group_state == bool 2)' '=> 1 ' 60000
	wait_query 'count(ip_takeover_group_state)' '=> 2 ' 20000
	for alert in IpTakeoverNoOwner IpTakeoverDaemonDown IpTakeoverTwoOwners; do
		cleared "$alert" || fail "$alert on a healthy pair"
	done
	local old=$OWNER new=$STANDBY
	daemon_kill "$old"
	wait_query "ip_takeover_group_state{instance=\"198.18.0.${new#h}:$PORT\"}" '=> 2 ' 20000
	wait_firing IpTakeoverMoved
	wait_firing IpTakeoverDaemonDown
	query "ALERTS{alertname=\"IpTakeoverDaemonDown\"}" | grep -q "instance=\"198.18.0.${old#h}:$PORT\"" || fail "of another host"
	cleared IpTakeoverNoOwner || fail "nobody owned it for 15 s"
	daemon_start "$old"
	wait_cleared IpTakeoverDaemonDown
	# Nobody left.
	daemon_kill h1
	daemon_kill h2
	wait_firing IpTakeoverNoOwner 60000
	daemon_start h1
	wait_cleared IpTakeoverNoOwner
}

# As the units have it: the capabilities that they leave must do.
test_unit_rights() {
	local unit caps args
	pair_up
	for unit in 'exporter@.service' textfile.service; do
		caps=$(sed -n 's/^CapabilityBoundingSet=//p' "user/systemd/ip-takeover-$unit" | tr 'A-Z ' 'a-z,' | sed 's/cap_//g')
		args=--bounding-set=-all,+${caps//,/,+}
		on h1 setpriv "$args" "$CTL" metrics >"$TMP/all" 2>"$TMP/err" || fail "$unit: $(cat "$TMP/err")"
		expect_eq "$unit: stderr" "" "$(cat "$TMP/err")"
		grep -q '^ip_takeover_interface_healthy{.*} 1$' "$TMP/all" || fail "$unit: does not see the program"
		grep -q '^ip_takeover_alarms{.*kind="program"} 0$' "$TMP/all" || fail "$unit: a false alarm"
		grep -q '^ip_takeover_daemon_up{.*} 1$' "$TMP/all" || fail "$unit: does not reach the daemon"
	done
}

# --- the monitoring group -----------------------------------------------------

GROUP_ID=4711

# Stands for ip-takeover-monitor.socket, of which SocketGroup and SocketMode are set by hand.
monitor_up() {
	local path=/run/ip-takeover-monitor.sock
	command -v systemd-socket-activate >/dev/null || skip "no systemd-socket-activate here: Debian's systemd"
	on_exec "$1" systemd-socket-activate -l "$path" --seqpacket --accept --inetd "$CTL" monitor >"$TMP/monitor" 2>&1 &
	defer "kill $!"
	busywait 5000 test -S "$path" || fail "no socket: $(cat "$TMP/monitor")"
	chgrp "$GROUP_ID" "$path"
	chmod 660 "$path"
}

# as GROUPS COMMAND...: as a user who is nobody, with these groups besides, on h1. The program lies where he can reach it.
as() {
	on h1 setpriv --reuid 4712 --regid 4712 --groups "$1" --bounding-set=-all --no-new-privs "${@:2}"
}

test_group() {
	local ctl=/run/ctl
	pair_up
	install -m 755 "$CTL" "$ctl"
	defer "rm -f $ctl"
	as 4712 "$ctl" status >"$TMP/all" 2>&1 && fail "anybody may look"
	grep -q "run as root" "$TMP/all" || fail "it says: $(cat "$TMP/all")"
	monitor_up h1
	as 4712 "$ctl" status >/dev/null 2>&1 && fail "who is not in the group may look"
	as "$GROUP_ID" "$ctl" status >"$TMP/all" || fail "exit status $?: $(cat "$TMP/all")"
	grep -q '^node n1, .*daemon running' "$TMP/all" || fail "it says: $(cat "$TMP/all")"
	expect_eq "JSON" n1 "$(as "$GROUP_ID" "$ctl" status --json | jq -r .node)"
	as "$GROUP_ID" "$ctl" metrics | tail -n 1 | grep -qx '# EOF' || fail "no metrics"
	expect_fail 1 "nothing is attached under instance 'none'" as "$GROUP_ID" "$ctl" status --instance none
	as "$GROUP_ID" timeout 5 "$ctl" events --last 5 | grep -q . || fail "no events"
	# What changes something, or writes a file, is not for the group.
	as "$GROUP_ID" "$ctl" release web >"$TMP/err" 2>&1 && fail "the group may release"
	as "$GROUP_ID" "$ctl" metrics --output /run/theirs >"$TMP/err" 2>&1 && fail "the group may write"
	[ ! -e /run/theirs ] || fail "written"
	# Right with the daemon dead.
	daemon_kill h1
	as "$GROUP_ID" "$ctl" metrics | grep -q '^ip_takeover_daemon_up{.*} 0$' || fail "no metrics without a daemon"
	# Exit status as of the command itself.
	daemon_kill h2
	busywait 5000 eval '! on h1 "$CTL" status >/dev/null' || fail "it is owned"
	as "$GROUP_ID" "$ctl" status >/dev/null
	expect_eq "exit status" 1 $?
	busywait 10000 no_monitor || fail "a process is left"
}

# The one that listens has those words as its own arguments, after others.
no_monitor() {
	local f words
	for f in /proc/[0-9]*/cmdline; do
		mapfile -d '' -t words 2>/dev/null <"$f" || continue
		[[ ${words[0]:-} == */ip-takeover-ctl && ${words[1]:-} == monitor ]] && return 1
	done
	return 0
}
