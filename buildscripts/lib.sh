# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What every image-assembly script shares: strict mode, one clock, where things lie, stamps, and the
# one way to act as root. Sourced, never run.
set -Eeuo pipefail
shopt -s inherit_errexit
export LC_ALL=C TZ=UTC
umask 022

top=$(realpath "$(dirname "${BASH_SOURCE[0]}")/..")
O=$(realpath -m "${O:-$top/build}")
export O
export KEYS=${KEYS:-$O/keys}
export BIN=${BIN:-$O/bin}
cache=$O/cache
export debs=$cache/debs
# shellcheck disable=SC2034
{
	version=0.1
	arch=amd64
	suite=trixie
	mirror_url=${FULCRUM_DEBIAN:-http://deb.debian.org/debian}
	security_url=${FULCRUM_DEBIAN_SECURITY:-http://deb.debian.org/debian-security}
	debian_keyring=/usr/share/keyrings/debian-archive-keyring.gpg
}
# 0: neither firmware nor microcode in the images, nor in the mirror.
export FIRMWARE=${FIRMWARE:-1}
# The clock of everything made from our own tree. Packages have a clock of their own: debian_epoch.
fixed_epoch=1767225600
if [[ -z ${SOURCE_DATE_EPOCH:-} ]]; then
	SOURCE_DATE_EPOCH=$(git -C "$top" log -1 --format=%ct 2>/dev/null || echo "$fixed_epoch")
fi
export SOURCE_DATE_EPOCH

me=${0##*/}
log() { printf '%s: %s\n' "$me" "$*" >&2; }
die() {
	log "error: $*"
	exit 1
}
trap 'log "error: line $LINENO: $BASH_COMMAND (exit $?)"' ERR

# need FILE WHAT_MAKES_IT...: a missing input is named together with its maker.
need() {
	local file=$1
	shift
	[[ -e $file ]] || die "missing $file: run $*"
}

# on_exit COMMAND...: runs at the end of the script, whatever the end; the last one given wins.
on_exit() {
	# shellcheck disable=SC2064
	trap "$(printf '%q ' "$@")" EXIT
}

# as_root COMMAND...: plainly as root, else as root of a user namespace.
as_root() {
	if [[ $(id -u) == 0 ]]; then
		"$@"
	else
		unshare --user --map-auto --map-root-user "$@"
	fi
}

# words FILE...: the first word of each line; comments and blank lines are dropped.
words() { sed -e 's/#.*//' -e 's/^[[:space:]]*//' -e 's/[[:space:]].*//' -e '/^$/d' -- "$@"; }

# hash_inputs WORD|FILE|DIR...: one digest over the contents and names of all of them, and of what may be executed. Other
# bits of a mode are of the umask of whoever fetched the tree.
hash_inputs() {
	local item
	for item; do
		if [[ -d $item ]]; then
			find "$item" -mindepth 1 \( -type f -perm -u=x -printf '%P x\n' -o -printf '%P %y %l\n' \) | sort
			find "$item" -type f -print0 | sort -z | xargs -0r sha256sum | sed "s|  $item/|  |"
		elif [[ -f $item ]]; then
			sha256sum <"$item"
		else
			printf '%s\n' "$item"
		fi
	done | sha256sum | cut -c1-64
}

# fresh NAME HASH OUTPUT...: true if the stage NAME was made from HASH and its outputs are there.
fresh() {
	local stamp=$O/stamps/$1 want=$2 output
	shift 2
	[[ -z ${FORCE:-} && -f $stamp && $(<"$stamp") == "$want" ]] || return 1
	for output; do [[ -e $output ]] || return 1; done
}

mark() {
	mkdir -p "$O/stamps"
	printf '%s\n' "$2" >"$O/stamps/$1"
}

# unmark NAME: a stage that starts over is not fresh until it ends.
unmark() { rm -f "$O/stamps/$1"; }

# debian_epoch: when Debian signed the package lists in use. The same packages give the same clock.
debian_epoch() {
	need "$O/packages.epoch" buildscripts/fetch-debs
	cat "$O/packages.epoch"
}

# open_to_others PATH: without root, packages are unpacked by users that exist in a namespace alone: to the file system they are others,
# and what they read has to be open to others, with all that it lies in.
open_to_others() {
	local at=$1 mode
	[[ $(id -u) != 0 ]] || return 0
	while [[ $at != / ]]; do
		mode=$(stat -c %a -- "$at")
		((mode % 10 & 1)) || [[ ! -d $at && ! -x $at ]] || die "$at is closed to others, who unpack packages where there is no root: chmod o+rx it"
		at=$(dirname -- "$at")
	done
}

# normalise DIR EPOCH: modes do not depend on the builder's umask, times not on the hour.
normalise() {
	chmod -R u+rwX,go+rX,go-w "$1"
	find "$1" -exec touch --no-dereference --date="@$2" {} +
}

b2() { b2sum -l 256 -- "$1" | cut -c1-64; }
kib() { du -sk --apparent-size "$1" | cut -f1; }
