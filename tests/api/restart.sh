#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The daemon may be killed in every state: nothing is lost, nothing happens twice.

# shellcheck source=tests/api/lib.sh
source "${BASH_SOURCE[0]%/*}/lib.sh"

# Killed here; the node must still be in STATE and its speaker's next order ORDER.
survives()
{
	local key=$SITE_KEY
	crash_daemon
	is "$1: survives a crash" "$(state node-1)" "$1"
	is "$1: the site keeps its key" "$SITE_KEY" "$key"
	is "$1: the order is the same" "$(order a)" "$2"
}

main()
{
	api_begin hold
	agent_boot a ram
	agent_hello a "$(machine "$MAC1" S1)"
	survives planned wait
	rm -rf "$WORK/run/dhcp.d" "$WORK/run/hosts.d"
	survives planned wait
	is "what dnsmasq needs is written again after a reboot" "$(cat "$WORK/run/dhcp.d/node-1")" "$MAC1,192.168.124.81,node-1,infinite"
	fulcrum deploy node-1 >/dev/null
	survives approved deploy
	agent_claim a
	is "an intent from before the crash can be claimed" "$(json .accepted)" true
	survives deploying wait
	agent_claim a
	is "but once only" "$(json .accepted)" false
	agent_applied a
	survives deployed reboot
	agent_boot a disk
	agent_hello a "$DISK_MACHINE"
	survives verifying check
	agent_checks a
	survives ready wait
	fulcrum deploy node-1 >/dev/null
	survives bound reboot
	is "the intent survives too" "$(operator /node/node-1; json .intent)" operator
	agent_boot a ram
	agent_hello a "$(machine "$MAC1" S1)"
	is "and is followed" "$(json .state)" approved
	order a >/dev/null
	agent_claim a
	agent_report a '{"report":"failed","error":"x"}'
	survives failed wait
	check "the site key is for root alone" test "$(stat -c %a "$WORK/data/site.key")" = 600
	is "the operator's socket is for its owner alone" "$(stat -c %a "$WORK/run/operator.sock")" 600
	cp "$WORK/data/fulcrum.db" "$WORK/keep.db"
	printf 'broken: [' >"$WORK/data/site.yaml"
	stop_daemon
	check_fails "a broken site file stops the start" "$BIN/fulcrumd" run --data "$WORK/data" --run "$WORK/run" --seed "$WORK/seed" --release-key "$WORK/keys/release.pub"
	make_site hold
	printf 'x' >>"$WORK/seed/images/debian-13/list"
	start_daemon
	check "a seed that is not signed does not stop the status" operator /status
	operator /status
	is "the status says there is no release" "$(json .admin.build_id)" null
	stop_daemon
	tap_end
}

main "$@"
