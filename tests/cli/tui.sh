#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The installer's pages on a terminal, driven by its keys: as screens of 80 columns and 24 lines, as questions line by
# line, and what comes of them: a site file that gives the plan that was shown. Runs inside the SDK root, sanitizers on.
# shellcheck source=tests/lib.sh
source "${BASH_SOURCE[0]%/*}/../lib.sh"
# shellcheck source=tests/cli/lib.sh
source "${BASH_SOURCE[0]%/*}/lib.sh"
tool=build/obj/clang-san/bin/fulcrum-install
key="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEjNaAjzxlfpybxQ8QgIMxcYeS1DRVOZKqXxV8xR1v9C ops@lab"
dir=$(mktemp -d)
on_exit term_end
on_exit "rm -rf $dir"

# MACHINE FILE [OPTION...]
tui() {
	local machine=$1 file=$2
	shift 2
	printf '%s tui --seed aa --machine tests/machines/%s.json %s %s' "$tool" "$machine" "$file" "$*"
}

# MACHINE FILE: the plan of that site file, its first line's hash
hash_of() {
	"$tool" plan --seed aa --machine "tests/machines/$1.json" "$2" | sed -n 's/^plan \([0-9a-f]*\) .*/\1/p'
}

# PAGE: it comes, and all of its frame and its buttons are on the screen
page_fits() {
	local text
	check "the page \"$1\" comes" term_wait "┤ $1 ├"
	text=$(term_text)
	contains "it ends on the screen" "$text" "└──────"
	contains "with its buttons" "$text" "<"
	contains "and its right edge" "$text" "──┐"
}

whole_test() {
	local shown saved
	# shellcheck disable=SC2046 # words
	term_start 80x24 $(tui one-nvme "$dir/one.yaml")
	page_fits Welcome
	term_keys Enter
	page_fits Disk
	term_keys Enter
	page_fits "Before and after"
	contains "the disk is drawn" "$(term_text)" "5 data ext4"
	term_keys Tab Enter
	page_fits "Port of the admin network"
	term_keys Enter
	page_fits Addresses
	term_keys Tab Tab Tab Tab Tab Enter
	page_fits Names
	term_keys Tab Tab Enter
	page_fits Access
	term_keys Tab Enter
	check "without a key it does not go on" term_wait "at least one is needed"
	term_keys -l "$key"
	term_keys Tab Tab Enter
	check "a key that was pasted is listed" term_wait "ops@lab"
	term_keys Tab Enter
	page_fits "Other machines"
	term_keys Enter
	page_fits Review
	shown=$(term_text | sed -n 's/.*This is plan \([0-9a-f]*\)\..*/\1/p')
	isnt "the plan's hash is told" "$shown" ""
	term_keys Enter
	check "Enter alone saves nothing" test ! -e "$dir/one.yaml"
	term_keys Tab Enter
	check "the site file is saved" term_wait "saved: $dir/one.yaml"
	check "and that is the end" term_wait "ended with 0"
	saved=$(hash_of one-nvme "$dir/one.yaml")
	is "it gives the plan that was shown" "$saved" "$shown"
	is "only its owner reads it" "$(stat -c %a "$dir/one.yaml")" 600
}

plain_test() {
	local out
	out=$(printf '%s\n' 1 1 "" 1 "" "" "" "" "" "" "" "" "" "$key" next 1 save | eval "$(tui one-nvme "$dir/plain.yaml" --plain)" 2>&1) || true
	contains "the same by questions and numbers" "$out" "saved: $dir/plain.yaml"
	lacks "without anything that is drawn" "$out" $'\033'
	is "the file is the same" "$(cat "$dir/plain.yaml")" "$(cat "$dir/one.yaml")"
	out=$(printf '%s\n' 1 1 | eval "$(tui one-nvme "$dir/none.yaml" --plain)" 2>&1; printf '%s' "$?") || true
	contains "an end of input is no answer" "$out" "nothing was written"
	check "and nothing is" test ! -e "$dir/none.yaml"
	out=$(printf '%s\n' 7 x "" back | eval "$(tui one-nvme "$dir/none.yaml" --plain)" 2>&1) || true
	contains "what is no choice is told" "$out" '"7" is none of these'
	out=$(printf '%s\n' 1 | eval "$(tui only-stick "$dir/none.yaml" --plain)" 2>&1) || true
	contains "without a disk the way is closed, with the reason" "$out" "Attention: No disk can be installed on"
}

small_test() {
	# shellcheck disable=SC2046
	term_start 72x20 $(tui one-nvme "$dir/none.yaml")
	check "a terminal that is too small gets questions" term_wait "A number from 1 to 2 [1]:"
	TERM_NAME=dumb
	# shellcheck disable=SC2046
	term_start 80x24 $(tui one-nvme "$dir/none.yaml")
	check "so does a dumb one" term_wait "A number from 1 to 2 [1]:"
	unset TERM_NAME
	TERM_LOCALE=C
	# shellcheck disable=SC2046
	term_start 80x24 $(tui one-nvme "$dir/none.yaml")
	check "one without UTF-8 gets screens" term_wait "<Next>"
	term_keys Enter
	term_wait Disk && term_keys Enter
	check "and the disk drawn in ASCII" term_wait "+-+-+-+-+------"
	unset TERM_LOCALE
	# shellcheck disable=SC2046
	term_start 132x50 $(tui rack-24-used "$dir/none.yaml")
	term_wait Welcome && term_keys Enter
	check "a large one shows more: all of 26 disks" term_wait "nvme1n1"
	contains "from the first" "$(term_text)" "sda "
}

consent_test() {
	# shellcheck disable=SC2046
	term_start 80x24 $(tui dirty-nvme "$dir/dirty.yaml")
	term_wait Welcome && term_keys Enter
	check "what a disk carries is told" term_wait '"old-root"'
	term_keys Enter
	check "and what goes" term_wait goes
	term_keys Tab Enter
	page_fits Consent
	term_keys Tab Enter
	check "without its serial there is no way on" term_wait "without it the disk stays as it is"
	term_keys -l S5GXNF0R12345
	term_keys Tab Enter
	check "nor with another" term_wait '"S5GXNF0R12345" is not S5GXNF0R123456'
	term_keys -l S5GXNF0R123456
	term_keys Tab Enter
	check "with it there is" term_wait "Port of the admin network"
	term_keys Escape
	check "Esc goes back" term_wait "┤ Consent ├"
}

overwrite_test() {
	local before
	before=$(cat "$dir/one.yaml")
	printf '%s\n' 1 1 "" 1 "" "" "" "" "" "" "" "" "" "$key" next 1 save | eval "$(tui two-nvme "$dir/one.yaml" --plain)" >"$dir/out" 2>&1 || true
	contains "a file that is there is not overwritten" "$(cat "$dir/out")" "is there already"
	is "it is as it was" "$(cat "$dir/one.yaml")" "$before"
}

whole_test
plain_test
small_test
consent_test
overwrite_test
tap_end
