#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Secrets are planted by every way into an admin node, a node's whole life is led, the state is carried away; then they are looked for in all
# that came out, and in the command lines and environments of every process that ran meanwhile.

# shellcheck source=tests/api/lib.sh
source "${BASH_SOURCE[0]%/*}/lib.sh"

MARK=planted-$$ # no other test's that runs beside
PHRASE=$MARK-phrase-of-a-crypt
KEY_FILE=$MARK-bytes-of-a-key-file
CARRIED=$MARK-phrase-of-an-export
HOST_KEY=$MARK-host-key-of-ssh
LOOKER=
declare -A SECRETS # what it is -> its text

plant()
{
	stop_daemon
	sed -i "s|^ *layout:.*|    layout: [ { esp: 256M }, { boot: 512M }, { crypt: { name: secret, size: 2G, passphrase: \"$PHRASE\" } }, { root: { on: secret } }, { crypt: { name: store, size: rest, key_file: disk.key } }, { data: { name: files, on: store, mount: /store } } ]|" \
		"$WORK/data/site.yaml"
	printf '%s' "$KEY_FILE" >"$WORK/data/disk.key"
	printf '{"slot_uuid":"x"}\n' >"$WORK/data/admin.json"
	mkdir -p "$WORK/dropbear" "$WORK/out" "$WORK/root/proc"
	: >"$WORK/out/processes"
	printf '%s' "$HOST_KEY" >"$WORK/dropbear/dropbear_ed25519_host_key"
	printf '%s\n' "$CARRIED" >"$WORK/pass"
	chmod 600 "$WORK/data/"* "$WORK/pass"
	start_daemon
	SECRETS=([passphrase]=$PHRASE [key file]=$KEY_FILE [export]=$CARRIED [host key]=$HOST_KEY [site key]=$(head -c 64 "$WORK/data/site.key"))
}

# All command lines and environments, over and over: what is there for a moment only is seen, too, if it comes often enough. The mark comes
# from a file: this search must not find itself.
look_at_processes()
{
	printf '%s-\n' "$MARK" >"$WORK/mark"
	while :; do
		cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\0' '\n' | grep -aFf "$WORK/mark" >>"$WORK/out/processes" || true
	done
}

# What an agent says may carry anything; here it is all that it was told.
agent_record()
{
	local dir=$WORK/agent/$1
	printf %s "$2" >"$dir/text"
	jq -cn --arg node "$(agent_get "$1" node)" --argjson at "$(agent_get "$1" attempt)" --arg boot "$(agent_get "$1" boot)" --rawfile text "$dir/text" \
		'{node:$node,attempt:$at,boot_id:$boot,record:"agent",text:$text}' >"$dir/body"
	agent_send "$1" /agent/record "$dir/body"
}

life()
{
	agent_boot a ram
	agent_hello a "$(machine "$MAC1" S1)"
	is "the node is approved" "$(order a)" deploy
	agent_claim a
	is "its agent has the keys" "$(json '.secrets | length')" 2
	# An agent that says what it must not: what is kept of it is taken out of bundles.
	agent_record a "cryptsetup said: $PHRASE"
	agent_applied a
	agent_boot a disk
	agent_hello a "$DISK_MACHINE"
	order a >/dev/null
	agent_checks a
	is "the node is ready" "$(state node-1)" ready
}

# All that this site says to anybody.
ask_all()
{
	local path n=0
	for path in /status /nodes /node/node-1 /node/node-1/plan /node/node-1/explain /node/node-1/events /node/node-1/history /node/node-1/bundle \
		/events /rules /report; do
		operator "$path"
		cp "$WORK/answer" "$WORK/out/operator-$((n += 1))"
		[[ $STATUS == 200 ]] || tap_not_ok "$path is answered" "$STATUS"
	done
	for path in /status.json "/boot/grub/$MAC1"; do
		ask agent "$path"
		cp "$WORK/answer" "$WORK/out/public-$((n += 1))"
	done
	fulcrum node show node-1 >"$WORK/out/show"
	fulcrum node plan node-1 >"$WORK/out/plan"
	fulcrum bundle node-1 >"$WORK/out/bundle"
	fulcrum -o json status >"$WORK/out/status" || true
	operator -X POST --data-binary "@$WORK/data/site.yaml" /rules/check
	cp "$WORK/answer" "$WORK/out/rules-check"
	sed 's/esp: 256M/esp: 1/' "$WORK/data/site.yaml" >"$WORK/broken.yaml"
	operator -X POST --data-binary "@$WORK/broken.yaml" /rules/check
	isnt "a site file with faults is refused" "$STATUS" 200
	cp "$WORK/answer" "$WORK/out/rules-broken"
	rm "$WORK/broken.yaml"
}

