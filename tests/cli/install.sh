#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# fulcrum-install as a person on a workstation uses it: exit codes, positions, all findings at once, plans of
# recorded machines, and a medium of which any one file is damaged. Runs inside the SDK root, sanitizers on.
set -Eeuo pipefail
export LC_ALL=C TZ=UTC
bin=build/obj/clang-san/bin
tool=$bin/fulcrum-install
image=$bin/fulcrum-image
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
n=0
failed=0

result() {
	n=$((n + 1))
	if [[ $1 == 0 ]]; then
		printf 'ok %d - %s\n' "$n" "$2"
	else
		failed=1
		printf 'not ok %d - %s\n' "$n" "$2"
		sed 's/^/#   /' "$dir/out" "$dir/err"
	fi
}

# expect CODE NAME COMMAND...
expect() {
	local want=$1 name=$2 code=0
	shift 2
	[[ ! -e $dir/out ]] || cp "$dir/out" "$dir/last"
	"$@" >"$dir/out" 2>"$dir/err" || code=$?
	if [[ $code == "$want" ]]; then
		code=0
	else
		echo "exit $code, wanted $want" >>"$dir/err"
		code=1
	fi
	result "$code" "$name"
}

# says TEXT NAME: the last command's output or error contains TEXT
says() {
	local code=0
	grep -F -- "$1" "$dir/out" "$dir/err" >/dev/null || code=1
	result "$code" "$2"
}

# The checks before an install, of a recorded machine: what its network and its clock say is not known here.
preflight_tests() {
	local site=tests/sites/lab.yaml
	expect 0 "preflight of a recorded machine" "$tool" preflight --machine tests/machines/one-nvme.json "$site"
	says "foreign-dhcp       unknown" "which has no network here"
	expect 0 "and for machines" "$tool" preflight --json --machine tests/machines/one-nvme.json "$site"
	says '"name": "duplicate-address"' "a row a check"
	expect 4 "a tie of disks stops it" "$tool" preflight --machine tests/machines/two-nvme.json "$site"
	says "disk               stops" "in the table"
}

# A node straight from the medium, planned on a workstation without one.
profile_tests() {
	local machine address
	expect 0 "a profile is planned for a recorded machine" "$tool" plan --machine tests/machines/lab-seat.json --profile server --node seat-1 tests/sites/lab-layout.yaml
	says "name seat-1, address 192.168.124.81/24" "with its name and the first address of hosts"
	expect 11 "a profile that is not there is told" "$tool" plan --machine tests/machines/lab-seat.json --profile serv tests/sites/lab-layout.yaml
	says "one of: server" "with those that are"
	expect 3 "a name that is none is refused" "$tool" plan --machine tests/machines/lab-seat.json --profile server --node Bad_Name tests/sites/lab-layout.yaml
	expect 0 "its address can be given" "$tool" plan --machine tests/machines/lab-seat.json --profile server --address 192.168.124.99 tests/sites/lab-layout.yaml
	says "address 192.168.124.99/24" "and is in the plan"
	for address in 10.0.0.5 192.168.124.255 192.168.124.0 192.168.124.10 192.168.124.30 192.168.124 300.1.1.1; do
		expect 3 "address $address is refused" "$tool" plan --machine tests/machines/lab-seat.json --profile server --address "$address" tests/sites/lab-layout.yaml
		says "--address $address: " "with the reason"
	done
	sed 's/^    address: 192.168.124.10$/&\n    gateway: 192.168.124.1/' tests/sites/lab-layout.yaml >"$dir/gateway.yaml"
	expect 3 "the gateway's address is refused" "$tool" plan --machine tests/machines/lab-seat.json --profile server --address 192.168.124.1 "$dir/gateway.yaml"
	says "--address 192.168.124.1: is the gateway's in" "with the reason"
	expect 4 "ports that leave a choice are refused" "$tool" plan --machine tests/machines/two-nics.json --profile server tests/sites/lab-layout.yaml
	says "the node's port" "and shown"
	for machine in tests/machines/*.json; do
		expect 0 "explain reads ${machine##*/}" "$tool" explain --machine "$machine" tests/sites/lab-layout.yaml
	done
}

