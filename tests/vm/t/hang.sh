#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Releases that neither fail nor come up: one whose kernel's watchdog in hardware is not fed any more, and one where it is, but nothing goes
# on. See update.sh.

UPDATE_ONLY="hang stuck" UPDATE_NAME=hang exec "${BASH_SOURCE[0]%/*}/update.sh"
