#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Hardware tests of a real node, in its agent: a disk with a sector that cannot be read is found, all else passes; one that is
# reset in its tests has failed them; without the bad disk all passes; so does the network to a second node. Nothing is written
# to a disk. A node that is ready makes room for its tests with two restarts, and is ready again.

# shellcheck source=tests/vm/installed.sh
source "${BASH_SOURCE[0]%/*}/../installed.sh"

BAD_SECTOR=65536

fulcrum()
{
	vm_ssh_admin fulcrum "$@"
}

# A second disk of which one sector cannot be read.
bad_disk()
{
	local file=$RUN_DIR/node/bad.raw
	truncate -s 64M "$file"
	vm_args node -blockdev "$(jq -cn --arg file "$file" --argjson sector "$BAD_SECTOR" '{"node-name": "bad", driver: "blkdebug",
		image: {driver: "file", filename: $file, locking: "off"},
		"inject-error": [{event: "none", iotype: "read", errno: 5, sector: $sector}]}')" \
		-device virtio-blk-pci,drive=bad,serial=BAD-DISK
}

# The site's limits: other virtual machines beside this one are no defect of its disks.
generous()
{
	site_with '{ when: {}, bind: { profile: server, name: "node-{seq}" } }'
	printf 'tests: { disk: { max_latency_ms: 60000, reads: 64 }, cpu: { min_share: 1 } }\n'
}

# SECONDS [NODE]: until the tests began
testing()
{
	node_until "${2:-node-1}" testing "$1" "t=event who=admin node=${2:-node-1} event=timeout"
}

# EVENT SECONDS [NODE]: until that ended them
ended_by()
{
	local node=${3:-node-1}
	vm_wait_event admin "$2" "t=event who=admin node=$node from=testing event=$1" "t=event who=admin node=$node event=timeout" "t=error who=admin"
}

# OP: true once its progress says so
is_at()
{
	local i
	for ((i = 0; i < 30 * VM_SLOW; i++)); do
		[[ $(fulcrum node show node-1 -o json | jq -r .op) != "$1" ]] || return 0
		sleep 1
	done
	return 1
}

# NAME OBJECT [NODE]: value and whether it passed, of the newest run
value()
{
	fulcrum test show "${3:-node-1}" -o json | jq -r --arg name "$1" --arg object "${2:-}" \
		'.runs[0].results[] | select(.name == $name and (.object // "") == $object) | (.value | tostring) + " " + (.pass | tostring)'
}

first_run()
{
	local said
	vm_mark admin
	check "tests are wanted" fulcrum test node-1 --seconds 3
	must "the agent begins" testing 120
	must "and comes to the end" ended_by tested 300
	said=$(fulcrum test show node-1) || true
	note "$said"
	contains "the sector that cannot be read is found" "$said" "first at sector $BAD_SECTOR (of 512 bytes): Input/output error"
	is "as one block of that disk" "$(value disk.errors BAD-DISK)" "1 false"
	is "the other disk has none" "$(value disk.errors FULCRUM-NODE-1)" "0 true"
	is "its CPU computed nothing wrong" "$(value cpu.wrong)" "0 true"
	is "its memory held what was written" "$(value memory.wrong)" "0 true"
	is "what the network brought was as signed" "$(value network.wrong)" "0 true"
	is "the run failed, by that alone" "$(fulcrum test show node-1 -o json | jq -r '[.runs[0].results[] | select(.pass | not) | .name] | join(" ")')" disk.errors
}

reset_in_it()
{
	vm_mark admin
	check "tests are wanted for long" fulcrum test node-1 cpu --seconds 600
	must "the agent begins" testing 120
	must "and tells which it is at" is_at test:cpu
	vm_reset node
	must "a machine that is reset is back, when it has started" ended_by hello 240
	contains "and has failed" "$(fulcrum test list node-1)" "the machine restarted in them, in test:cpu"
}

cancelled()
{
	vm_mark admin
	check "tests are wanted for long" fulcrum test node-1 memory --seconds 600
	must "the agent begins" testing 120
	check "the operator stops them" fulcrum test cancel node-1
	vm_mark admin
	check "others are wanted" fulcrum test node-1 cpu memory network --seconds 2
	must "the agent is free for them" testing 120
	must "which come to their end" ended_by tested 300
	is "and pass" "$(fulcrum test show node-1 -o json | jq -r '.runs[0].outcome')" passed
}

# Both measure both ways; each of the two runs says both.
between_two()
{
	local node peer
	vm_mark admin
	vm_start other
	must "a second node waits to be approved" node_until node-2 planned 240
	vm_mark admin
	check "the network between the two is to be tested" fulcrum test node-1 network --with node-2 --seconds 3
	for node in node-1 node-2; do
		must "$node comes to the end of it" ended_by tested 240 "$node"
	done
	for node in node-1 node-2; do
		peer=node-$((3 - ${node#node-}))
		note "$(fulcrum test show "$node" || true)"
		is "$node: passed" "$(fulcrum test show "$node" -o json | jq -r '.runs[0].outcome')" passed
		is "$node: every block came as it was sent" "$(value network.wrong "$peer" "$node")" "0 true"
		check "$node: something went to the other" test "$(value network.peer-to "$peer" "$node" | cut -d' ' -f1)" -gt 0
		check "$node: and came from it" test "$(value network.peer-from "$peer" "$node" | cut -d' ' -f1)" -gt 0
	done
}

restarted_for_it()
{
	vm_mark admin
	vm_mark other
	must "the second node is deployed" fulcrum deploy node-2
	must "to ready" node_until node-2 ready 900 "t=event who=admin node=node-2 to=failed"
	vm_mark admin
	vm_mark other
	check_fails "its system runs: nothing restarts it without a word" fulcrum test node-2 cpu --seconds 2
	check "with the word it is tested" fulcrum test node-2 cpu --seconds 2 --restart
	must "it restarts" vm_wait_event other 120 "t=qemu event=RESET"
	must "the agent begins" testing 300 node-2
	must "and comes to the end" ended_by tested 240 node-2
	must "it starts from its disk, and is ready again" node_until node-2 ready 600 "t=event who=admin node=node-2 to=failed"
	is "with what was found" "$(fulcrum test show node-2 -o json | jq -r '.runs[0] | .tests[0] + " " + .outcome')" "cpu passed"
	note "$(fulcrum test list)"
}

main()
{
	need_program jq
	vm_run_begin hwtest
	installed_admin
	node_machine node 1
	node_machine other 2
	bad_disk
	must "the admin node is up" installed_up
	generous >"$RUN_DIR/generous.yaml"
	check "its site has limits" give_site "$RUN_DIR/generous.yaml"
	vm_start node
	must "the node waits to be approved" node_until node-1 planned 180
	first_run
	reset_in_it
	cancelled
	between_two
	check "nothing was written to its disks" disk_is_blank "$(vm_disk_file node 0)"
	check "nor to the bad one" disk_is_blank "$RUN_DIR/node/bad.raw"
	check "nor to the second node's" disk_is_blank "$(vm_disk_file other 0)"
	vm_kill node
	restarted_for_it
	tap_end
}

main "$@"
