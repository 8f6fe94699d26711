#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# An install that finds others on its network and stops, listening nowhere; a person who comes in by the password shown
# at the console, once; the install repeated from there, watched by keys, and told to a URL.
#
# QEMU's user network is the foreign one: its DHCP server answers, and 10.0.2.2 is its own.

# shellcheck source=tests/vm/lib.sh
source "${BASH_SOURCE[0]%/*}/../lib.sh"
# shellcheck source=tests/vm/release.sh
source "${BASH_SOURCE[0]%/*}/../release.sh"

ROUTER=52:55:0a:00:02:02
PASSWORD=
FINGERPRINT=
PERSON=
WATCHERS=()

# FILE ADDRESS LINE...: a site file whose admin network is QEMU's, with these lines more
make_site()
{
	release_site "$RUN_DIR/site.yaml" REMOTE-1
	sed -i -e "s|subnet: .*|subnet: 10.0.2.0/24|" -e "s|address: .*|address: $2|" -e "s|hosts: .*|hosts: .81-.90|" \
		-e "s|discovery: .*|discovery: .21-.30|" -e 's|^  access:|  unattended: true\n&|' "$RUN_DIR/site.yaml"
	printf '%s\n' "${@:3}" >>"$RUN_DIR/site.yaml"
	rm -f -- "$1"
	mkfs.vfat -n FULCRUM-CFG -C "$1" 2048 >/dev/null
	mcopy -i "$1" -- "$RUN_DIR/site.yaml" ::/
}

make_machine()
{
	local iso=$ISO
	vm_new m 1024 bios
	vm_direct m fulcrum.mode=installer fulcrum.unattended
	ISO=$RUN_DIR/medium.iso
	vm_medium m "$ISO" cdrom
	ISO=$iso
	vm_hotplug m
	mkdir -- "$RUN_DIR/posts"
	vm_args m -netdev "user,id=net0,restrict=on,ipv6=off,hostfwd=tcp:127.0.0.1:$SSH_PORT-10.0.2.15:22,guestfwd=tcp:10.0.2.4:8080-cmd:$TOP/tests/vm/collect $RUN_DIR/posts" \
		-device virtio-net-pci,netdev=net0,mac=52:54:00:fc:00:01,romfile= \
		-object throttle-group,id=slow,x-bps-write=6000000
}

# Logins: NAME OPTION...; what is said goes to NAME.out
login()
{
	local name=$1
	shift
	timeout 600 ssh -F /dev/null -p "$SSH_PORT" -o UserKnownHostsFile="$RUN_DIR/known_hosts" -o StrictHostKeyChecking=accept-new \
		-o LogLevel=ERROR -o ConnectTimeout=$((30 * VM_SLOW)) "$@" root@127.0.0.1 >"$RUN_DIR/$name.out" 2>&1
}

by_password()
{
	SSH_ASKPASS=$RUN_DIR/askpass SSH_ASKPASS_REQUIRE=force DISPLAY=none login "$1" -tt -o PubkeyAuthentication=no -o NumberOfPasswordPrompts=1
}

by_key()
{
	login "$1" -T -i "$RUN_DIR/id_ed25519" -o IdentitiesOnly=yes -o BatchMode=yes
}

# SECONDS NAME TEXT: waits until the login NAME has seen TEXT
sees()
{
	local end text
	clock
	end=$((NOW_MS + $1 * 1000 * VM_SLOW))
	while :; do
		text=$(tr -d '\000\r' <"$RUN_DIR/$2.out" 2>/dev/null) || true
		[[ $text != *"$3"* ]] || return 0
		clock
		((NOW_MS < end)) || { WAIT_ERROR="$2 did not see [$3]: $(tail -n 5 <<<"$text")"; return 1; }
		sleep 0.2
	done
}

# SIGNAL PID: to it and all that it started
tree_signal()
{
	local child
	local -a children=()
	read -ra children <"/proc/$2/task/$2/children" 2>/dev/null || true
	for child in "${children[@]}"; do
		tree_signal "$1" "$child"
	done
	kill "-$1" "$2" 2>/dev/null || true
}

