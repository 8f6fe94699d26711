#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The whole state of an admin node: carried away while it serves, taken over by another one, which its nodes accept.
# shellcheck disable=SC2016  # jq's variables

# shellcheck source=tests/api/lib.sh
source "${BASH_SOURCE[0]%/*}/lib.sh"
# shellcheck source=tests/cli/lib.sh
source "${BASH_SOURCE[0]%/*}/../cli/lib.sh"

PASS='an old horse, and a newer staple'
OLD_KEY=

# VERB ARG...: as root on the admin node says it; OUT is all that was said, CODE its exit code
state_command()
{
	local verb=$1
	shift
	CODE=0
	OUT=$("$BIN/fulcrumd" "$verb" --data "$WORK/data" --run "$WORK/run" --seed "$WORK/seed" --release-key "$WORK/keys/release.pub" \
		--root "$WORK/root" --passphrase-file "$WORK/pass" "$@" 2>&1 </dev/null) || CODE=$?
}

# MAC: this machine has one port
port()
{
	local dir=$WORK/root/sys/class/net/eth0
	mkdir -p "$dir/device" "$WORK/root/proc"
	: >"$WORK/root/proc/cmdline"
	: >"$dir/device/uevent"
	printf '%s\n' "$1" >"$dir/address"
	printf '1\n' >"$dir/type"
	printf '0\n' >"$dir/addr_assign_type"
	printf '1\n' >"$dir/carrier"
}

plan_hash()
{
	sed -n 's/^plan *\([0-9a-f]*\)$/\1/p' <<<"$OUT"
}

# One node is ready, one waits; both told of their boots; a key of an encrypted disk lies beside the site file.
old_site()
{
	api_begin auto
	port 52:54:00:aa:00:01
	printf '%s\n' "$PASS" >"$WORK/pass"
	printf '\001\002key-of-a-disk\n' >"$WORK/data/disk.key"
	mkdir -p "$WORK/dropbear"
	printf 'host-key-of-the-old-one' >"$WORK/dropbear/dropbear_ed25519_host_key"
	printf '{"slot_uuid":"old-slot"}\n' >"$WORK/data/admin.json"
	agent_boot a ram
	agent_hello a "$(machine "$MAC1" S1)"
	check "a node of the old site becomes ready" agent_to_ready a
	agent_boot b ram
	agent_hello b "$(machine "$MAC2" S2)"
	is "another one is approved" "$(json .state)" approved
	mkdir -p "$WORK/data/records/$MAC1"
	printf 'what a boot said\n' >"$WORK/data/records/$MAC1/000001-abc-kernel"
	OLD_KEY=$SITE_KEY
}

through_pipe()
{
	"$BIN/fulcrumd" export --data "$WORK/data" --run "$WORK/run" --seed "$WORK/seed" --root "$WORK/root" --passphrase-file "$WORK/pass" - 2>"$WORK/said" |
		"$BIN/fulcrumd" export --check --passphrase-file "$WORK/pass" -
}

exporting()
{
	state_command export "$WORK/site.state"
	is "exported while it serves" "$CODE" 0
	contains "it says of what" "$OUT" "2: 1 approved, 1 ready"
	contains "and what is not in it" "$OUT" "left out  mirror and images, which are on the medium: "
	is "readable by its owner alone" "$(stat -c %a "$WORK/site.state")" 600
	is "nothing is left beside it" "$(find "$WORK" -name 'site.state*' -o -name 'export.db*')" "$WORK/site.state"
	is "the daemon still serves" "$(state node-1)" ready
	state_command export "$WORK/site.state"
	is "a second one does not overwrite it" "$CODE" 12
	contains "and says so" "$OUT" "nothing is overwritten"
	is "no word of it is readable" "$(grep -cE 'lab|node-1|horse|key-of-a-disk|host-key' "$WORK/site.state" || true)" 0
	printf 'short\n' >"$WORK/short"
	state_command export --passphrase-file "$WORK/short" "$WORK/other.state"
	is "a short passphrase is refused" "$CODE" 5
	contains "with the reason" "$OUT" "has 5 bytes, at least 12 are wanted"
	check_fails "and nothing is written" test -e "$WORK/other.state"
	is "it may go through a pipe" "$(through_pipe | tail -n 1)" "every byte is as it was written"
	sed -i 's/^site: test/site: changed/' "$WORK/data/site.yaml"
	state_command export "$WORK/other.state"
	is "a site file that the daemon does not work by is told" "$CODE" 7
	sed -i 's/^site: changed/site: test/' "$WORK/data/site.yaml"
}

