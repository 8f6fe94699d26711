# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Reimaging a node: the host puts the image onto the disk of a node that was ready, as it was made, and spoils every
# SPOIL_EACH-th of its chunks. The node is deployed again: what was moved must be just these. Then the same disk once
# more, whole, because the operator says --full.

SPOIL_EACH=20
SPOIL_FIRST=7
CHUNK_BYTES=1048576

# FILE: prints at which byte its root begins
root_offset()
{
	sfdisk -d -- "$1" | sed -n 's/.*start= *\([0-9]*\),.*name="fulcrum-root".*/\1/p' | awk '{ print $1 * 512; n++ } END { exit n != 1 }'
}

# FILE: carries the image, but for some chunks; prints how many
spoil()
{
	local image=$O/node-image/node.img at n=0 i chunks
	at=$(root_offset "$1") || return 1
	chunks=$((($(stat -c %s -- "$image") + CHUNK_BYTES - 1) / CHUNK_BYTES))
	dd if="$image" of="$1" bs=1M seek=$((at / CHUNK_BYTES)) conv=notrunc status=none
	for ((i = SPOIL_FIRST; i < chunks; i += SPOIL_EACH)); do
		printf 'spoilt chunk %d' "$i" | dd of="$1" bs=1 seek=$((at + i * CHUNK_BYTES + 12345)) conv=notrunc status=none
		n=$((n + 1))
	done
	printf '%d\n' "$n"
}

# STATE SECONDS: waits until the node is in it
node_until()
{
	local to=$1 seconds=$2
	vm_wait_event admin "$seconds" "t=event who=admin to=$to" "${node_stop[@]}"
}

# [OPTION...]: deploys the node, which is off, once more; returns when its image is on the disk
deploy_again()
{
	vm_mark admin
	vm_mark node
	vm_ssh_admin fulcrum deploy "$LINE_NODE" "$@" >/dev/null || { WAIT_ERROR="fulcrum deploy was refused"; return 1; }
	vm_start node
	node_until deployed 600
}

# TITLE SPOILT MODE: what the deploy that just ended took and moved, into the REIMAGE_ arrays of the caller
reimage_told()
{
	local title=$1 spoilt=$2 mode=$3 line compare ms moved
	line=$(vm_events node "t=image who=agent mode=$mode" | tail -n 1)
	[[ -n $line ]] || { missing "$title" "the agent did not report mode $mode"; return 1; }
	compare=$(vm_events node "t=compare who=agent" | tail -n 1)
	[[ -n $compare ]] || { missing "$title: comparing"; return 1; }
	moved=$(event_value "$line" moved)
	[[ $mode == full || $moved -eq $spoilt ]] || { missing "$title" "$spoilt chunks were spoilt, $moved were moved"; return 1; }
	ms=$(event_value "$line" ms)
	# a whole image needs no comparison, even if there was one
	[[ $mode == full ]] || ms=$((ms + $(event_value "$compare" ms)))
	REIMAGE_MS[$mode]=$ms
	REIMAGE_FETCHED[$mode]=$(event_value "$line" fetched)
	REIMAGE_WRITTEN[$mode]=$(event_value "$line" written)
}

# NAME UNIT SCALE DIGITS DIFF FULL: one beside the other
reimage_beside()
{
	row "a twentieth spoilt: $1; bound: the whole image" "$(ratio "$5" "$3" "$4")" "$2" "" "$(ratio "$6" "$3" "$4")" "$(ratio "$5" "$6" 2)"
}

bench_reimage()
{
	local file spoilt
	local -A REIMAGE_MS=() REIMAGE_FETCHED=() REIMAGE_WRITTEN=()
	table "reimaging a node of whose image every ${SPOIL_EACH}th chunk was spoilt, beside a whole one (--full)"
	file=$(vm_disk_file node 0)
	vm_stop node
	spoilt=$(spoil "$file") || { missing "reimage" "no root on the node's disk"; return 0; }
	deploy_again || { missing "reimage: differential" "$WAIT_ERROR"; return 0; }
	reimage_told "reimage: differential" "$spoilt" diff || return 0
	# only a node that came up can be deployed again
	node_until ready 900 || { missing "reimage: ready again" "$WAIT_ERROR"; return 0; }
	vm_stop node
	spoilt=$(spoil "$file")
	deploy_again --full || { missing "reimage: whole" "$WAIT_ERROR"; return 0; }
	reimage_told "reimage: whole" "$spoilt" full || return 0
	row "chunks spoilt" "$spoilt" ""
	reimage_beside "compared, moved, read back" s 1000 1 "${REIMAGE_MS[diff]}" "${REIMAGE_MS[full]}"
	reimage_beside "fetched" MB 1000000 1 "${REIMAGE_FETCHED[diff]}" "${REIMAGE_FETCHED[full]}"
	reimage_beside "written" MB 1000000 1 "${REIMAGE_WRITTEN[diff]}" "${REIMAGE_WRITTEN[full]}"
}
