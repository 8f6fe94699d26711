#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What boots said is kept by node, attempt and boot; all that is known of a node is one file, without secrets.

# shellcheck source=tests/api/lib.sh
source "${BASH_SOURCE[0]%/*}/lib.sh"

PASSPHRASE='correct horse battery'

# NAME KIND TEXT: what its boot said so far
agent_record()
{
	local name=$1 dir=$WORK/agent/$1
	jq -cn --arg node "$(agent_get "$name" node)" --argjson at "$(agent_get "$name" attempt)" --arg boot "$(agent_get "$name" boot)" \
		--arg kind "$2" --arg text "$3" '{node:$node,attempt:$at,boot_id:$boot,record:$kind,text:$text}' >"$dir/body"
	agent_send "$name" /agent/record "$dir/body"
}

records()
{
	find "$WORK/data/records" -type f -printf '%f\n' | sort
}

kept()
{
	agent_boot a ram
	agent_hello a "$(machine "$MAC1" S1)"
	agent_record a kernel $'Linux version 6.12\n'
	is "what the kernel said is taken" "$STATUS" 200
	agent_record a kernel $'Linux version 6.12\nvda: vda1\n'
	agent_record a agent $'{"t":"stage"}\n'
	is "a later word of the same boot takes the place of the earlier" "$(records | wc -l)" 2
	agent_boot a ram
	agent_hello a "$(machine "$MAC1" S1)"
	agent_record a kernel $'another boot\n'
	is "another boot has its own" "$(records | wc -l)" 3
	check "for root alone" test "$(find "$WORK/data/records" -type f -perm /077 | wc -l)" = 0
	agent_boot stranger ram
	cp "$WORK/agent/a/node" "$WORK/agent/a/attempt" "$WORK/agent/stranger/"
	agent_record stranger kernel lies
	is "a stranger is denied" "$STATUS" 403
	printf '../../escape' >"$WORK/agent/a/boot"
	agent_record a kernel x
	is "a boot id is no path" "$STATUS" 400
	check "and writes nothing elsewhere" test ! -e "$WORK/data/escape"
}

bounded()
{
	local i
	for ((i = 0; i < 30; i++)); do
		cat /proc/sys/kernel/random/uuid >"$WORK/agent/a/boot"
		agent_record a kernel "boot $i"
	done
	is "of many boots the oldest go" "$(records | wc -l)" 24
}

bundle()
{
	agent_record a agent "failed with $PASSPHRASE in it"
	fulcrum bundle node-1 >"$WORK/node-1.tar"
	mkdir "$WORK/open"
	tar -C "$WORK/open" -xf "$WORK/node-1.tar"
	contains "a bundle says whose it is" "$(<"$WORK/open/fulcrum-node-1/README")" "node-1"
	contains "what happened" "$(<"$WORK/open/fulcrum-node-1/events")" "discovered + bound -> bound"
	contains "the plan" "$(<"$WORK/open/fulcrum-node-1/plan-present.txt")" "destroys nothing"
	is "the inventory" "$(jq -r .system.serial "$WORK/open/fulcrum-node-1/machine.json")" S1
	contains "what its boots said" "$(cat "$WORK/open/fulcrum-node-1/boots/"*)" "boot 29"
	check_fails "and no secret" grep -rF "$PASSPHRASE" "$WORK/open"
	check "in whose place are stars" grep -rF 'failed with *** in it' "$WORK/open"
	check "a node that is forgotten leaves nothing" fulcrum node delete node-1
	is "no record either" "$(records)" ""
}

main()
{
	api_begin hold
	stop_daemon
	sed -i "s|layout: \[ { esp: 256M }, { root: { fs: ext4, size: rest } } \]|layout: [ { esp: 256M }, { part: { name: lock, size: 256M } }, { crypt: { name: vault, on: lock, passphrase: \"$PASSPHRASE\" } }, { data: { on: vault, mount: /srv, fs: ext4 } }, { root: { fs: ext4, size: rest } } ]|" \
		"$WORK/data/site.yaml"
	start_daemon
	kept
	bounded
	bundle
	stop_daemon
	tap_end
}

main "$@"
