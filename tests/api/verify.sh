#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Nodes that were ready, checked again: as declared, drifted, silent; and the report that is carried away.

# shellcheck source=tests/api/lib.sh
source "${BASH_SOURCE[0]%/*}/lib.sh"

VERIFIER=
VERIFIED=

begin_verify()
{
	fulcrum verify "$@" >"$WORK/verify" 2>&1 &
	VERIFIER=$!
	for ((i = 0; i < 100; i++)); do
		[[ $(state node-1) != checking ]] || break
		sleep 0.05
	done
	is "its checks are wanted" "$(state node-1)" checking
}

end_verify()
{
	VERIFIED=0
	wait "$VERIFIER" || VERIFIED=$?
}

as_declared()
{
	contains "before it was ever ready it has nothing to be checked for" "$(fulcrum verify node-1 2>&1 || true)" "verify has no meaning now"
	check "deployed" fulcrum deploy node-1
	check "to ready" agent_to_ready a
	begin_verify node-1
	ask agent "/boot/grub/$MAC1"
	contains "meanwhile it boots its own disk" "$ANSWER" chainloader
	is "its system is asked" "$(order a)" check
	agent_checks a
	is "it is ready, still" "$(state node-1)" ready
	end_verify
	is "the command waited for that" "$VERIFIED" 0
	contains "and shows it" "$(<"$WORK/verify")" "1 of 1 as declared"
}

drifted()
{
	begin_verify --all
	is "its system is asked" "$(order a)" check
	agent_checks a "host name"
	is "it has drifted" "$(state node-1)" drifted
	end_verify
	is "the command says it by its end" "$VERIFIED" 10
	contains "and what" "$(<"$WORK/verify")" "host name: wanted"
	ask agent "/boot/grub/$MAC1"
	contains "it goes on booting its own disk" "$ANSWER" chainloader
	begin_verify node-1
	is "its system is asked" "$(order a)" check
	agent_checks a
	end_verify
	is "mended, it is ready again" "$VERIFIED" 0
	is "by its checks alone" "$(state node-1)" ready
}

# A report that leaves checks out is no pass here either.
half_answered()
{
	begin_verify node-1
	is "its system is asked" "$(order a)" check
	agent_report a '{"report":"checks","results":[{"name":"address","expected":"x","seen":"x","pass":true}]}'
	is "half an answer is drift" "$(state node-1)" drifted
	end_verify
	is "and said" "$VERIFIED" 10
	check "it can be deployed again" fulcrum deploy node-1
	is "then it boots the agent" "$(state node-1)" bound
}

carried_away()
{
	local key
	fulcrum report >"$WORK/report.json"
	key=$(jq -r .key "$WORK/report.json")
	is "the key is the site's" "$key" "$SITE_KEY"
	contains "a report is read elsewhere" "$("$BIN/fulcrum" report check "$WORK/report.json" "$key")" "node-1"
	sed 's/bound/ready/' "$WORK/report.json" >"$WORK/forged.json"
	contains "a changed one is refused" "$("$BIN/fulcrum" report check "$WORK/forged.json" 2>&1 || true)" "is not what its key signed"
	contains "one of another key, too" "$("$BIN/fulcrum" report check "$WORK/report.json" "${key//[0-4]/5}" 2>&1 || true)" "signed by another key"
	check_fails "what is no report is none" "$BIN/fulcrum" report check "$WORK/data/site.yaml"
}

main()
{
	api_begin hold
	agent_boot a ram
	agent_hello a "$(machine "$MAC1" S1)"
	as_declared
	drifted
	half_answered
	carried_away
	stop_daemon
	tap_end
}

main "$@"