# Without a terminal and without a file nobody is asked, and nothing is taken for a passphrase.
no_passphrase()
{
	CODE=0
	OUT=$(setsid "$BIN/fulcrumd" export --data "$WORK/data" --run "$WORK/run" "$WORK/x.state" 2>&1 </dev/null) || CODE=$?
	is "without a passphrase nothing is exported" "$CODE" 5
	contains "it says how to give one" "$OUT" "--passphrase-file FILE"
	check_fails "no file came to be" test -e "$WORK/x.state"
}

# What a person is asked, and what of the answers is to be seen.
at_a_terminal()
{
	on_exit term_end
	term_start 100x24 "$BIN/fulcrumd" export --data "$WORK/data" --run "$WORK/run" --seed "$WORK/seed" --root "$WORK/root" "$WORK/typed.state"
	check "it asks for the passphrase" term_wait "Passphrase:"
	term_keys "typed by a person" Enter
	check "and again" term_wait "The same again:"
	term_keys "typed by a persom" Enter
	check "two that differ are refused" term_wait "the two are not the same"
	check "with the exit code of a refusal" term_wait "ended with 5"
	check_fails "nothing is written" test -e "$WORK/typed.state"
	term_start 100x24 "$BIN/fulcrumd" export --data "$WORK/data" --run "$WORK/run" --seed "$WORK/seed" --root "$WORK/root" "$WORK/typed.state"
	term_wait "Passphrase:"
	term_keys "typed by a person" Enter
	term_wait "The same again:"
	term_keys "typed by a person" Enter
	check "the same twice is taken" term_wait "ended with 0"
	is "neither is to be seen" "$(term_text | grep -c person || true)" 0
	printf 'typed by a person\n' >"$WORK/typed"
	state_command export --check --passphrase-file "$WORK/typed" "$WORK/typed.state"
	is "it opens what was written" "$CODE" 0
	term_start 100x24 "stty -a >$WORK/before; $BIN/fulcrumd export --data $WORK/data --run $WORK/run $WORK/y.state; stty -a >$WORK/after"
	term_wait "Passphrase:"
	term_keys C-c
	check "it may be stopped" term_wait "nothing was done"
	check "and the terminal is as before" term_wait "ended with 0"
	check "in every setting" cmp "$WORK/before" "$WORK/after"
	term_end
}

checking()
{
	state_command export --check "$WORK/site.state"
	is "every byte is proved" "$CODE" 0
	contains "it names the files" "$OUT" "fulcrum/records/$MAC1/000001-abc-kernel"
	contains "with the digest of each" "$OUT" "$(b2sum -l 256 "$WORK/data/disk.key" | cut -d' ' -f1)            16  fulcrum/disk.key"
	contains "this machine's own is not in it" "$(grep -c 'admin\.json' <<<"$OUT" || true)" 0
	cp "$WORK/site.state" "$WORK/bad.state"
	printf '\xff' | dd of="$WORK/bad.state" bs=1 seek=5000 conv=notrunc status=none
	state_command export --check "$WORK/bad.state"
	is "a byte that changed is found" "$CODE" 6
	head -c 20000 "$WORK/site.state" >"$WORK/bad.state"
	state_command export --check "$WORK/bad.state"
	is "so is an end that is missing" "$CODE" 6
	printf 'another passphrase than that\n' >"$WORK/wrong"
	state_command export --check --passphrase-file "$WORK/wrong" "$WORK/site.state"
	is "another passphrase opens nothing" "$CODE" 13
}

