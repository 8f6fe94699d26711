# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A switch that says who it is, by LLDP. Needs socat.

# TYPE TEXT: one TLV of LLDP (IEEE 802.1AB-2016, 8.4): seven bits of type, nine of length, as printf's escapes
tlv()
{
	local text=$2 hex
	hex=$(printf '%s' "$text" | od -An -v -tx1 | tr -d '\n' | sed 's/ /\\x/g')
	printf '\\x%02x\\x%02x%s' $(($1 << 1)) $((${#text} + ${3:-0})) "${4:-}$hex"
}

# NAME PORT [SEGMENT]: a switch says to all ports of that segment who it is: chassis (7: locally assigned), port (5: interface
# name), time to live (120 s), the system's name.
switch_speaks()
{
	local frame
	frame='\x01\x80\xc2\x00\x00\x0e\x02\x00\x00\x00\x00\x01\x88\xcc'
	frame+=$(tlv 1 chassis 1 '\x07')$(tlv 2 "$2" 1 '\x05')
	frame+='\x06\x02\x00\x78'$(tlv 5 "$1")'\x00\x00'
	# shellcheck disable=SC2059  # it is made of escapes
	printf "$frame" | socat -u - "UDP4-DATAGRAM:$SWITCH_GROUP:$((SWITCH_PORT + ${3:-0})),ip-multicast-if=127.0.0.1,ip-multicast-loop=1"
}