site_tests() {
	expect 0 "validate accepts a good site file" "$tool" validate tests/sites/lab.yaml
	expect 3 "validate refuses a bad one with an exit code of its own" "$tool" validate tests/sites/bad-keys.yaml
	says "bad-keys.yaml:" "findings carry file, line and column"
	printf 'fulcrum: 1\nsight: x\nadmin: { name: 5x!, disk: {} }\nnetworks: []\n' >"$dir/site.yaml"
	expect 3 "several mistakes are refused together" "$tool" validate "$dir/site.yaml"
	says 'unknown key "sight"' "the unknown key is told"
	says 'site.yaml:4:' "and so is the last line's mistake, in the same run"
	expect 2 "an unknown option is a usage error" "$tool" validate --frobnicate
	expect 2 "plan without a site file is a usage error" "$tool" plan
	expect 8 "a missing file is named" "$tool" validate "$dir/none.yaml"
	says "none.yaml" "with its name"
	expect 0 "the JSON Schema is printed" "$tool" schema
	expect 0 "and it is JSON to another parser" jq -e '.properties.admin' "$dir/last"
	expect 0 "the reference is printed" "$tool" reference
}

plan_tests() {
	local first
	expect 0 "plan of a recorded machine" "$tool" plan --seed aa --machine tests/machines/one-nvme.json tests/sites/lab-any.yaml
	says "destroys nothing" "a blank disk loses nothing"
	first=$(sha256sum <"$dir/out")
	expect 0 "plan again" "$tool" plan --seed aa --machine tests/machines/one-nvme.json tests/sites/lab-any.yaml
	expect 0 "the same inputs give the same plan" test "$(sha256sum <"$dir/out")" = "$first"
	expect 0 "plan as JSON" "$tool" plan -o json --machine tests/machines/one-nvme.json tests/sites/lab-any.yaml
	expect 0 "and it is JSON to another parser" jq -e '.ops | length > 5' "$dir/last"
	expect 4 "two matching disks stop the plan" "$tool" plan --machine tests/machines/two-nvme.json tests/sites/lab.yaml
	says "2 disks match" "with the table of candidates"
	expect 5 "a disk that carries something needs consent" "$tool" plan --machine tests/machines/other-dirty-nvme.json tests/sites/lab.yaml
	says "old-root" "and what it carries is told"
	expect 0 "explain says why not" "$tool" explain --machine tests/machines/two-nvme.json tests/sites/lab.yaml
	says "bus is sata, wanted nvme" "for each disk"
	expect 2 "apply without a plan hash is refused" "$tool" apply --machine tests/machines/one-nvme.json tests/sites/lab-any.yaml
	expect 7 "apply of another plan's hash is refused" "$tool" apply --plan-hash 0123456789 --machine tests/machines/one-nvme.json tests/sites/lab-any.yaml
	says "nothing was written" "and says so"
}

machine_tests() {
	local f
	for f in tests/machines/*.json; do
		expect 0 "${f##*/} can be explained" "$tool" explain --machine "$f" tests/sites/lab-any.yaml
	done
	expect 0 "a machine is shown as text" "$tool" observe --machine tests/machines/dirty-raid.json
	says "array main: raid5, metadata 1.2, 3 of 4 members are here" "with its arrays"
	expect 0 "and as JSON" "$tool" observe --json --machine tests/machines/dirty-raid.json
	expect 0 "which is the record itself" cmp "$dir/last" tests/machines/dirty-raid.json
}

# A small release, signed with a key of its own.
make_medium() {
	local m=$dir/medium
	mkdir -p "$m"/{boot,efi,images/debian-13,mirror/pool}
	"$image" keygen "$dir/keys"
	echo build-1 >"$m/build-id"
	head -c 300000 /dev/urandom >"$m/root.squashfs"
	head -c 70000 /dev/urandom >"$m/boot/vmlinuz"
	echo initrd >"$m/boot/initrd.img"
	echo deb >"$m/mirror/pool/a.deb"
	head -c 5000000 /dev/zero >"$dir/img"
	head -c 3000000 /dev/urandom >>"$dir/img"
	"$image" pack --name debian-13 --version 1 --fs ext4 "$dir/img" "$m/images/debian-13" >/dev/null
	"$image" sign "$dir/keys/release.key" "$m/images/debian-13/list"
	"$image" manifest "$m" >"$dir/SEED"
	mv "$dir/SEED" "$m/SEED"
	"$image" sign "$dir/keys/release.key" "$m/SEED"
}

