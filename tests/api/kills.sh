#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A sweep: the daemon is killed before and after every commit of one node's life, and started again by a supervisor. Agent and
# operator repeat what got no answer. Each life must be the one that nobody disturbed: the same events, once each.

# shellcheck source=tests/api/lib.sh
source "${BASH_SOURCE[0]%/*}/lib.sh"

WAY=

build_killer()
{
	"${CC:-gcc}" -std=gnu17 -D_GNU_SOURCE -shared -fPIC -O1 -o "$WORK/killer.so" "$TOP/tests/api/killer.c" -ldl
}

# As runit does it. Only the first one is killed.
supervise()
{
	local at=$1
	trap 'kill -TERM "$DAEMON"; wait "$DAEMON" || true; exit 0' TERM
	while :; do
		printf 'start\n' >>"$WORK/starts"
		KILLER_AT=$at KILLER_WHEN=$2 LD_PRELOAD=$WORK/killer.so "$BIN/fulcrumd" run --data "$WORK/data" --run "$WORK/run" --seed "$WORK/seed" \
			--release-key "$WORK/keys/release.pub" --no-checks --grace 0 --poll-ms 100 >>"$WORK/log" 2>&1 &
		DAEMON=$!
		wait "$DAEMON" || true
		at=0
	done
}

# As in lib.sh, once: returns 1 if nobody answered
ask_once()
{
	local socket=$1
	shift
	STATUS=$(curl -sS --unix-socket "$WORK/run/$socket.sock" -o "$WORK/answer" -D "$WORK/headers" -w '%{http_code}' \
		"${@:1:$#-1}" "http://x${*: -1}" 2>>"$WORK/curl.log") || return 1
	ANSWER=$(<"$WORK/answer")
}

# As in lib.sh; who gets no answer asks again, as agents do.
ask()
{
	local i
	for ((i = 0; i < 400; i++)); do
		! ask_once "$@" || return 0
		sleep 0.05
	done
	die "no answer: $(tail -n 5 "$WORK/log")"
}

# WORD: the operator wants something of the node. Who gets no answer looks whether it was done.
wants()
{
	local last=
	until ask_once operator -X POST --data-binary '' "/node/node-1/$1"; do
		ask operator /events
		last=$(json '.events | map(select(.event != "planned" and .event != "approved")) | last | .event')
		[[ $last != "$1" ]] || return 0
	done
	[[ $STATUS == 200 ]] || die "$1: $STATUS $ANSWER"
}

# ORDER: the agent polls until it is told that
told()
{
	local i
	for ((i = 0; i < 50; i++)); do
		agent_poll a
		[[ $(json .order) != "$1" ]] || return 0
		sleep 0.05
	done
	die "never told to $1: $ANSWER"
}

# One life, from the first hello to a second deploy and its end.
one_life()
{
	agent_boot a ram
	agent_hello a "$(machine "$MAC1" S1)"
	wants test
	told test
	agent_report a "{\"report\":\"claim\",\"hwtest\":$(json .hwtest.id)}"
	[[ $(json .accepted) == true ]] || die "the claim of tests was not accepted: $ANSWER"
	agent_report a '{"report":"tested","hwtest":1,"measured":[{"name":"cpu.tested","value":4}]}'
	wants deploy
	told deploy
	agent_claim a
	[[ $(json .accepted) == true ]] || die "the claim was not accepted: $ANSWER"
	agent_report a '{"report":"progress","op":"image:root","done":5,"total":10,"percent":50}'
	agent_applied a
	told reboot
	agent_boot a disk
	agent_hello a "$DISK_MACHINE"
	told check
	agent_checks a
	wants verify
	told check
	agent_checks a "host name"
	wants deploy
	told reboot
	agent_boot a ram
	agent_hello a "$(machine "$MAC1" S1)"
	told deploy
	agent_claim a
	agent_report a '{"report":"failed","op":"image:root","error":"the disk broke"}'
	agent_boot a ram
	agent_hello a "$(machine "$MAC1" S1)"
	told wait
	operator /node/node-1/events
	WAY=$(json '[.events[] | .event + ">" + .to] | join(" ")')
	WAY+=" $(cat "$WORK/run/dhcp.d/node-1" "$WORK/run/hosts.d/node-1" | paste -sd' ')"
	wants release
	ask operator /nodes
	WAY+=" $(json '.nodes | map(.state + " " + (.address // "no address")) | join(" ")')"
	WAY+=" $(cd "$WORK/run" && find dhcp.d hosts.d -type f)"
}

# N WHEN: a life of a new database's node with that kill; sets STARTS
killed_life()
{
	local supervisor
	rm -rf -- "$WORK/data" "$WORK/run" "$WORK/starts" "$WORK/agent"
	mkdir -p -- "$WORK/data" "$WORK/run"
	make_site hold
	cp -- "$WORK/site.key" "$WORK/data/site.key"
	supervise "$1" "$2" 2>"$WORK/supervised" &
	supervisor=$!
	one_life
	kill -TERM "$supervisor"
	wait "$supervisor" || true
	STARTS=$(wc -l <"$WORK/starts")
}

sweep()
{
	local when=$1 n points=0 lost=0
	for ((n = 1; n < 200; n++)); do
		killed_life "$n" "$when"
		((STARTS > 1)) || break
		points=$((points + 1))
		if [[ $WAY != "$UNDISTURBED" || $STARTS -ne 2 ]]; then
			lost=$((lost + 1))
			note "LOST: $when of commit $n, $STARTS starts: $WAY"
		fi
	done
	note "kill points: $points, lost: $lost"
	check "$when every commit there was a kill" test "$points" -ge 20
	is "$when each of $points commits: nothing is lost, nothing happens twice" "$lost" 0
}

main()
{
	api_begin hold
	stop_daemon
	build_killer
	cp -- "$WORK/data/site.key" "$WORK/site.key"
	killed_life 0 before
	UNDISTURBED=$WAY
	note "$UNDISTURBED"
	contains "a life that nobody disturbs" "$UNDISTURBED" "hello>discovered bound>bound planned>planned test>queued claimed>testing tested>bound planned>planned deploy>planned approved>approved claimed>deploying applied>deployed"
	contains "has its end" "$UNDISTURBED" "fail>failed hello>failed"
	sweep before
	sweep after
	tap_end
}

main "$@"
