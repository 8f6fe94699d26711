#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Keys of encrypted devices: they reach the agent that claimed, sealed, and are nowhere else.

# shellcheck source=tests/api/lib.sh
source "${BASH_SOURCE[0]%/*}/lib.sh"

PHRASE='correct-horse-battery-staple'

# A node with its root behind a passphrase and its data behind a key file.
crypt_site()
{
	sed -i "s|^ *layout:.*|    layout: [ { esp: 256M }, { boot: 512M }, { crypt: { name: secret, size: 2G, passphrase: \"$PHRASE\" } }, { root: { on: secret } }, { crypt: { name: store, size: rest, key_file: disk.key } }, { data: { name: files, on: store, mount: /store } } ]|" \
		"$WORK/data/site.yaml"
	chmod 600 "$WORK/data/site.yaml"
}

key_file()
{
	printf '\000\001key-file-bytes-of-the-store\n' >"$WORK/data/disk.key"
	chmod 600 "$WORK/data/disk.key"
}

# NAME: the bytes of that key in the last answer, as its agent NAME2 opens them
opened()
{
	json ".secrets[] | select(.name == \"$2\") | .sealed" | tr -d '\n' >"$WORK/box"
	"$SIGNER" open "$(cut -d' ' -f2 "$WORK/agent/$1/key")" "$WORK/box"
}

without_key_file()
{
	agent_boot a ram
	agent_hello a "$(machine "$MAC1" S1)"
	is "a key file that is not there stops the planning" "$(json .state)" bound
	operator /node/node-1
	contains "the node says which" "$(json .message)" "the key file of crypt store cannot be read"
	contains "and where it belongs" "$(json .hint)" "$WORK/data/disk.key"
	: >"$WORK/data/disk.key"
	agent_boot a ram
	agent_hello a "$(machine "$MAC1" S1)"
	contains "an empty one is no key" "$(operator /node/node-1; json .message)" "is empty"
}

claimed()
{
	local first
	key_file
	agent_boot a ram
	agent_hello a "$(machine "$MAC1" S1)"
	is "with all keys it is planned and approved" "$(json .state)" approved
	is "the agent is told to deploy" "$(order a)" deploy
	is "the order carries no keys" "$(json .secrets)" null
	agent_report a '{"report":"claim","plan_hash":"0000"}'
	is "a claim of another plan gets no keys" "$(json '[.accepted // false, .secrets]' | tr -d ' \n')" "[false,null]"
	agent_claim a
	is "the claim is accepted" "$(json .accepted)" true
	is "the answer is signed by the site's key" "$GOOD_SIGN" yes
	is "it has the keys that the plan names" "$(json '[.secrets[].name] | join(" ")')" "secret store"
	is "the passphrase, without a line end" "$(opened a secret | od -An -c)" "$(printf %s "$PHRASE" | od -An -c)"
	check "the key file, byte for byte" cmp <(opened a store) "$WORK/data/disk.key"
	first=$ANSWER
	agent_report a "{\"report\":\"claim\",\"plan_hash\":\"$(jq -r .plan_hash "$WORK/agent/a/order")\"}" "$(agent_get a seq)"
	is "asked again because the answer was lost, they come again" "$(opened a secret)" "$PHRASE"
	isnt "sealed anew" "$ANSWER" "$first"
	agent_boot b ram
	json '.secrets[0].sealed' | tr -d '\n' >"$WORK/box"
	check_fails "another agent's key opens nothing" "$SIGNER" open "$(cut -d' ' -f2 "$WORK/agent/b/key")" "$WORK/box"
	agent_report a '{"report":"progress","op":"crypt:secret","done":1,"total":2,"percent":5}'
	is "no other report is answered with keys" "$(json .secrets)" null
	agent_applied a
	is "nor is the end" "$(json .secrets)" null
	agent_boot a disk
	agent_hello a "$DISK_MACHINE"
	order a >/dev/null
	is "nor the deployed system" "$(json .secrets)" null
	agent_checks a
	is "it becomes ready" "$(state node-1)" ready
}

# The files, but for the two that hold them, that have either key in them: raw, as hex, or as base64.
leaks()
{
	local text=key-file-bytes-of-the-store word
	for word in "$PHRASE" "$text" "$(printf %s "$PHRASE" | od -An -tx1 | tr -d ' \n')" "$(printf %s "$text" | od -An -tx1 | tr -d ' \n')" \
		"$(printf %s "$PHRASE" | base64 -w0 | head -c 32)"; do
		grep -raFl -- "$word" "$WORK" | grep -vE "^$WORK/data/(site\.yaml|disk\.key)$" || true
	done
}

nowhere_else()
{
	local path
	for path in /status /nodes /node/node-1 /node/node-1/plan /node/node-1/events /events; do
		operator "$path"
		cp "$WORK/answer" "$WORK/seen${path//\//-}"
	done
	ask agent /status.json
	cp "$WORK/answer" "$WORK/seen-public"
	ask agent "/boot/grub/$MAC1" || true
	cp "$WORK/answer" "$WORK/seen-boot"
	fulcrum node show node-1 >"$WORK/seen-show"
	fulcrum node plan node-1 >"$WORK/seen-text"
	contains "the plan names the key" "$(<"$WORK/seen-node-node-1-plan")" '"key":"secret"'
	stop_daemon
	check "the search finds what is there" grep -raFl -- "$PHRASE" "$WORK/data/site.yaml"
	is "no answer, plan, log, or file of the database has a key" "$(leaks)" ""
	is "the database is readable by its owner alone" "$(stat -c %a "$WORK/data/fulcrum.db")" 600
}

# The key goes away between approval and claim.
gone_before_claim()
{
	start_daemon
	check "it is deployed again" fulcrum deploy node-1 --wipe D-S1
	agent_boot a ram
	agent_hello a "$(machine "$MAC1" S1)"
	is "approved" "$(order a)" deploy
	rm "$WORK/data/disk.key"
	agent_claim a
	is "a claim whose key is gone is not accepted" "$(json '.accepted // false')" false
	is "the node has failed" "$(state node-1)" failed
	contains "and says why" "$(operator /node/node-1; json .message)" "the key file of crypt store cannot be read"
	is "nothing is to be written any more" "$(order a)" wait
	stop_daemon
}

main()
{
	api_begin auto
	stop_daemon
	crypt_site
	start_daemon
	without_key_file
	claimed
	nowhere_else
	gone_before_claim
	tap_end
}

main "$@"