# VERB ARG...
state_command()
{
	"$BIN/fulcrumd" "$1" --data "$WORK/data" --run "$WORK/run" --seed "$WORK/seed" --release-key "$WORK/keys/release.pub" --root "$WORK/root" \
		--passphrase-file "$WORK/pass" "${@:2}" </dev/null
}

# CODE VERB ARG...: what it says is kept, to be searched
says()
{
	local want=$1 code=0
	shift
	state_command "$@" >>"$WORK/out/said" 2>&1 || code=$?
	is "$1: exit $want" "$code" "$want"
}

carry()
{
	says 0 export "$WORK/out/state"
	says 0 export --check "$WORK/out/state"
	printf '%s-phrase-that-is-wrong\n' "$MARK" >"$WORK/wrong"
	says 13 export --check --passphrase-file "$WORK/wrong" "$WORK/out/state"
	rm "$WORK/wrong"
	says 4 import --replace "$WORK/out/state"
	says 5 factory-reset --drop-data
}

# FILE...: those that have secret NAME in them: as it is, as hex, as base64
found()
{
	local word=${SECRETS[$1]}
	grep -raFl -e "$word" -e "$(printf %s "$word" | od -An -tx1 | tr -d ' \n')" -e "$(printf %s "$word" | base64 -w0 | head -c 24)" -- "${@:2}" || true
}

nowhere()
{
	local name
	for name in "${!SECRETS[@]}"; do
		is "$name: in nothing that was said" "$(found "$name" "$WORK/out" "$WORK/log" "$WORK/run")" ""
	done
	is "the passphrase and the key file are where they belong alone" "$({ found passphrase "$WORK/data"; found "key file" "$WORK/data"; } |
		grep -v "^$WORK/data/records/" | sort)" "$(printf '%s\n' "$WORK/data/disk.key" "$WORK/data/site.yaml")"
	is "what the agent gave away is in no bundle, and for root alone where it is kept" \
		"$(find "$WORK/data/records" -type f -perm /077 | wc -l)" 0
	contains "the bundle does have what the agent said" "$(tar -xOf "$WORK/out/bundle" | tr -d '\0')" "cryptsetup said: "
}

# The search itself.
would_find()
{
	local name
	for name in "${!SECRETS[@]}"; do
		printf 'x%sx' "$(printf %s "${SECRETS[$name]}" | od -An -tx1 | tr -d ' \n')" >"$WORK/bait"
		is "$name: the search finds it" "$(found "$name" "$WORK/bait")" "$WORK/bait"
	done
}

# Nor would looking at processes prove anything that sees none.
would_see()
{
	local bait i
	sh -c 'sleep 60; :' "$MARK-on-a-command-line" &
	bait=$!
	for ((i = 0; i < 300; i++)); do
		! grep -qF "$MARK-on-a-command-line" "$WORK/out/processes" || break
		sleep 0.1
	done
	kill "$bait"
	contains "and what is on a command line" "$(<"$WORK/out/processes")" "$MARK-on-a-command-line"
}

# The daemon speaks through two sockets in the file system, and to the network by nginx alone.
listens_nowhere()
{
	local inodes fd
	inodes=$(for fd in /proc/"$DAEMON"/fd/*; do readlink "$fd" || true; done | sed -n 's/^socket:\[\(.*\)\]$/\1/p' | sort)
	isnt "the daemon has sockets" "$inodes" ""
	is "none of them is the network's" "$(cat /proc/net/{tcp,tcp6,udp,udp6,raw,raw6,packet} 2>/dev/null | tr -s ' ' '\n' | sort -u | comm -12 - <(printf '%s\n' "$inodes"))" ""
	is "what it listens at is for its owner, and for nginx" "$(cd "$WORK/run" && find . -type s -printf '%p %m\n' | sort)" "$SOCKETS"
}

stop_looking()
{
	[[ -z $LOOKER ]] || kill "$LOOKER" 2>/dev/null || true
}

main()
{
	api_begin auto
	plant
	would_find
	on_exit stop_looking
	look_at_processes &
	LOOKER=$!
	would_see
	life
	ask_all
	carry
	listens_nowhere
	stop_looking
	wait "$LOOKER" 2>/dev/null || true
	LOOKER=
	# The bait is the only one. It must not count as something that was said, either.
	is "no command line, no environment has one" "$(grep -avF "$MARK-on-a-command-line" "$WORK/out/processes" || true)" ""
	rm "$WORK/out/processes"
	stop_daemon
	nowhere
	tap_end
}

SOCKETS=$'./agent.sock 660\n./operator.sock 600'
main "$@"
