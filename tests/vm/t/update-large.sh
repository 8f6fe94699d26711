#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# An install and an update whose mirrors have a file of more than 4 GiB each. See update.sh.

UPDATE_ONLY="large" UPDATE_NAME=update-large exec "${BASH_SOURCE[0]%/*}/update.sh"
