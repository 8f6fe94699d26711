# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The site's OpenPGP key, with which the mirror and SHA256SUMS are signed: mk-mirror makes it, mk-sums uses it too.
# Sourced after lib.sh.
# shellcheck disable=SC2154 # lib.sh sets it
home=$KEYS/mirror.gpg
# Made to have been born before any package list, so that a signature never comes before its key.
# shellcheck disable=SC2034 # read by mk-mirror
key_birth=20240101T000000

# gpg's warning about the clock we set on purpose is not news; all else it says is.
gpg_site() {
	gpg --homedir "$home" --batch --no-tty --quiet "$@" 2> >(grep -v 'running with faked system time' >&2 || true)
}

stop_agent() { gpgconf --homedir "$home" --kill gpg-agent 2>/dev/null || true; }