# As an install leaves it: its own site file, address and key; no node.
fresh_machine()
{
	stop_daemon
	mv "$WORK/data" "$WORK/old-data"
	mv "$WORK/dropbear" "$WORK/old-dropbear"
	mkdir -p "$WORK/data"
	make_site hold
	sed -i 's/192\.168\.124\.10/192.168.124.12/; s/^site: test/site: fresh/; s/admin\.lab/new.lab/' "$WORK/data/site.yaml"
	printf '{"slot_uuid":"new-slot"}\n' >"$WORK/data/admin.json"
	mkdir -p "$WORK/dropbear"
	printf 'host-key-of-the-new-one' >"$WORK/dropbear/dropbear_ed25519_host_key"
	port 52:54:00:bb:00:01
	start_daemon
	isnt "the other machine is another site" "$SITE_KEY" "$OLD_KEY"
}

refusals()
{
	local before
	before=$(cd "$WORK/data" && find . -type f ! -name '*-wal' -exec b2sum {} + | sort)
	state_command import --passphrase-file "$WORK/wrong" "$WORK/site.state"
	is "import: another passphrase" "$CODE" 13
	state_command import "$WORK/bad.state"
	is "import: a damaged file" "$CODE" 6
	state_command import "$WORK/site.state"
	is "import: nobody confirmed" "$CODE" 5
	state_command import --plan-hash 00000000 "$WORK/site.state"
	is "import: another plan's hash" "$CODE" 7
	sed 's/^policy:.*/policy: { approve: hold }/' "$WORK/old-data/site.yaml" >"$WORK/other.yaml"
	state_command import --site "$WORK/other.yaml" "$WORK/site.state"
	is "import: a site file that differs in more than its ports" "$CODE" 3
	contains "it says in what" "$OUT" '`policy` is not as in'
	is "nothing of this machine's changed" "$(cd "$WORK/data" && find . -type f ! -name '*-wal' -exec b2sum {} + | sort)" "$before"
	check_fails "nothing is left beside" compgen -G "$WORK/data.*"
	state_command import --finish
	is "a start finds nothing to do" "$CODE$SITE_KEY" "0$(start_key)"
}

# The public half of this machine's site key
start_key()
{
	cut -c65-128 "$WORK/data/site.key"
}

own_nodes()
{
	agent_boot c ram
	agent_hello c "$(machine 52:54:00:00:00:03 S3)"
	state_command import "$WORK/site.state"
	is "a machine with nodes of its own does not take another's" "$CODE" 5
	contains "unless that is said" "$OUT" "with --replace they are given up here"
}

importing()
{
	state_command import --replace "$WORK/site.state"
	contains "the plan names the site" "$OUT" "import    site test, written 20"
	contains "the release" "$OUT" "release   test-1 -> test-1"
	contains "the nodes" "$OUT" "nodes     2: 1 approved, 1 ready"
	contains "the address" "$OUT" "address   192.168.124.12 here -> 192.168.124.10, where its nodes look for it"
	contains "the port that it is bound to here" "$OUT" "52:54:00:bb:00:01"
	contains "what it replaces" "$OUT" "replaces  the state of site fresh here with 1 node; it is kept as $WORK/data.former"
	state_command import --replace --no-restart --plan-hash "$(plan_hash)" "$WORK/site.state"
	is "confirmed" "$CODE" 0
	operator /status
	is "until the start the machine is what it was" "$(json .site)" fresh
	stop_daemon
	state_command import --finish
	is "the start puts it in place" "$CODE$OUT" 0
	is "with the old host key" "$(cat "$WORK/dropbear/dropbear_ed25519_host_key")" host-key-of-the-old-one
	check "the key of a disk, byte for byte" cmp "$WORK/data/disk.key" "$WORK/old-data/disk.key"
	check "what boots said" cmp "$WORK/data/records/$MAC1/000001-abc-kernel" "$WORK/old-data/records/$MAC1/000001-abc-kernel"
	is "this machine's own slot stays" "$(jq -r .slot_uuid "$WORK/data/admin.json")" new-slot
	is "the network is bound to this machine's port" "$(jq -r '.net.devs[0].mac' "$WORK/data/admin.json")" 52:54:00:bb:00:01
	check "the former state is kept" test -s "$WORK/data.former/fulcrum.db"
	is "all of it is root's alone" "$(find "$WORK/data" -perm /077)" ""
	state_command import --finish
	is "a second start changes nothing" "$CODE$OUT$(cat "$WORK/data/site.yaml")" "0$(cat "$WORK/old-data/site.yaml")"
}

