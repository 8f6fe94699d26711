#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What must not count: repeated, late, reordered and forged messages, wrong paths, long bodies.

# shellcheck source=tests/api/lib.sh
source "${BASH_SOURCE[0]%/*}/lib.sh"

# Everything of the node that a message could change.
fingerprint()
{
	operator /node/node-1
	json 'del(.heard)' | sha256sum
	operator /node/node-1/events
	json '.events | length'
}

unchanged()
{
	local name=$1 before=$2
	is "$name" "$(fingerprint)" "$before"
}

signatures()
{
	local before body=$WORK/agent/a/body
	before=$(fingerprint)
	agent_poll a
	ask agent -X POST --data-binary "@$body" /agent/poll
	is "an unsigned poll is denied" "$STATUS" 403
	agent_boot stranger ram
	cp "$WORK/agent/a/node" "$WORK/agent/a/attempt" "$WORK/agent/stranger/"
	agent_poll stranger
	is "another key's poll is denied" "$STATUS" 403
	agent_report stranger '{"report":"failed","error":"lies"}'
	is "another key's report is denied" "$STATUS" 403
	is "even a denial is signed by the site" "$GOOD_SIGN" yes
	printf '9' >"$WORK/agent/a/attempt.wrong"
	jq -c '.attempt = 999' "$body" >"$WORK/body2"
	agent_send a /agent/poll "$WORK/body2"
	is "another attempt's number is denied" "$STATUS" 403
	agent_boot forged disk 2>/dev/null || cp "$WORK/agent/stranger/key" "$WORK/agent/forged/key"
	cp "$WORK/agent/a/node" "$WORK/agent/a/attempt" "$WORK/agent/forged/"
	agent_hello forged "$DISK_MACHINE"
	is "a disk hello of an unregistered key is denied" "$STATUS" 403
	# signed for one path, sent to another
	read -r _ sec <"$WORK/agent/a/key"
	agent_poll a
	sign=$("$SIGNER" sign "$sec" /agent/poll "$body")
	ask agent -X POST -H "Fulcrum-Sign: $sign" --data-binary "@$body" /agent/report
	is "a signature is good for one path only" "$([[ $STATUS == 403 || $STATUS == 400 ]] && echo refused)" refused
	unchanged "none of that changed anything" "$before"
}

http()
{
	ask agent /status
	is "the agents' socket gives no operator's status" "$STATUS" 403
	ask agent -X POST -d '{}' /node/node-1/deploy
	is "the agents' socket deploys nothing" "$STATUS" 403
	is "an error says what kind it is" "$(json .kind)" denied
	ask agent /nothing/here
	is "an unknown path is not found" "$STATUS" 404
	ask agent -X DELETE /agent/hello
	is "another method is not allowed" "$STATUS" 405
	local mac
	for mac in 52:54:00:00:00 52:54:00:00:00:0g '52:54:00:00:00:01;x' 525400000001 52:54:00:00:00:01:02; do
		ask agent "/boot/grub/$mac"
		is "\"$mac\" is no MAC address" "$STATUS" 400
	done
	ask agent /boot/grub/52:54:00:00:00:AA
	is "capitals in a MAC address are fine" "$STATUS" 200
	contains "and are written small" "$ANSWER" fulcrum.mac=52:54:00:00:00:aa
	local length=${#ANSWER}
	ask agent --head /boot/grub/52:54:00:00:00:AA
	is "firmware may ask for the head of it alone" "$STATUS" 200
	is "which says how long it is" "$(sed -n 's/^content-length: *\([0-9]*\).*/\1/ip' "$WORK/headers")" $((length + 1))
	head -c 5000000 /dev/zero >"$WORK/big"
	ask agent -X POST -H 'Expect:' --data-binary "@$WORK/big" /agent/hello
	is "a body over 4 MiB is refused" "$STATUS" 413
	ask agent -X POST -H 'Expect:' -H 'Transfer-Encoding: chunked' --data-binary "@$WORK/big" /agent/hello
	is "a body over 4 MiB in chunks is refused" "$STATUS" 413
	ask agent -X POST -d '{"life":"ram"' /agent/hello
	is "half a message is refused" "$STATUS" 400
	ask agent -X POST -d '{"life":"ram","boot_id":"x","key":"y","machine":{"machine":1},"more":1}' /agent/hello
	is "an unknown member is refused" "$STATUS" 400
}

claims()
{
	local before hash
	hash=$(jq -r .plan_hash "$WORK/agent/a/order")
	agent_report a '{"report":"claim","plan_hash":"0000000000000000000000000000000000000000000000000000000000000000"}'
	is "a claim of another plan is not accepted" "$(json .accepted)" false
	is "and leaves the intent" "$(state node-1)" approved
	agent_claim a
	is "the claim is accepted" "$(json .accepted)" true
	before=$(fingerprint)
	agent_report a "{\"report\":\"claim\",\"plan_hash\":\"$hash\"}" "$(agent_get a seq)"
	is "the same claim, sent again because its answer was lost, is answered alike" "$(json .accepted)" true
	unchanged "and changes nothing" "$before"
	agent_claim a
	is "a second claim is not accepted" "$(json .accepted)" false
}

reports()
{
	local before seq
	agent_report a '{"report":"progress","op":"x","percent":10}' 20
	agent_report a '{"report":"progress","op":"x","percent":60}' 22
	before=$(fingerprint)
	agent_report a '{"report":"progress","op":"x","percent":30}' 21
	agent_report a '{"report":"failed","error":"late"}' 19
	unchanged "reports that arrive out of order change nothing" "$before"
	agent_report a '{"report":"progress","op":"x","percent":60}' 0
	is "sequence 0 is refused" "$STATUS" 400
	printf '30' >"$WORK/agent/a/seq"
	agent_report a '{"report":"applied","key":"abc"}'
	is "an end without a good key is refused" "$STATUS" 400
	agent_applied a
	seq=$(agent_get a seq)
	before=$(fingerprint)
	agent_report a "{\"report\":\"applied\",\"key\":\"$(cut -d' ' -f1 "$WORK/agent/a/disk-key")\"}" "$seq"
	is "the end, repeated, is known" "$(json .accepted)" true
	agent_report a '{"report":"failed","error":"after the end"}' 99
	is "a failure after the end is not accepted" "$(json .accepted)" false
	unchanged "messages after the end change nothing" "$before"
}

old_boots()
{
	local before
	cp -r "$WORK/agent/a" "$WORK/agent/old"
	agent_hello a "$(machine "$MAC1" S1)"
	cp "$WORK/agent/a/body" "$WORK/old-hello"
	agent_boot a ram
	agent_hello a "$(machine "$MAC1" S1)"
	is "a new boot is welcome" "$STATUS" 200
	before=$(fingerprint)
	agent_send old /agent/hello "$WORK/old-hello"
	is "a hello of an earlier boot is refused" "$STATUS" 409
	agent_poll old
	is "an earlier boot's key is worth nothing" "$STATUS" 403
	agent_hello a "$(machine "$MAC1" S1)"
	is "a hello repeated is welcome" "$STATUS" 200
	unchanged "none of that changed anything" "$before"
}

main()
{
	api_begin auto
	http
	agent_boot a ram
	agent_hello a "$(machine "$MAC1" S1)"
	is "policy: a blank machine is approved" "$(json .state)" approved
	old_boots
	is "its new boot has the order" "$(order a)" deploy
	signatures
	is "it is still approved" "$(order a)" deploy
	claims
	reports
	stop_daemon
	tap_end
}

main "$@"
