# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What every shell test shares: strict mode, a monotonic clock, and TAP. Source it, call the checks,
# end with tap_end. It knows nothing of virtual machines (tests/vm/lib.sh does).
#
# A check never stops the test; its name states the behaviour that is wanted. A skip fails when CI is
# set, because a test that did not run has proven nothing.

set -Eeuo pipefail
shopt -s inherit_errexit
export LC_ALL=C TZ=UTC
umask 022

TAP_COUNT=0
TAP_FAILED=0
EXIT_HOOKS=()

# --- saying things

note()
{
	local line
	while IFS= read -r line; do
		printf '# %s\n' "$line"
	done <<<"$*"
}

die()
{
	printf 'Bail out! %s\n' "$*"
	exit 1
}

need_program()
{
	local p
	for p in "$@"; do
		command -v "$p" >/dev/null || die "the program '$p' is needed and not installed"
	done
}

# --- leaving: hooks run once, last added first, whatever the reason

on_exit()
{
	EXIT_HOOKS+=("$*")
	trap run_exit_hooks EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	trap 'exit 141' PIPE
}

run_exit_hooks()
{
	local status=$? i
	trap - EXIT
	trap '' INT TERM HUP PIPE
	set +e
	for ((i = ${#EXIT_HOOKS[@]} - 1; i >= 0; i--)); do
		${EXIT_HOOKS[i]}
	done
	exit "$status"
}

# --- time: milliseconds that never jump; a global, because a subshell each would cost more

# shellcheck disable=SC2034  # read by those that source this
NOW_MS=0
clock()
{
	local up rest
	# shellcheck disable=SC2034  # rest: the idle time, not wanted
	read -r up rest </proc/uptime
	# shellcheck disable=SC2034
	NOW_MS=$((10#${up/./} * 10))
}

# 12345 -> 12.3
seconds()
{
	local ms=$1 tenths
	tenths=$(((ms + 50) / 100))
	printf '%d.%d' $((tenths / 10)) $((tenths % 10))
}

# --- TAP

tap_ok()
{
	TAP_COUNT=$((TAP_COUNT + 1))
	printf 'ok %d - %s\n' "$TAP_COUNT" "$1"
}

# NAME [WHY...]
tap_not_ok()
{
	TAP_COUNT=$((TAP_COUNT + 1))
	TAP_FAILED=$((TAP_FAILED + 1))
	printf 'not ok %d - %s\n' "$TAP_COUNT" "$1"
	shift
	[[ $# -eq 0 ]] || note "$*"
}

tap_skip()
{
	if [[ -n ${CI:-} ]]; then
		tap_not_ok "$1" "skipped, and a skip fails in CI: $2"
	else
		TAP_COUNT=$((TAP_COUNT + 1))
		printf 'ok %d - %s # SKIP %s\n' "$TAP_COUNT" "$1" "$2"
	fi
}

# Prints the plan; its status is the test's status.
tap_end()
{
	printf '1..%d\n' "$TAP_COUNT"
	if ((TAP_COUNT == 0)); then
		note "no check ran: that is a failure"
		return 1
	fi
	if ((TAP_FAILED > 0)); then
		note "$TAP_FAILED of $TAP_COUNT checks failed"
		return 1
	fi
}

# NAME COMMAND...: the command succeeds
check()
{
	local name=$1 out status=0
	shift
	out=$("$@" 2>&1) || status=$?
	if ((status == 0)); then
		tap_ok "$name"
	else
		tap_not_ok "$name" "status $status from: $*"$'\n'"$out"
	fi
}

# NAME COMMAND...: the command fails
check_fails()
{
	local name=$1 out
	shift
	if out=$("$@" 2>&1); then
		tap_not_ok "$name" "succeeded: $*"$'\n'"$out"
	else
		tap_ok "$name"
	fi
}

# NAME GOT WANTED
is()
{
	if [[ $2 == "$3" ]]; then
		tap_ok "$1"
	else
		tap_not_ok "$1" "got:    '$2'"$'\n'"wanted: '$3'"
	fi
}

# NAME GOT OTHER
isnt()
{
	if [[ -n $2 && $2 != "$3" ]]; then
		tap_ok "$1"
	else
		tap_not_ok "$1" "got '$2', and that it must not be"
	fi
}

# NAME TEXT PART
contains()
{
	if [[ $2 == *"$3"* ]]; then
		tap_ok "$1"
	else
		tap_not_ok "$1" "'$3' is not in:"$'\n'"$2"
	fi
}

# NAME TEXT PART
lacks()
{
	if [[ $2 != *"$3"* ]]; then
		tap_ok "$1"
	else
		tap_not_ok "$1" "'$3' is in:"$'\n'"$2"
	fi
}

# --- images

# ISO PATH: the byte offset of a file's content in an image, by another reader than ours
iso_place()
{
	xorriso -indev "$1" -find "$2" -exec report_lba 2>/dev/null | sed -n 's/^File data lba: *[0-9]* *, *\([0-9]*\) *,.*/\1/p' | {
		read -r lba
		echo $((lba * 2048))
	}
}

# FILE OFFSET: one byte becomes another
flip()
{
	local byte
	byte=$(od -An -tu1 -j "$2" -N 1 -- "$1")
	# shellcheck disable=SC2059  # the format is the byte
	printf "\\x$(printf '%02x' $((byte ^ 255)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}
