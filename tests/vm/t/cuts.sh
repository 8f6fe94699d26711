#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Power cuts. A whole install is recorded, write by write and flush by flush, once over an old system with the
# site file's consent, once onto a blank disk without any. Then the power goes at a point of that record: what
# no flush had covered is lost, or kept, or each write by the throw of a die lost, kept or torn. The same
# install is finished on what the disk then holds, by the real installer in a machine that stays up: each cut
# is another disk plugged into it.
#
# Lost is a cut after which
#   - the same site file does not bring the disk to its wanted state, and no word says what a person must
#     decide; or the disk says it is as wanted and its content is not
#   - or the disk would have started an install that was not whole
#   - or the old content had changed before the installer began to write.
#
# CUTS=N tries N points (default 24): first those where the work moves on to another part of the disk, thinned
# to half of N, then random ones from a seed that is printed; CUT_SEED=N repeats them. CUT_ONLY="old 812 random 7"
# repeats one. CUT_MACHINES=N machines (default 1) share them, one processor each.

# shellcheck source=tests/vm/lib.sh
source "${BASH_SOURCE[0]%/*}/../lib.sh"
# shellcheck source=tests/vm/release.sh
source "${BASH_SOURCE[0]%/*}/../release.sh"

CUTS=${CUTS:-24}
CUT_SEED=${CUT_SEED:-$((EPOCHSECONDS % 1000000))}
CUT_MACHINES=${CUT_MACHINES:-1}
DISK_BYTES=$((3 << 30))
TRIED=0 LOST=0 ASKED=0 DONE_BEFORE=0
declare -A LOG_END=()

# --- what is there before

# FILE: a disk with a system of another maker: a table, two file systems, files in them
make_old_disk()
{
	local tree=$RUN_DIR/old i
	mkdir -p -- "$tree/etc" "$tree/home"
	for i in {1..20}; do
		repeatable_bytes 40000 "$i" >"$tree/home/letter$i"
	done
	printf 'old system\n' >"$tree/etc/issue"
	truncate -s "$DISK_BYTES" -- "$1"
	sfdisk -q -- "$1" <<-'END'
		label: gpt
		start=1MiB, size=256MiB, type=U
		start=300MiB, size=2GiB, type=L, name=oldroot
	END
	mke2fs -q -t ext4 -F -L old-root -E offset=$((300 << 20)) -d "$tree" -- "$1" 2G
	mkfs.vfat -n OLD-ESP -C "$RUN_DIR/esp.img" $((256 << 10)) >/dev/null
	dd if="$RUN_DIR/esp.img" of="$1" bs=1M seek=1 conv=notrunc,sparse status=none
}

# --- the record

# KIND (old or blank): installs onto a fresh disk; leaves KIND.base, KIND.log, KIND.done and KIND.regions
record()
{
	local kind=$1 base=$RUN_DIR/$1.base work=$RUN_DIR/$1.done log=$RUN_DIR/$1.log filter said
	cp --sparse=always -- "$base" "$work"
	: >"$log"
	filter="{\"driver\":\"blklogwrites\",\"log-super-update-interval\":1,\"file\":{\"driver\":\"file\",\"filename\":\"$work\",\"discard\":\"unmap\"},\"log\":{\"driver\":\"file\",\"filename\":\"$log\"}}"
	VM_NO_FLUSH=false vm_plug m cut "$work" CUT-1 "node=$filter" || die "$WAIT_ERROR"
	said=$(vm_shell m 60 "sh /run/volume/cutguest plan $kind") || true
	contains "$kind: there is something to do" "$said" "first: some"
	check "$kind: planning leaves the disk as it was, bit for bit" qemu-img compare -q -U -f raw -F raw "$base" "$work"
	is "$kind: not one write" "$("$CUTLOG" list "$log" | grep -cE ' (write|fua|discard) ' || true)" 0
	said=$(vm_shell m 120 "sh /run/volume/cutguest finish $kind") || true
	contains "$kind: the install that is recorded ends well" "$said" "end: good"
	[[ $said == *"end: good"* ]] || note "$said"
	vm_unplug m cut || die "$WAIT_ERROR"
	regions_of "$work" >"$RUN_DIR/$kind.regions"
	LOG_END[$kind]=$("$CUTLOG" list "$log" | wc -l)
	clock
	note "$kind: ${LOG_END[$kind]} writes and flushes recorded"
}

# FILE: the regions of an installed disk, for cutlog
regions_of()
{
	local start size name
	printf 'table:0:17408\njournal:%d:%d\nbackup:%d:%d\n' $((512 << 10)) $((768 << 10)) $((DISK_BYTES - 16896)) "$DISK_BYTES"
	while read -r start size name; do
		printf '%s:%d:%d\n' "${name#fulcrum-}" $((start * 512)) $(((start + size) * 512))
	done < <(sfdisk -d -- "$1" | sed -n 's/.*start= *\([0-9]*\), size= *\([0-9]*\).*name="\([^"]*\)".*/\1 \2 \3/p')
}

# --- one cut