# flip FILE: one byte in its middle
flip() {
	local size at byte
	size=$(stat -c %s "$1")
	at=$((size / 2))
	byte=$(od -An -tu1 -j "$at" -N 1 "$1")
	# shellcheck disable=SC2059
	printf "\\x$(printf %02x $((byte ^ 1)))" | dd of="$1" bs=1 seek="$at" conv=notrunc status=none
}

# shellcheck disable=SC2317 # called by expect
with_medium() { "$tool" plan --medium "$dir/medium" --key "$dir/keys/release.pub" --machine tests/machines/one-nvme.json tests/sites/lab-any.yaml; }

medium_tests() {
	local f
	make_medium
	expect 0 "a medium whose signatures hold is planned from" with_medium
	says "build-1" "and named by its build id"
	for f in SEED SEED.sig images/debian-13/list images/debian-13/list.sig; do
		cp "$dir/medium/$f" "$dir/kept"
		flip "$dir/medium/$f"
		expect 6 "a byte flipped in $f stops it" with_medium
		says "${f%.sig}" "and $f is named"
		cp "$dir/kept" "$dir/medium/$f"
	done
	"$image" keygen "$dir/other"
	expect 6 "a release signed with another key is refused" "$tool" plan --medium "$dir/medium" --key "$dir/other/release.pub" \
		--machine tests/machines/one-nvme.json tests/sites/lab-any.yaml
	expect 12 "a key is never overwritten" "$image" keygen "$dir/keys"
	expect 0 "fulcrum-verify accepts what was hashed" "$bin/fulcrum-verify" file "$(grep ' root.squashfs$' "$dir/medium/SEED" | cut -d' ' -f1)" 300000 "$dir/medium/root.squashfs"
	flip "$dir/medium/root.squashfs"
	expect 6 "and refuses it with one bit changed" "$bin/fulcrum-verify" file "$(grep ' root.squashfs$' "$dir/medium/SEED" | cut -d' ' -f1)" 300000 "$dir/medium/root.squashfs"
}

# One file with everything, read by another tar; the secret of the site file is in none of it.
bundle_tests() {
	local -a tars
	sed 's/passphrase: .*/passphrase: "sesame-open-42" }/' tests/sites/lab-layout.yaml >"$dir/site.yaml"
	cat >>"$dir/site.yaml" <<-'END'
		# sesame-open-42
		sesame-open-42: { crypt: { passphrase: sesame-open-42 } }
	END
	mkdir "$dir/to" "$dir/out.d"
	expect 0 "a bundle is saved by hand" "$tool" bundle --to "$dir/to" --machine tests/machines/dirty-raid.json "$dir/site.yaml"
	tars=("$dir/to"/fulcrum-bundle-*.tar)
	expect 0 "tar reads it" tar -C "$dir/out.d" -xf "${tars[0]}"
	expect 0 "the machine in it is the one that was seen" cmp "$dir/out.d"/fulcrum-bundle-*/machine.json tests/machines/dirty-raid.json
	expect 0 "the site file in it is JSON" jq -e . "$dir/out.d"/fulcrum-bundle-*/site.json
	expect 0 "and says what it said" grep -F "192.168.124.0/24" "$dir/out.d"/fulcrum-bundle-*/site.json
	expect 0 "with the error and its position" grep -F "site.yaml:" "$dir/out.d"/fulcrum-bundle-*/error.txt
	expect 1 "a passphrase is in no file of it" grep -rF "sesame" "$dir/out.d"
	expect 1 "nor between them" grep -aF "sesame" "${tars[0]}"
	expect 0 "a bundle needs no site file" "$tool" bundle --to "$dir/to" --machine tests/machines/dirty-raid.json
	expect 8 "a directory that is not there is named" "$tool" bundle --to "$dir/none" --machine tests/machines/dirty-raid.json
	says "none/fulcrum-bundle-" "with the file"
	expect 11 "without a volume for it, it says what to plug in" "$tool" bundle --machine tests/machines/dirty-raid.json
	says "plug in a stick" "by name"
}

