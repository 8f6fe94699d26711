#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Which rule binds a machine and why; other rules, shown before they count; locked, bound anew, released, forgotten.

# shellcheck source=tests/api/lib.sh
source "${BASH_SOURCE[0]%/*}/lib.sh"

MAC3=52:54:00:00:00:03

explained()
{
	local said
	agent_boot a ram
	agent_hello a "$(machine "$MAC1" S1)"
	agent_boot b ram
	agent_hello b "$(machine "$MAC2" S2 '.memory_bytes = 1000000')"
	said=$(fulcrum explain node-1)
	contains "a bound node says which rule bound it" "$said" "profile server, 192.168.124.81 on $MAC1, by rule 1 of $(fulcrum rules -o json | jq -r .version)"
	contains "and that rule as it stands" "$said" "rule 1   line 21   binds  node-{seq}"
	contains "a machine that no rule takes says why each did not" "$(fulcrum explain "$(agent_get b node)")" "no     node-{seq}       profile server       memory is"
	contains "and does not stop the other" "$(state node-1)" planned
	check_fails "an unknown node is said to be unknown" fulcrum explain nobody
}

# RULES: the site file with other rules
with_rules()
{
	sed '/^rules:/,/^policy:/d' "$WORK/data/site.yaml"
	printf 'rules:\n%s\npolicy: { approve: hold }\n' "$1"
}

LAB='  - { when: { serial: "S1" }, bind: { profile: server, name: "lab-{seq}", roles: [ seat, west ], addresses: .82-.83 } }'
SMALL='  - { when: { memory: "<= 64M" }, bind: { profile: server, name: "small-{seq}" } }'

# The site file may not have changed when a change was refused.
untouched()
{
	is "$1" "$(sha256sum <"$WORK/data/site.yaml")" "$2"
}

shown_first()
{
	local before said
	before=$(sha256sum <"$WORK/data/site.yaml")
	with_rules "$LAB"$'\n'"$SMALL" >"$WORK/new.yaml"
	said=$(fulcrum rules check "$WORK/new.yaml")
	contains "a bound node would be another, and stays" "$(grep '^node-1' <<<"$said")" "lab-{seq}, profile server, seat,west"
	contains "until it is bound again" "$(grep '^node-1' <<<"$said")" "stays until rebind"
	contains "one that waits is bound at once" "$(grep '^m-' <<<"$said")" "is bound at once"
	untouched "looking changes nothing" "$before"
	is "not even in the daemon" "$(state "$(agent_get b node)")" discovered
	with_rules '  - { when: {}, bind: { profile: nothing, name: "x{" } }' >"$WORK/bad.yaml"
	said=$(fulcrum rules apply "$WORK/bad.yaml" 2>&1 || true)
	contains "a bad file gets all its findings" "$said" "nothing"
	contains "with their places" "$said" "site.yaml:21:"
	sed 's/\.10$/.11/' "$WORK/new.yaml" >"$WORK/bad.yaml"
	contains "networks are not changed this way" "$(fulcrum rules apply "$WORK/bad.yaml" 2>&1 || true)" "fulcrum network apply"
	sed 's/^  server:/  other:/; s/profile: server/profile: other/' "$WORK/new.yaml" >"$WORK/bad.yaml"
	contains "a profile that a node has must stay" "$(fulcrum rules apply "$WORK/bad.yaml" 2>&1 || true)" "the profile of node-1 is missing"
	untouched "what was refused changed nothing" "$before"
}

applied()
{
	local old
	old=$(fulcrum rules -o json | jq -r .version)
	check "rules are applied" fulcrum rules apply "$WORK/new.yaml"
	isnt "their version is another" "$(fulcrum rules -o json | jq -r .version)" "$old"
	is "the former file is kept, named by its content" "$(b2sum -l 256 "$WORK"/data/site.yaml.* | cut -c1-8)" "$(cd "$WORK/data"; echo site.yaml.* | cut -d. -f3)"
	check "with the former rules" grep -F 'node-{seq}' "$WORK"/data/site.yaml.*
	is "the machine that waited is bound" "$(state small-1)" planned
	is "the bound one is what it was" "$(state node-1)" planned
	crash_daemon
	is "after a restart the new rules are in force" "$(fulcrum rules -o json | jq -r '.nodes[] | select(.node == "node-1").would_be')" "lab-{seq}, profile server, seat,west"
}

