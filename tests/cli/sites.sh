#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Site files as they are given away: every example validates, holds against the JSON Schema by another validator, and is
# planned for the admin node and for each profile on a recorded machine that fits. And `validate` as editors and
# scripts use it: several files, standard input, JSON, exit codes. Runs inside the SDK root, sanitizers on.
# shellcheck source=tests/lib.sh
source "${BASH_SOURCE[0]%/*}/../lib.sh"

tool=build/obj/clang-san/bin/fulcrum-install
other=tests/cli/schema.py
dir=$(mktemp -d)
on_exit rm -rf "$dir"

# example   machine of its admin node   profile:machine ...
# Each tests/sites/example-*.yaml has a line, each of its profiles a machine in it.
examples=(
	"one-disk        one-nvme   server:one-nvme"
	"mirror          one-nvme   server:store"
	"lvm-luks        one-nvme   vault:store"
	"raid6-preserve  one-nvme   store:store"
	"thin            one-nvme   seat:one-nvme"
	"two-networks    four-nics  storage:four-nics"
	"lab-thirty      one-nvme   seat:lab-seat teacher:one-nvme"
)

# expect CODE NAME PART COMMAND...: ends with CODE and says PART
expect()
{
	local want=$1 name=$2 part=$3 code=0
	shift 3
	"$@" >"$dir/out" 2>"$dir/err" || code=$?
	if [[ $code == "$want" ]] && cat "$dir/out" "$dir/err" | grep -F -- "$part" >/dev/null; then
		tap_ok "$name"
	else
		tap_not_ok "$name" "exit $code, wanted $want and \"$part\""$'\n'"$(cat "$dir/out" "$dir/err")"
	fi
}

plan_example()
{
	local name=$1 admin=$2 file=tests/sites/example-$1.yaml profile
	shift 2
	expect 0 "$name: validates" "good: site" "$tool" validate "$file"
	expect 0 "$name: holds against the schema" "good" python3 "$other" valid "$dir/schema.json" "$file"
	expect 0 "$name: the admin node is planned on $admin" "plan " "$tool" plan --machine "tests/machines/$admin.json" "$file"
	for profile; do
		expect 0 "$name: profile ${profile%:*} is planned on ${profile#*:}" "profile ${profile%:*}" \
			"$tool" plan --machine "tests/machines/${profile#*:}.json" --profile "${profile%:*}" --node seat-1 "$file"
	done
	is "$name: no profile is left out" "$(printf '%s\n' "${@%:*}" | sort)" "$(python3 "$other" profiles "$file" | sort)"
}

test_examples()
{
	local row
	local -a words
	"$tool" schema >"$dir/schema.json"
	is "every example has a line here" "$(printf '%s\n' "${examples[@]%% *}" | sort)" \
		"$(printf '%s\n' tests/sites/example-*.yaml | sed 's|.*/example-||; s|\.yaml$||' | sort)"
	for row in "${examples[@]}"; do
		read -ra words <<<"$row"
		plan_example "${words[@]}"
	done
}

# What the schema can see, it refuses, too; what it accepts of the good ones is all of them.
test_schema()
{
	local file
	for file in lab minimal full lab-any lab-layout; do
		expect 0 "$file.yaml holds against the schema" "good" python3 "$other" valid "$dir/schema.json" "tests/sites/$file.yaml"
	done
	for file in types near-misses format; do
		expect 1 "bad-$file.yaml does not" "bad-$file.yaml: " python3 "$other" valid "$dir/schema.json" "tests/sites/bad-$file.yaml"
	done
}

test_validate()
{
	local n
	expect 0 "several files are checked" "minimal.yaml: good" "$tool" validate tests/sites/lab.yaml tests/sites/minimal.yaml
	contains "each is told" "$(cat "$dir/out")" "lab.yaml: good"
	expect 3 "one bad file of several is enough" "bad-keys.yaml: 6 findings" "$tool" validate tests/sites/bad-keys.yaml tests/sites/lab.yaml
	contains "the good one is told all the same" "$(cat "$dir/out")" "lab.yaml: good"
	expect 0 "standard input is read" "stdin: good" "$tool" validate - <tests/sites/lab.yaml
	expect 3 "and complained of by that name" "stdin:3:" "$tool" validate - < <(sed 's/^admin:/adimn:/' tests/sites/lab.yaml)
	expect 8 "a file that cannot be read is no bad one" "none.yaml" "$tool" validate "$dir/none.yaml" tests/sites/lab.yaml
	expect 2 "no file is a usage error" "usage" "$tool" validate
	expect 3 "for editors there is JSON" '"findings"' "$tool" validate -o json tests/sites/bad-near-misses.yaml tests/sites/lab.yaml
	n=$(grep -c '^bad-' tests/sites/bad-near-misses.expected)
	is "with every finding" "$(jq '.files[0].findings | length' "$dir/out")" "$n"
	is "its place" "$(jq -r '.files[0].findings[0] | "\(.line):\(.column) \(.path)"' "$dir/out")" "5:16 admin.disk.bus"
	is "in the order of the file" "$(jq -c '[.files[0].findings[].line] | . == sort' "$dir/out")" true
	is "and a verdict for each file" "$(jq -c '[.files[].good]' "$dir/out")" "[false,true]"
	expect 8 "a file that cannot be read is in it" '"error"' "$tool" validate -o json "$dir/none.yaml"
	check "which is still JSON" jq -e '.files[0].good == false' "$dir/out"
	lacks "no passphrase is in any of it" "$("$tool" validate -o json tests/sites/bad-layout-crypt.yaml 2>&1 || true)" s3cr3t
}

# The least that a reference must have: every key of the schema stands in it.
test_reference()
{
	"$tool" reference >"$dir/reference.md"
	is "the reference names every key that the schema knows" \
		"$(jq -r '.. | objects | .properties? // empty | keys[]' "$dir/schema.json" | sort -u | while read -r key; do
			grep -F "\`$key\`" "$dir/reference.md" >/dev/null || echo "$key"
		done)" ""
}

test_examples
test_schema
test_validate
test_reference
tap_end