stop_logins()
{
	local pid
	for pid in "${WATCHERS[@]}"; do
		tree_signal CONT "$pid"
		tree_signal TERM "$pid"
	done
}

test_stops()
{
	local text from
	check "an unattended install stops" vm_wait_event m 120 "t=stage stage=failed" "t=stage stage=apply"
	contains "for the machine that has its address" "$(vm_events m "t=preflight name=duplicate-address")" "\"result\":\"asks\",\"text\":\"10.0.2.2, the admin node's, is taken on eth0 by $ROUTER\""
	contains "and for the other DHCP server, both at once" "$(vm_events m "t=preflight name=foreign-dhcp")" "10.0.2.2 ($ROUTER) offers 10.0.2.15"
	contains "which the error names" "$(vm_events m "t=error")" "2 checks stop this install"
	contains "what can be good is" "$(vm_events m "t=preflight name=link")" '"result":"good"'
	is "no step ran" "$(vm_events m "t=step")" ""
	check "the disk is blank still" disk_is_blank "$RUN_DIR/target.raw"
	check "the menu comes" vm_expect m 20 "p or x, and Enter: $"
	from=$(vm_console_size m)
	vm_type m s
	check "a shell opens" vm_expect m 30 '[#$] $' "$from"
	# shellcheck disable=SC2016  # for the guest's shell
	vm_type m 'echo "listening: $(netstat -tuln | grep -c "^[tu][cd]p") end; root: $(grep ^root: /etc/shadow)"'
	check "nothing listens, and root has no password" vm_expect m 20 "listening: 0 end; root: root:\*:" "$from"
	vm_type m exit
	check "back to the menu" vm_expect m 20 $'back from the shell .*p or x, and Enter: $' "$from"
}

# The fingerprint of who answers. The password is shown a moment before somebody listens, and the way there accepts meanwhile.
host_fingerprint()
{
	local keys until=$((SECONDS + 90 * VM_SLOW))
	while ((SECONDS < until)); do
		keys=$(ssh-keyscan -T $((20 * VM_SLOW)) -t ed25519 -p "$SSH_PORT" 127.0.0.1 2>/dev/null) || true
		[[ -z $keys ]] || { ssh-keygen -lf - <<<"$keys" | cut -d' ' -f2; return; }
		sleep 1
	done
	printf 'nobody answered\n'
}

test_password()
{
	local from text
	from=$(vm_console_size m)
	vm_type m p
	check "a password is shown at the console" vm_expect m 90 "  password [a-z0-9]{5}-[a-z0-9]{5}-[a-z0-9]{5}"$'\n' "$from"
	text=$(vm_console m "$from")
	[[ $text =~ "  password "([a-z0-9-]+) ]] && PASSWORD=${BASH_REMATCH[1]}
	[[ $text =~ "  host key "(SHA256:[A-Za-z0-9+/]+) ]] && FINGERPRINT=${BASH_REMATCH[1]}
	contains "with the address that it has" "$text" "10.0.2.15"
	is "the host key is the one that is shown" "$(host_fingerprint)" "$FINGERPRINT"
	printf '#!/bin/sh\necho %s\n' "$PASSWORD" >"$RUN_DIR/askpass"
	chmod 700 "$RUN_DIR/askpass"
	mkfifo "$RUN_DIR/typed"
	by_password person <>"$RUN_DIR/typed" &
	WATCHERS+=($!)
	exec {PERSON}>"$RUN_DIR/typed"
	check "it lets a person in" sees 60 person "p or x, and Enter: "
	contains "who sees what was said before" "$(<"$RUN_DIR/person.out")" "2 checks stop this install"
	lacks "without the password" "$(<"$RUN_DIR/person.out")" "$PASSWORD"
	by_password second </dev/null || true
	lacks "it does so once" "$(<"$RUN_DIR/second.out")" "watching the installer"
	printf 's\n' >&"$PERSON"
	check "a key opens a shell" sees 60 person "# "
	# shellcheck disable=SC2016  # for the guest's shell
	printf 'echo "found: $(find /run /etc /tmp /root -xdev -type f | xargs grep -lF %s | wc -l), $(grep ^root: /etc/shadow), $(netstat -tln | grep -c ^tcp)"; exit\n' "$PASSWORD" >&"$PERSON"
	check "the password is in no file, void, and nothing listens for it" sees 30 person "found: 0, root:*:20000:0:99999:7:::, 0"
	lacks "nor was it ever told" "$(<"$RUN_DIR/m/events")" "$PASSWORD"
}