bound_anew()
{
	check "a binding is locked" fulcrum node lock node-1
	contains "a locked one is not changed" "$(fulcrum node rebind node-1 2>&1 || true)" "is locked"
	is "it is what it was" "$(state node-1)" planned
	contains "other rules say that it stays" "$(fulcrum rules check "$WORK/new.yaml" | grep '^node-1')" "locked: stays"
	check "unlocked" fulcrum node unlock node-1
	contains "it is bound by the rules as they are" "$(fulcrum node rebind node-1)" "lab-1 is planned: by rule 1 of"
	is "with an address of the rule's part" "$(operator /node/lab-1; json .address)" 192.168.124.83
	is "and its roles" "$(operator /node/lab-1; json .roles)" seat,west
	is "the agent goes on under the new name" "$(order a)" wait
	is "its old DHCP entry is gone" "$(cd "$WORK/run/dhcp.d"; echo *)" "lab-1 small-1"
	is "its old address is free" "$(fulcrum node list -o json | jq -c '[.nodes[].address] | sort')" '["192.168.124.82","192.168.124.83"]'
}

batch()
{
	contains "a role is deployed" "$(fulcrum deploy --role west)" "lab-1 is approved"
	is "and no other" "$(state small-1)" planned
	contains "one that is refused stops nobody" "$(fulcrum deploy nobody small-1 2>&1 || true)" "small-1 is approved"
	check_fails "but the command says it" fulcrum deploy nobody
}

one_at_once()
{
	sed 's/approve: hold/approve: hold, at_once: 1/' "$WORK/data/site.yaml" >"$WORK/new.yaml"
	check "a limit is set while it runs" fulcrum rules apply "$WORK/new.yaml"
	is "and no former file took the place of another" "$(find "$WORK/data" -name 'site.yaml.*' | wc -l)" 2
	is "the first is told to deploy" "$(order a)" deploy
	is "the second, too, while none writes" "$(order b)" deploy
	agent_claim a
	agent_claim b
	is "but only one claim is accepted" "$(json .accepted)" false
	is "the other waits" "$(order b)" wait
	contains "and says for what" "$(json .text)" "fewer than 1 nodes"
	agent_report a '{"report":"failed","error":"the disk broke"}'
	is "when the first is out, it goes on" "$(order b)" deploy
	is "the failed one is failed" "$(state lab-1)" failed
}

# Ready, then taken out of use.
released()
{
	agent_claim b
	agent_applied b
	agent_boot b disk
	agent_hello b "${DISK_MACHINE//"$MAC1"/"$MAC2"}"
	order b >"$WORK/order"
	agent_checks b
	is "it is ready" "$(state small-1)" ready
	contains "what is in use is not forgotten" "$(fulcrum node delete small-1 2>&1 || true)" "release it first"
	contains "it is taken out of use" "$(fulcrum node release small-1)" "is released"
	is "its DHCP entry is gone" "$(cd "$WORK/run/dhcp.d"; echo *)" lab-1
	is "its system is told to restart, although its name is gone" "$(order b)" reboot
	ask agent "/boot/grub/$MAC2"
	contains "into the agent" "$ANSWER" fulcrum.mode=agent
	agent_boot b ram
	agent_hello b "$(machine "$MAC2" S2 '.memory_bytes = 1000000')"
	is "which leaves it alone" "$(json .state)" released
	check "it is bound again when asked" fulcrum node rebind "$(agent_get b node)"
	is "as a new one" "$(operator /nodes; json '[.nodes[] | select(.name == "small-2").state][0]')" planned
}

forgotten()
{
	check "a dead node is forgotten" fulcrum node delete lab-1
	is "it is not known any more" "$(operator /node/lab-1; echo "$STATUS")" 404
	agent_poll a
	is "its agent is a stranger" "$STATUS" 403
	agent_boot a ram
	agent_hello a "$(machine "$MAC1" S1)"
	is "when it comes back it is a new one" "$(json .node)" lab-2
	agent_boot c ram
	agent_hello c "$(machine "$MAC3" S3)"
	check "and others are still taken" test "$STATUS" = 200
}

main()
{
	api_begin hold
	explained
	shown_first
	applied
	bound_anew
	batch
	one_at_once
	released
	forgotten
	stop_daemon
	tap_end
}

main "$@"
