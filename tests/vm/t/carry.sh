#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# An admin node is given up for another one. The first deploys a node, its whole state is exported, and it is switched off for good.
# The second, a machine with other ports and another disk, installed as another site, imports that state: from then on it is the first
# one, and the node, which ran on all the while, is its node. Then the second goes back to what its install left, once keeping its data,
# once dropping it.

# shellcheck source=tests/vm/installed.sh
source "${BASH_SOURCE[0]%/*}/../installed.sh"

ADDRESS=192.168.124.81
PASS='nine old mules carry it all'
SPARE_MAC_ADMIN=52:54:00:fc:00:02
SPARE_MAC_OFFICE=52:54:00:fc:01:02
SPARE_SERIAL=FULCRUM-ADMIN-2

# What is asked of the admin node: how its ssh configuration is called
WHERE=ssh_config

# COMMAND: prints what it said and its exit code, whatever it is
said_by()
{
	local status=0
	timeout $((240 * VM_SLOW)) ssh -F "$RUN_DIR/$WHERE" admin -- "$1" </dev/null 2>&1 || status=$?
	printf 'exit %d\n' "$status"
}

# FILE PATH: a file of the host on the admin node, root's alone
give()
{
	timeout $((60 * VM_SLOW)) ssh -F "$RUN_DIR/$WHERE" admin -- "umask 077; cat >$2" <"$1"
}

on_node()
{
	vm_ssh_node "$ADDRESS" "$@"
}

# What of a node no other admin node may change
who_it_is()
{
	vm_ssh_admin fulcrum node show node-1 -o json | jq -cS '[.name, .state, .address, .mac, .profile, .bound_by, .installed, .attempt]'
}

# Digests of what a site is known by: its own key, and that of its ssh
keys()
{
	vm_ssh_admin 'sha256sum /data/fulcrum/site.key /data/dropbear/dropbear_ed25519_host_key' | cut -c1-32 | paste -sd' '
}

deploy()
{
	local plan
	vm_mark node
	vm_start node
	node_until node-1 planned 240 || return 1
	plan=$(vm_ssh_admin fulcrum node plan node-1 | sed -n 's/.*\(fulcrum deploy node-1 --plan [0-9a-f]*\).*/\1/p')
	vm_mark admin
	vm_ssh_admin "$plan" || return 1
	line_node_deploy 0 || { WAIT_ERROR="$LINE_FAILED: $LINE_WHY"; return 1; }
}

test_export()
{
	local said secret
	printf '%s\n' "$PASS" >"$RUN_DIR/pass"
	give "$RUN_DIR/pass" /run/pass
	must "its state is exported" export_state
	note "$(<"$RUN_DIR/export.said")"
	contains "it says of what" "$(<"$RUN_DIR/export.said")" "1 ready"
	give "$RUN_DIR/site.state" /run/site.state
	said=$(said_by "fulcrum export --check --passphrase-file /run/pass /run/site.state")
	contains "read once more, every byte is as it was written" "$said" "every byte is as it was written"
	for secret in node-1 lab-test "$INSTALLED_PASSPHRASE" "PRIVATE KEY" "$(vm_ssh_admin cat /data/fulcrum/site.key)"; do
		check_fails "without the passphrase it says nothing (${#secret} characters)" grep -qaF -e "$secret" "$RUN_DIR/site.state"
	done
}

export_state()
{
	vm_ssh_admin fulcrum export --passphrase-file /run/pass - >"$RUN_DIR/site.state" 2>"$RUN_DIR/export.said"
}

