# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Machines that raise their network from a site file as an admin node's start does, without an install: from the rescue
# shell, with services that only stand for an admin node's own.

# shellcheck source=tests/vm/lib.sh
source "${BASH_SOURCE[0]%/*}/lib.sh"

# FILE: begins a site file: all but its networks
site_head()
{
	cat >"$1" <<-END
		fulcrum: 1
		site: lab-net
		admin:
		  name: admin.lab.example
		  disk: { bus: virtio }
		  access: { ssh_keys: [ "$(<"$RUN_DIR/id_ed25519.pub")" ] }
	END
}

# NAME FILE: the site file as an admin node has it, and services that only stand for its own
prepare()
{
	check "$1: the machine is up" vm_shell_ready "$1" 90
	# shellcheck disable=SC2016  # for the guest's shell
	check "$1: a place for its state" vm_shell "$1" 20 'mkdir -p /data && mount -t tmpfs none /data && mkdir -p /data/fulcrum && echo {} >/data/fulcrum/admin.json
		for s in dnsmasq nginx chrony fulcrumd; do
			mkdir -p /run/fulcrum/s.$s && printf "#!/bin/sh\nexec sleep 100000\n" >/run/fulcrum/s.$s/run && chmod +x /run/fulcrum/s.$s/run
			ln -s /run/fulcrum/s.$s /run/service/$s
		done'
	check "$1: the site file" vm_put "$1" "$2" /data/fulcrum/site.yaml
}