taking_over()
{
	start_daemon
	is "the site has its key again" "$SITE_KEY" "$OLD_KEY"
	is "the ready node is ready" "$(state node-1)" ready
	is "its system is answered" "$(order a)" wait
	is "by the key that it knows" "$GOOD_SIGN" yes
	operator -X POST /node/node-1/verify
	is "it is to be checked again" "$STATUS" 200
	is "and is told so" "$(order a)" check
	agent_checks a
	is "it is ready, still" "$(state node-1)" ready
	is "the one that waited goes on" "$(order b)" deploy
	agent_claim b
	is "its plan is accepted" "$(json .accepted)" true
	agent_applied b
	agent_boot b disk
	agent_hello b "$(jq -c --arg m "$MAC2" '.nics[0].mac = $m' <<<"$DISK_MACHINE")"
	order b >/dev/null
	agent_checks b
	is "and becomes ready" "$(state node-2)" ready
	is "of the other machine's nodes there is none" "$(operator /nodes; json '.nodes | length')" 2
}

resetting()
{
	state_command factory-reset
	is "a reset says what becomes of the data, or nothing is done" "$CODE" 2
	state_command factory-reset --keep-data --drop-data
	is "one of both" "$CODE" 2
	state_command factory-reset --drop-data
	is "nobody confirmed" "$CODE" 5
	contains "the plan says what is lost" "$OUT" "forgets   2 nodes with names, addresses, histories"
	contains "and what to do first" "$OUT" "first     fulcrum export FILE: it is the only way back"
	term_start 100x24 "$BIN/fulcrumd" factory-reset --drop-data --no-restart --data "$WORK/data" --run "$WORK/run" --seed "$WORK/seed" --root "$WORK/root"
	check "a person is asked" term_wait "or the site's name and Enter"
	term_keys "yes" Enter
	check "yes is no answer" term_wait "ended with 5"
	term_start 100x24 "$BIN/fulcrumd" factory-reset --drop-data --no-restart --data "$WORK/data" --run "$WORK/run" --seed "$WORK/seed" --root "$WORK/root"
	term_wait "or the site's name and Enter"
	term_keys "test" Enter
	check "the site's name is" term_wait "ended with 0"
	term_end
	is "until the start all is as it was" "$(state node-1)" ready
	stop_daemon
	mkdir -p "$WORK/seed/kept"
	state_command import --finish
	is "the start does it" "$CODE$OUT" 0
	check "the site file stays" cmp "$WORK/data/site.yaml" "$WORK/old-data/site.yaml"
	check "so does what was seeded" test -d "$WORK/seed/kept"
	check_fails "the former state is gone" compgen -G "$WORK/data.*"
	start_daemon
	isnt "the site has another key" "$SITE_KEY" "$OLD_KEY"
	is "and no node" "$(operator /nodes; json '.nodes | length')" 0
	agent_poll a
	is "an agent of before is a stranger" "$STATUS" 403
	stop_daemon
}

main()
{
	old_site
	exporting
	no_passphrase
	at_a_terminal
	checking
	fresh_machine
	refusals
	own_nodes
	importing
	taking_over
	resetting
	tap_end
}

main "$@"
