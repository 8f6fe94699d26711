# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The real fulcrumd on temporary sockets and a temporary database, as an ordinary user, and a faked
# agent before it. An agent is a directory with its key, boot id, node, attempt and sequence.
# shellcheck disable=SC2034  # what is set here is read by the tests

# shellcheck source=tests/lib.sh
source "${BASH_SOURCE[0]%/*}/../lib.sh"

TOP=$(realpath "${BASH_SOURCE[0]%/*}/../..")
O=${O:-$TOP/build}
# With sanitizers where they were built.
BIN=${BIN:-$O/obj/clang-san/bin}
[[ -x $BIN/fulcrumd ]] || BIN=$O/bin
# libparted's constructor searches a line without its end (libparted/labels/gpt.c), before any code of ours runs.
export ASAN_OPTIONS=${ASAN_OPTIONS:-replace_str=0:intercept_strlen=0:intercept_strchr=0:intercept_strndup=0}
SIGNER=
WORK=
DAEMON=
SITE_KEY=
ANSWER=   # body of the last answer
STATUS=   # its HTTP status
GOOD_SIGN= # yes if the site's key signed it

# --- the site

# A small release, signed by a key of its own.
make_seed()
{
	local seed=$WORK/seed
	mkdir -p "$seed/images/debian-13" "$seed/mirror/dists/trixie"
	"$BIN/fulcrum-image" keygen "$WORK/keys"
	printf '{"name":"Fulcrum","version":"0","build_id":"test-1","epoch":1700000000,"suite":"trixie"}\n' >"$seed/release.json"
	printf 'InRelease\n' >"$seed/mirror/dists/trixie/InRelease"
	head -c 3000000 /dev/urandom >"$WORK/image"
	truncate -s 4M "$WORK/image"
	"$BIN/fulcrum-image" pack --name debian-13 --version 20260101T0000Z --fs ext4 "$WORK/image" "$seed/images/debian-13" >"$WORK/pack.log"
	"$BIN/fulcrum-image" sign "$WORK/keys/release.key" "$seed/images/debian-13/list"
	"$BIN/fulcrum-image" manifest "$seed" >"$WORK/SEED"
	mv "$WORK/SEED" "$seed/SEED"
	"$BIN/fulcrum-image" sign "$WORK/keys/release.key" "$seed/SEED"
}