# MACHINE KIND K MODE SEED NAMES
try_cut()
{
	local m=$1 kind=$2 k=$3 mode=$4 seed=$5 names=$6 image=$RUN_DIR/cut.$1.raw became said
	cp --sparse=always -- "$RUN_DIR/$kind.base" "$image"
	became=$("$CUTLOG" build "$RUN_DIR/$kind.log" "$image" "$k" "$mode" "$seed")
	TRIED=$((TRIED + 1))
	vm_plug "$m" cut "$image" CUT-1 || die "$WAIT_ERROR"
	said=$(vm_shell "$m" 120 "sh /run/volume/cutguest finish $kind") || true
	vm_unplug "$m" cut || die "$WAIT_ERROR"
	[[ $said != *"first: none"* ]] || DONE_BEFORE=$((DONE_BEFORE + 1))
	case $said in
	*"end: good"*) ;;
	*"end: asks"*)
		ASKED=$((ASKED + 1))
		note "asks a person: $kind $k $mode $seed ($names; $became): ${said##*said: }"
		;;
	*)
		LOST=$((LOST + 1))
		note "LOST: CUT_SEED=$CUT_SEED CUT_ONLY=\"$kind $k $mode $seed\" ($names; $became)"
		note "$said"
		[[ -n ${CUT_KEEP:-} ]] || cp --sparse=always -- "$image" "$RUN_DIR/lost.$m.$LOST.raw"
		;;
	esac
	((TRIED % 20)) || note "$m: after $TRIED cuts: $LOST lost"
}

# MACHINE INDEX: its share of the list of cuts; leaves what it counted
try_share()
{
	local kind k mode seed names n=0
	while read -r kind k mode seed names; do
		((n++ % CUT_MACHINES == $2)) || continue
		try_cut "$1" "$kind" "$k" "$mode" "$seed" "$names"
	done <"$RUN_DIR/list"
	printf '%d %d %d %d\n' "$TRIED" "$LOST" "$ASKED" "$DONE_BEFORE" >"$RUN_DIR/counts.$1"
}

# Every machine at its share, at once; the counts are added up.
try_all()
{
	local i m status tried lost asked done_before
	local -a pids=()
	for ((i = 0; i < CUT_MACHINES; i++)); do
		try_share "m${i/#0/}" "$i" &
		pids+=($!)
	done
	for ((i = 0; i < CUT_MACHINES; i++)); do
		m=m${i/#0/}
		status=0
		wait "${pids[i]}" || status=$?
		is "$m: got to the end of its share" "$status" 0
		[[ -r $RUN_DIR/counts.$m ]] || continue
		read -r tried lost asked done_before <"$RUN_DIR/counts.$m"
		TRIED=$((TRIED + tried)) LOST=$((LOST + lost)) ASKED=$((ASKED + asked)) DONE_BEFORE=$((DONE_BEFORE + done_before))
		vm_kill "$m"
	done
}

# --- which cuts

# Prints "KIND K MODE SEED NAMES" lines, all of the list: where the work moves on, on both sides of the flush.
listed_cuts()
{
	local kind k names
	for kind in old blank; do
		# shellcheck disable=SC2046  # words
		while read -r k names; do
			# before this flush took hold, in two ways; after it
			printf '%s %d lost 0 %s\n' "$kind" "$k" "$names"
			printf '%s %d random %d %s\n' "$kind" "$k" "$k" "$names"
			printf '%s %d kept 0 %s\n' "$kind" $((k + 1)) "$names"
		done < <("$CUTLOG" points "$RUN_DIR/$kind.log" $(<"$RUN_DIR/$kind.regions"))
	done
}

# COUNT: the same kind of lines, anywhere
random_cuts()
{
	local i kind
	RANDOM=$((CUT_SEED % 32768))
	for ((i = 0; i < $1; i++)); do
		kind=old
		((i % 2 == 0)) || kind=blank
		printf '%s %d random %d random\n' "$kind" $(((RANDOM * 32768 + RANDOM) % LOG_END[$kind] + 1)) $((CUT_SEED * 1000 + i))
	done
}

all_cuts()
{
	local -a listed
	local half=$((CUTS / 2)) i
	mapfile -t listed < <(listed_cuts)
	((${#listed[@]} >= half)) || half=${#listed[@]}
	# evenly thinned, so that the same CUTS gives the same list
	for ((i = 0; i < half; i++)); do
		printf '%s\n' "${listed[i * ${#listed[@]} / half]}"
	done
	random_cuts $((CUTS - half))
}

main()
{
	local i
	need_program qemu-img mke2fs mkfs.vfat sfdisk
	vm_run_begin cuts
	CUTLOG=$O/tests/cutlog
	mkdir -p -- "$O/tests"
	"$TOP/buildscripts/sdk-run" gcc -std=gnu17 -O2 -Wall -Wextra -Werror -static -o build/tests/cutlog tests/vm/cutlog.c
	release_site "$RUN_DIR/old.yaml" CUT-1 CUT-1
	release_site "$RUN_DIR/blank.yaml" CUT-1
	make_old_disk "$RUN_DIR/old.base"
	truncate -s "$DISK_BYTES" "$RUN_DIR/blank.base"
	# What a guest's kernel does against spying on its CPU costs an emulated CPU time, and defends nothing here.
	VM_KERNEL_WORDS="mitigations=off init_on_alloc=0"
	release_machine m 1024 "$RUN_DIR"/{old,blank}.yaml
	for ((i = 1; i < CUT_MACHINES; i++)); do
		release_twin "m$i" 1024
	done
	record old
	record blank
	note "random cuts: CUT_SEED=$CUT_SEED"
	if [[ -n ${CUT_ONLY:-} ]]; then printf '%s again\n' "$CUT_ONLY"; else all_cuts; fi >"$RUN_DIR/list"
	try_all
	is "no cut lost anything" "$LOST" 0
	is "as many cuts as asked for" "$TRIED" "$([[ -n ${CUT_ONLY:-} ]] && echo 1 || echo "$CUTS")"
	note "$DONE_BEFORE were finished already; a person is asked after $ASKED"
	note "cut points: $TRIED, lost: $LOST"
	tap_end
}

main "$@"
