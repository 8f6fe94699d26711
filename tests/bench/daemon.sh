#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The daemon, as it is built for the medium, with NODES machines, and RATE messages of their agents a second for SECONDS: what
# daemon-load says, `page HTTP-STATUS SECONDS` for the page's data of all of them, and `resident KIB KIB` (now, at most). Runs inside
# the SDK root; the database lies on a disk, not in memory.

export BIN=build/bin
mkdir -p build/tests
export TMPDIR=$PWD/build/tests
# shellcheck source=tests/api/lib.sh
source "${BASH_SOURCE[0]%/*}/../api/lib.sh"

NODES=${1:-10000} RATE=${2:-1000} SECONDS_LONG=${3:-20}

# Addresses for all of them; nothing is held.
many_addresses()
{
	sed -i -e 's|subnet: .*|subnet: 10.0.0.0/14|; s|address: 192.*|address: 10.0.0.10|; s|hosts: .*|hosts: .1.0.1-.2.255.254|; s|discovery: .*|discovery: .0.1.1-.0.255.254|' \
		"$WORK/data/site.yaml"
}

main()
{
	need_program jq curl
	WORK=$(mktemp -d)
	on_exit clean_up
	mkdir -p "$WORK/data" "$WORK/run"
	make_seed
	make_site auto
	many_addresses
	start_daemon
	"$BIN/daemon-load" "$WORK/run/agent.sock" "$NODES" "$RATE" "$SECONDS_LONG"
	curl -s -o /dev/null -w 'page %{http_code} %{time_total}\n' --unix-socket "$WORK/run/agent.sock" http://x/status.json
	awk '/^VmRSS:/ { now = $2 } /^VmHWM:/ { most = $2 } END { print "resident", now, most }' "/proc/$DAEMON/status"
	stop_daemon
}

main "$@"