# The site file says that it may be so, who may watch, and who is told.
test_watched()
{
	local pid
	check "another site file is plugged in" vm_unplug m config
	make_site "$RUN_DIR/good.fat" 10.0.2.15 'preflight: { ignore: [ foreign-dhcp ] }' 'installer: { ssh: true }' 'report: { url: "http://10.0.2.4:8080/progress" }'
	check "and found" vm_plug m config "$RUN_DIR/good.fat" CONFIG-2
	sleep 2
	vm_mark m
	printf 'r\n' >&"$PERSON"
	check "retry, from elsewhere: the keys of the site file may log in" vm_wait_event m 90 "t=remote text=*keys* fingerprint=$FINGERPRINT" "t=error"
	contains "what the site file ignores is shown all the same" "$(vm_events m "t=preflight name=foreign-dhcp")" '"result":"ignored"'
	by_key one </dev/null &
	WATCHERS+=($!)
	by_key stuck </dev/null &
	pid=$!
	WATCHERS+=("$pid")
	login none -o PubkeyAuthentication=no -o BatchMode=no -o NumberOfPasswordPrompts=0 </dev/null || true
	contains "no password is asked for any more" "$(<"$RUN_DIR/none.out")" "Permission denied (publickey)"
	check "one watches by key" sees 60 one "watching the installer"
	check "so does another, who then stops reading" sees 60 stuck "watching the installer"
	tree_signal STOP "$pid"
	check "the install ends well" vm_wait_event m 180 "t=stage stage=done" "t=stage stage=failed"
	check "who watches sees it" sees 20 one "installed and verified"
	check "so does the person with the password" sees 20 person "installed and verified"
	contains "step by step, with a rate and the time left" "$(tr '\r' '\n' <"$RUN_DIR/person.out")" "/s"
	check "the machine restarts" vm_wait_event m 60 "t=qemu event=RESET"
}

test_told()
{
	local all=$RUN_DIR/told
	cat -- "$RUN_DIR"/posts/*.body >"$all"
	contains "the URL was told of steps" "$(<"$all")" '"t":"step"'
	contains "of what happened before it was known" "$(<"$all")" "2 checks stop this install"
	contains "and of the end" "$(<"$all")" '"stage":"done"'
	is "in whole JSON lines" "$(grep -cvE '^\{"t":"[a-z]+",.*\}$' "$all" || true)" 0
	contains "by POST" "$(head -q -n 1 "$RUN_DIR"/posts/*.head | sort -u)" "POST /progress HTTP/1.1"
	contains "said to be JSON lines" "$(cat "$RUN_DIR"/posts/*.head)" "application/x-ndjson"
	lacks "without the password" "$(<"$all")" "$PASSWORD"
}

main()
{
	vm_run_begin remote
	on_exit stop_logins
	SSH_PORT=$(free_port)
	release_medium "$RUN_DIR/medium.iso"
	truncate -s 3G "$RUN_DIR/target.raw"
	make_site "$RUN_DIR/config.fat" 10.0.2.2
	make_machine
	vm_start m
	check "the target disk is there" vm_plug m target "$RUN_DIR/target.raw" REMOTE-1 "node={\"driver\":\"throttle\",\"throttle-group\":\"slow\",\"file\":{\"driver\":\"file\",\"filename\":\"$RUN_DIR/target.raw\",\"locking\":\"off\",\"discard\":\"unmap\"}}"
	check "so is the site file" vm_plug m config "$RUN_DIR/config.fat" CONFIG-1
	test_stops
	test_password
	test_watched
	test_told
	vm_kill m
	tap_end
}

main "$@"