build_signer()
{
	SIGNER=$WORK/signer
	"${CC:-gcc}" -std=gnu17 -D_GNU_SOURCE -I"$TOP/installer" -o "$SIGNER" "$TOP/tests/api/signer.c" \
		"$TOP"/installer/base/*.c "$TOP"/installer/proto/proto.c "$TOP"/installer/data/{field,field_write,json,tree}.c \
		"$TOP"/installer/model/{erase,hwtest,machine}.c -lsodium -lyyjson
}

# POLICY
make_site()
{
	cat >"$WORK/data/site.yaml" <<-END
		fulcrum: 1
		site: test
		admin:
		  name: admin.lab.example
		  disk: { bus: nvme }
		  access: { ssh_keys: [ "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAID1idgiaeJPvr6Nl/Twxy+gVcVF8aSWxhkJFHU8jh58L ops@lab" ] }
		networks:
		  admin:
		    subnet: 192.168.124.0/24
		    address: 192.168.124.10
		    hosts: .81-.83
		    discovery: .21-.80
		    nic: { link: up }
		profiles:
		  server:
		    image: debian-13
		    disks: { system: { size: ">= 2G", pick: smallest } }
		    layout: [ { esp: 256M }, { root: { fs: ext4, size: rest } } ]
		    packages: [ openssh-server ]
		rules:
		  - { when: { memory: ">= 1G" }, bind: { profile: server, name: "node-{seq}" } }
		policy: { approve: $1 }
	END
}

# [OPTION...]
start_daemon()
{
	# Not by the daemon's own redirection: until that happens, the log still says that an earlier one serves.
	: >"$WORK/log"
	"$BIN/fulcrumd" run --data "$WORK/data" --run "$WORK/run" --seed "$WORK/seed" \
		--release-key "$WORK/keys/release.pub" --no-checks --grace 0 --poll-ms 100 "$@" >>"$WORK/log" 2>&1 &
	DAEMON=$!
	local i
	for ((i = 0; i < 100; i++)); do
		! grep '^fulcrumd: serving' "$WORK/log" >/dev/null || break
		kill -0 "$DAEMON" 2>/dev/null || break
		sleep 0.05
	done
	SITE_KEY=$(sed -n 's/^fulcrumd: serving .* key //p' "$WORK/log")
	[[ -n $SITE_KEY ]] || die "fulcrumd does not start: $(cat "$WORK/log")"
}

stop_daemon()
{
	local status=0
	[[ -n $DAEMON ]] || return 0
	kill -TERM "$DAEMON" 2>/dev/null || true
	wait "$DAEMON" || status=$?
	DAEMON=
	((status == 0)) || tap_not_ok "fulcrumd ends cleanly" "status $status"$'\n'"$(cat "$WORK/log")"
}

# Killed at any instant, as a power cut would.
crash_daemon()
{
	kill -KILL "$DAEMON"
	wait "$DAEMON" 2>/dev/null || true
	DAEMON=
	start_daemon
}

clean_up()
{
	[[ -z $DAEMON ]] || kill -KILL "$DAEMON" 2>/dev/null || true
	rm -rf "$WORK"
}

# POLICY [OPTION...]
api_begin()
{
	need_program curl jq
	WORK=$(mktemp -d)
	on_exit clean_up
	build_signer
	mkdir -p "$WORK/data" "$WORK/run"
	make_seed
	make_site "$1"
	shift
	start_daemon "$@"
}

# --- asking

# SOCKET CURL-ARG... PATH: sets ANSWER and STATUS
ask()
{
	local socket=$1
	shift
	STATUS=$(curl -sS --unix-socket "$WORK/run/$socket.sock" -o "$WORK/answer" -D "$WORK/headers" -w '%{http_code}' "${@:1:$#-1}" "http://x${*: -1}")
	ANSWER=$(<"$WORK/answer")
}

# PATH: as the operator
operator()
{
	ask operator "$@"
}

# The operator's command.
fulcrum()
{
	FULCRUM_SOCKET=$WORK/run/operator.sock "$BIN/fulcrum" "$@"
}

json()
{
	jq -r "$1" <<<"$ANSWER"
}

state()
{
	operator "/node/$1"
	json .state
}

# --- the agent

# NAME LIFE: a new boot
agent_boot()
{
	local dir=$WORK/agent/$1
	mkdir -p "$dir"
	printf '%s' "$2" >"$dir/life"
	cat /proc/sys/kernel/random/uuid >"$dir/boot"
	printf '0' >"$dir/seq"
	if [[ $2 == ram ]]; then
		"$SIGNER" key >"$dir/key"
	else
		cp "$dir/disk-key" "$dir/key"
	fi
}

agent_get()
{
	cat "$WORK/agent/$1/$2"
}

# NAME PATH BODYFILE: signed, sent, and the answer's signature looked at
agent_send()
{
	local name=$1 path=$2 body=$3 pub sec sign seen
	read -r pub sec <"$WORK/agent/$name/key"
	sign=$("$SIGNER" sign "$sec" "$path" "$body")
	ask agent -X POST -H "Fulcrum-Sign: $sign" -H 'Content-Type: application/json' --data-binary "@$body" "$path"
	seen=$(sed -n 's/^Fulcrum-Sign: \([0-9a-f]*\)\r*$/\1/Ip' "$WORK/headers")
	GOOD_SIGN=no
	! "$SIGNER" check "$SITE_KEY" "$path" "$sign" "$WORK/answer" "$seen" || GOOD_SIGN=yes
}

# MAC SERIAL [JQ-FILTER]: the inventory of a machine with one blank disk
machine()
{
	jq -c "${3:-.}" <<-END
		{"machine":1,"system":{"vendor":"QEMU","product":"q35","serial":"$2","uuid":"7d1f6f5e-0c3b-4a53-9f0e-${1//:/}"},
		"firmware":"uefi","memory_bytes":4294967296,"cpus":2,"clock_s":1700000000,
		"disks":[{"name":"vda","path":"/dev/vda","serial":"D-$2","bus":"virtio","size_bytes":5368709120,"sector_bytes":512}],
		"nics":[{"name":"eth0","mac":"$1","link":true}]}
	END
}

# NAME MACHINE-JSON
agent_hello()
{
	local name=$1 dir=$WORK/agent/$1 pub
	read -r pub _ <"$dir/key"
	if [[ $(agent_get "$name" life) == ram ]]; then
		jq -cn --arg boot "$(agent_get "$name" boot)" --arg key "$pub" --argjson m "$2" \
			'{life:"ram",boot_id:$boot,key:$key,machine:$m}' >"$dir/body"
	else
		jq -cn --arg boot "$(agent_get "$name" boot)" --arg key "$pub" --argjson m "$2" --arg node "$(agent_get "$name" node)" \
			--argjson at "$(agent_get "$name" attempt)" '{life:"disk",boot_id:$boot,key:$key,node:$node,attempt:$at,machine:$m}' >"$dir/body"
	fi
	agent_send "$name" /agent/hello "$dir/body"
	[[ $STATUS == 200 ]] || return 0
	json .node >"$dir/node"
	json .attempt >"$dir/attempt"
}

agent_poll()
{
	local name=$1 dir=$WORK/agent/$1
	jq -cn --arg node "$(agent_get "$name" node)" --argjson at "$(agent_get "$name" attempt)" --argjson seq "$(agent_get "$name" seq)" \
		'{node:$node,attempt:$at,seq:$seq}' >"$dir/body"
	agent_send "$name" /agent/poll "$dir/body"
	[[ $STATUS != 200 ]] || cp "$WORK/answer" "$dir/order"
}

order()
{
	agent_poll "$1"
	json .order
}

# NAME JSON [SEQ]: a report with the next sequence, or with SEQ
agent_report()
{
	local name=$1 dir=$WORK/agent/$1 seq=${3:-}
	if [[ -z $seq ]]; then
		seq=$(($(agent_get "$name" seq) + 1))
		printf '%s' "$seq" >"$dir/seq"
	fi
	jq -cn --arg node "$(agent_get "$name" node)" --argjson at "$(agent_get "$name" attempt)" --argjson seq "$seq" --argjson r "$2" \
		'{node:$node,attempt:$at,seq:$seq} + $r' >"$dir/body"
	agent_send "$name" /agent/report "$dir/body"
}

# NAME: claims the plan of the last order
agent_claim()
{
	agent_report "$1" "{\"report\":\"claim\",\"plan_hash\":\"$(jq -r .plan_hash "$WORK/agent/$1/order")\"}"
}

# NAME: reports that all is written, with the key of the system on the disk
agent_applied()
{
	"$SIGNER" key >"$WORK/agent/$1/disk-key"
	agent_report "$1" "{\"report\":\"applied\",\"key\":\"$(cut -d' ' -f1 "$WORK/agent/$1/disk-key")\"}"
}

# NAME [FAILING-CHECK]: answers the checks of the last order
agent_checks()
{
	local results
	results=$(jq -c --arg bad "${2:-}" '[.checks[] | {name, expected, seen: (if .name == $bad then "something else" else .expected end), pass: (.name != $bad)}]' \
		"$WORK/agent/$1/order")
	agent_report "$1" "{\"report\":\"checks\",\"results\":$results}"
}

# NAME: from approved to ready
agent_to_ready()
{
	[[ $(order "$1") == deploy ]] || return 1
	agent_claim "$1"
	agent_applied "$1"
	agent_boot "$1" disk
	agent_hello "$1" "$DISK_MACHINE"
	[[ $(order "$1") == check ]] || return 1
	agent_checks "$1"
}

DISK_MACHINE='{"machine":1,"memory_bytes":4294967296,"nics":[{"name":"eth0","mac":"52:54:00:00:00:01","link":true}]}'
MAC1=52:54:00:00:00:01
MAC2=52:54:00:00:00:02