# Another machine from the same stick: another site, at another address, with firmware of the old kind.
make_spare()
{
	local dir=$RUN_DIR/new
	cp -- "$RUN_DIR/site.yaml" "$RUN_DIR/carried.yaml"
	LINE_MAC_ADMIN=$SPARE_MAC_ADMIN LINE_MAC_OFFICE=$SPARE_MAC_OFFICE LINE_ADMIN_SERIAL=$SPARE_SERIAL
	line_site "$RUN_DIR/site.yaml" -e 's/^site: .*/site: spare/' -e 's/name: admin.lab.example/name: spare.lab.example/' \
		-e 's/address: 192.168.124.10$/address: 192.168.124.12/'
	mkdir -p -- "$dir"
	installed_make "$dir"
	vm_new spare "$LINE_ADMIN_MB" bios
	mv -- "$dir/disk.raw" "$(vm_disk_file spare 0)"
	vm_identity spare 7d1f6f5e-0c3b-4a53-9f0e-52540000fc02 QEMU-0002
	vm_disk spare virtio "$SPARE_SERIAL" "$LINE_ADMIN_DISK"
	vm_nic_switch spare "$SPARE_MAC_ADMIN"
	SSH_PORT=$(free_port)
	vm_nic_user spare "$SPARE_MAC_OFFICE" "tcp:127.0.0.1:$SSH_PORT-10.0.2.15:22"
	vm_boot_order spare disk0
	# as itself it has another host key than as the one that it takes the place of
	vm_ssh_config
	sed 's/HostKeyAlias admin/HostKeyAlias spare/' "$RUN_DIR/ssh_config" >"$RUN_DIR/ssh_config.spare"
	WHERE=ssh_config.spare
	spare_up
}

# It starts, by itself or not, and is green
spare_up()
{
	vm_running spare || vm_start spare
	vm_wait_event spare 180 "t=service who=admin text=ready" "t=boot mode=installer" "t=error who=admin"
}

# COMMAND: what it says without consent; prints its plan's hash
plan_of()
{
	local said
	said=$(said_by "$1")
	note "$said" >&2
	[[ $(tail -n 1 <<<"$said") == "exit 5" ]] || return 1
	sed -n 's/^plan *\([0-9a-f]*\)$/\1/p' <<<"$said"
}

# COMMAND: done by its plan's hash; then the machine restarts into it
do_planned()
{
	local hash said
	hash=$(plan_of "$1") || { WAIT_ERROR="it made no plan"; return 1; }
	vm_mark spare
	said=$(said_by "$1 --plan-hash $hash")
	note "$said"
	vm_wait_event spare 60 "t=qemu event=RESET" || return 1
	spare_up
}

test_import()
{
	local said before
	give "$RUN_DIR/pass" /run/pass
	give "$RUN_DIR/site.state" /run/site.state
	sed -e "s/$OLD_MAC_ADMIN/$SPARE_MAC_ADMIN/; s/$OLD_MAC_OFFICE/$SPARE_MAC_OFFICE/" "$RUN_DIR/carried.yaml" >"$RUN_DIR/here.yaml"
	give "$RUN_DIR/here.yaml" /run/here.yaml
	before=$(said_by "sha256sum /data/fulcrum/site.yaml /data/fulcrum/site.key")
	said=$(said_by "fulcrum import --passphrase-file /run/pass /run/site.state")
	note "$said"
	contains "ports that its site file does not name are told" "$said" "cannot be had on this machine"
	contains "with the way out" "$said" "--site FILE"
	is "and nothing changed" "$(said_by "sha256sum /data/fulcrum/site.yaml /data/fulcrum/site.key")" "$before"
	must "with a site file for these ports it is imported, and comes back green" do_planned \
		"fulcrum import --site /run/here.yaml --passphrase-file /run/pass /run/site.state"
	# by the host key that the first one had, and no other
	WHERE=ssh_config
	is "it is known by the keys of the first" "$(keys)" "$KEYS"
	check "its own checks hold" vm_ssh_admin fulcrum status
	check "what it was before is kept" vm_ssh_admin test -s /data/fulcrum.former/fulcrum.db
}

# verify: the node answers, through its own poll.
checked_again()
{
	local said
	said=$(said_by "fulcrum verify node-1")
	note "$said"
	[[ $(tail -n 1 <<<"$said") == "exit 0" && $said == *"1 of 1 as declared"* ]]
}