# A plan from a file is made again, and must be the same. Dry, on a recorded machine: all but the writing.
saved_tests() {
	local hash site=tests/sites/lab-any.yaml saved=$dir/plan.json
	# shellcheck disable=SC2317 # called by expect
	apply_saved() { "$tool" apply --dry-run --plan "$@" --machine tests/machines/one-nvme.json "$site"; }
	"$tool" plan -o json --machine tests/machines/one-nvme.json "$site" >"$saved"
	hash=$("$tool" plan --seed "$(jq -r .seed "$saved")" --machine tests/machines/one-nvme.json "$site" | sed -n 's/^plan \([0-9a-f]*\) .*/\1/p')
	expect 6 "a saved plan of the same machine gets as far as the medium" apply_saved "$saved" --plan-hash "$hash"
	says "no medium to install from" "which there is none of"
	expect 2 "a file is no consent" apply_saved "$saved"
	expect 7 "another plan's hash is refused" apply_saved "$saved" --plan-hash 0123456789
	says "holds plan $hash" "and the file's is told"
	expect 7 "a machine that is not the one of the plan is noticed" "$tool" apply --dry-run --plan "$saved" --plan-hash "$hash" --machine tests/machines/4kn-nvme.json "$site"
	says "nothing was written" "and nothing was written"
	expect 2 "only apply takes a saved plan" "$tool" plan --plan "$saved" --machine tests/machines/one-nvme.json "$site"
	hostile_tests
}

# hostile FILTER NAME: the plan, changed by jq's FILTER, with the hash that it then has
hostile() {
	jq -c "$1" "$dir/plan.json" >"$dir/hostile.json"
	# the hash of what the file holds, told by its refusal
	"$tool" apply --dry-run --plan "$dir/hostile.json" --plan-hash 00000000 --machine tests/machines/one-nvme.json tests/sites/lab-any.yaml \
		>/dev/null 2>"$dir/said" || true
	expect "${3:-7}" "$2" "$tool" apply --dry-run --plan "$dir/hostile.json" \
		--plan-hash "$(sed -n 's/.*holds plan \([0-9a-f]*\),.*/\1/p' "$dir/said" | grep . || echo 00000000)" \
		--machine tests/machines/one-nvme.json tests/sites/lab-any.yaml
}

hostile_tests() {
	hostile '.disks[0].path = "/dev/../dev/sda"' "another path is refused, under its own hash"
	hostile '.disks[0].serial = "OTHER"' "another disk"
	hostile '.disks[0].state = ("0" * 64)' "another state"
	hostile '.disks[0].consent = "operator"' "another consent"
	hostile '.ops[0].params.disk = "data"' "another role"
	hostile '.ops |= map(if .kind == "mkfs" then .params.dev = "system:1" else . end)' "another device reference"
	hostile '.ops |= map(if .kind == "mkfs" then .params.uuid = "-O ^x" else . end)' "an option for an id"
	hostile '.ops |= map(if .kind == "mkfs" then .params.label = "x" else . end)' "another label"
	hostile 'del(.ops[-1])' "a step less"
	hostile '.ops += [.ops[0]]' "a step more"
	hostile '.goal = "11111111-2222-3333-4444-555555555555"' "another goal"
	hostile '.notes = ["all is well"]' "another word"
	hostile '.seed = "../../etc"' "a seed that is none" 3
	hostile '.seed = "aa"' "another seed"
	hostile '.kind = "node"' "a node's plan without a profile" 3
	hostile '.extra = 1' "an unknown key" 3
	hostile '.ops[0].params.extra = 1' "an unknown parameter" 3
	hostile '.ops[0].kind = "shell"' "an unknown operation" 3
	hostile '.plan = 99' "a format of the future" 3
	printf '{' >"$dir/hostile.json"
	expect 3 "half a file" "$tool" apply --plan "$dir/hostile.json" --plan-hash 00000000 --machine tests/machines/one-nvme.json tests/sites/lab-any.yaml
	expect 8 "no file" "$tool" apply --plan "$dir/none.json" --plan-hash 00000000 --machine tests/machines/one-nvme.json tests/sites/lab-any.yaml
}

site_tests
profile_tests
preflight_tests
saved_tests
bundle_tests
plan_tests
machine_tests
medium_tests
printf '1..%d\n' "$n"
exit "$failed"
