# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The guide's pages on the consoles of machine m, for tests that answer them.

# shellcheck source=tests/vm/mainline.sh
source "${BASH_SOURCE[0]%/*}/mainline.sh"
# shellcheck source=tests/cli/lib.sh
source "${BASH_SOURCE[0]%/*}/../cli/lib.sh"

TERM_SECONDS=$((60 * VM_SLOW))

# PAGE CONSOLE HOW: the page is shown there
page()
{
	if vm_wait_event m 60 "t=screen name=$1 at=$2 by=$3" "${install_stop[@]}"; then
		tap_ok "the page \"$1\" is at $2, by $3"
	else
		tap_not_ok "the page \"$1\" is at $2, by $3" "$WAIT_ERROR"
	fi
	vm_mark m
}

# TITLE: a window's, as a terminal that reads UTF-8 has it
title()
{
	printf '┤ %s ├' "$1"
}