test_taken_over()
{
	is "the node is what it was" "$(who_it_is)" "$NODE_IS"
	is "nothing happened to it" "$(node_way node-1)" "$NODE_WAY"
	must "checked again, it answers the new one, and is as declared" checked_again
	is "it never restarted" "$(on_node cat /proc/sys/kernel/random/boot_id)" "$BOOT_ID"
	vm_mark node
	vm_mark spare
	on_node systemctl reboot || true
	must "it restarts" vm_wait_event node 120 "t=qemu event=RESET"
	must "over the network, into its own disk, and reports to the new one" vm_wait_event spare 300 "t=event who=admin node=node-1 event=disk_hello to=ready" "t=error who=admin"
	must "it lets itself be asked" node_is_back
	is "no agent was started" "$(vm_events node "t=step who=agent")" ""
	is "nobody wrote to it" "$(on_node cat /root/mark)" "of before"
	must "checked again, it is as declared" checked_again
	is "it is what it was, still" "$(who_it_is)" "$NODE_IS"
	is "and was deployed once" "$(node_way node-1 | grep -o '>deploying' | wc -l)" 1
	is "and is the only one" "$(vm_ssh_admin fulcrum node list -o json | jq '.nodes | length')" 1
}

node_is_back()
{
	local end now
	clock
	end=$((NOW_MS + 240000 * VM_SLOW))
	while ((NOW_MS < end)); do
		now=$(SSH_DEADLINE=40 on_node cat /proc/sys/kernel/random/boot_id 2>/dev/null) || now=
		[[ -z $now || $now == "$BOOT_ID" ]] || return 0
		sleep 2
		clock
	done
	WAIT_ERROR="no ssh to $ADDRESS within $((240 * VM_SLOW)) s"
	return 1
}

# --- back to what the install left

# HOW: what must be so after either
test_as_installed()
{
	ssh-keygen -q -R admin -f "$RUN_DIR/known_hosts" >/dev/null 2>&1
	is "$1: its own checks hold" "$(said_by 'fulcrum status >/dev/null')" "exit 0"
	is "$1: no node is known" "$(vm_ssh_admin fulcrum node list -o json | jq '.nodes | length')" 0
	is "$1: the site file stays" "$(vm_ssh_admin cat /data/fulcrum/site.yaml | b2sum)" "$SITE_FILE"
	isnt "$1: the keys are new" "$(keys)" "$LAST_KEYS"
	contains "$1: its mirror is served" "$(vm_ssh_admin 'head -c 200 /data/seed/current/mirror/dists/trixie/InRelease')" "PGP SIGNED MESSAGE"
	LAST_KEYS=$(keys)
}

test_reset()
{
	local log
	SITE_FILE=$(vm_ssh_admin cat /data/fulcrum/site.yaml | b2sum)
	LAST_KEYS=$KEYS
	log='find /data/log -type f | xargs cat'
	vm_ssh_admin 'mkdir -p /data/log; echo of-before >/data/log/mark'
	must "it is reset, and its data kept" do_planned "fulcrum factory-reset --keep-data"
	test_as_installed kept
	is "kept: the former state has the node" \
		"$(vm_ssh_admin 'grep -rq node-1 /data/fulcrum.former && echo yes')" yes
	contains "kept: the logs are there" "$(vm_ssh_admin "$log")" of-before
	must "it is reset, and its data dropped" do_planned "fulcrum factory-reset --drop-data"
	test_as_installed dropped
	is "dropped: the former state is gone" "$(vm_ssh_admin 'ls -d /data/fulcrum.* 2>/dev/null; true')" ""
	lacks "dropped: so are the logs" "$(vm_ssh_admin "$log")" of-before
}

main()
{
	need_program jq
	LINE_ON_STAGE=:
	vm_run_begin carry
	installed_admin
	node_machine node 1
	OLD_MAC_ADMIN=$LINE_MAC_ADMIN OLD_MAC_OFFICE=$LINE_MAC_OFFICE
	must "the first admin node is up" installed_up
	must "a node is deployed, to ready" deploy
	on_node 'echo of before >/root/mark; sync'
	BOOT_ID=$(on_node cat /proc/sys/kernel/random/boot_id)
	NODE_IS=$(who_it_is) NODE_WAY=$(node_way node-1) KEYS=$(keys)
	note "$NODE_IS $NODE_WAY"
	test_export
	vm_ssh_admin poweroff || true
	must "the first admin node switches itself off" vm_wait_off admin 60
	must "another one is installed, as another site" make_spare
	test_import
	test_taken_over
	vm_kill node
	test_reset
	tap_end
}

main "$@"
