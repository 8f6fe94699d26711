# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What every part of the bench shares: rows, a bound beside what it bounds, and what a machine told. A row is
# printed when it is known, and written to build/bench.json at the end; a number that is missing is told as that,
# and counted.

# What the rows that come belong to.
PART=
MISSING=0
OVER=0
ROWS=()
declare -A BENCH_BYTES=() BENCH_MS=()

# TEXT: the title of a table
table()
{
	printf '\n# %s\n%-66s %10s %-5s %9s %6s  %s\n' "$1" "" value "" bound ratio budget
}

# VALUE BUDGET: whether the one is above the other, both with up to two decimals
is_over()
{
	awk -v v="$1" -v b="$2" 'BEGIN { exit !(v + 0 > b + 0) }'
}

# NAME VALUE UNIT [BUDGET [BOUND RATIO]]: the budget is for the ratio, where there is one
row()
{
	local over=
	if [[ -n ${4:-} ]] && is_over "${6:-$2}" "$4"; then
		over='  over'
		OVER=$((OVER + 1))
	fi
	ROWS+=("$PART|$1|$2|$3|${4:-}|${5:-}|${6:-}")
	printf '%-66s %10s %-5s %9s %6s  %s%s\n' "$1" "$2" "$3" "${5:-}" "${6:-}" "${4:-}" "$over"
}

# NAME [WHY]
missing()
{
	MISSING=$((MISSING + 1))
	printf '%-66s %10s%s\n' "$1" missing "${2:+  ($2)}"
}

# A B DIGITS: A / B
ratio()
{
	awk -v a="$1" -v b="$2" -v d="$3" 'BEGIN { printf "%.*f\n", d, a / b }'
}

# --- what machines tell

forget_told()
{
	BENCH_BYTES=()
	BENCH_MS=()
}

# VM [N]: adds what the machine measured itself, after the first N events; who says it stands in front of the name:
# BENCH_BYTES[agent/image-stream]
collect()
{
	local line name
	while IFS= read -r line; do
		name=$(event_value "$line" who)/$(event_value "$line" name)
		BENCH_BYTES[$name]=$(event_value "$line" bytes)
		BENCH_MS[$name]=$(event_value "$line" ms)
	done < <(VM_MARK[$1]=${2:-0}; vm_events "$1" "t=bench")
}

# NAME: MB/s
rate()
{
	ratio "${BENCH_BYTES[$1]}" $((BENCH_MS[$1] * 1000)) 1
}

# TITLE NAME BOUND-NAME BUDGET ("": none): MB/s of both, and how many times the bound's time the same number of bytes took
against_bound()
{
	local title=$1 name=$2 bound=$3 budget=$4
	if [[ -z ${BENCH_MS[$name]:-} || -z ${BENCH_MS[$bound]:-} ]] || ((BENCH_MS[$name] == 0 || BENCH_MS[$bound] == 0)); then
		missing "$title" "$name, $bound"
		return 0
	fi
	row "$title" "$(rate "$name")" MB/s "$budget" "$(rate "$bound")" \
		"$(ratio $((BENCH_MS[$name] * BENCH_BYTES[$bound])) $((BENCH_MS[$bound] * BENCH_BYTES[$name])) 2)"
}

# TITLE WHO: the most that a process of it had, and what its machine had in use
memory_rows()
{
	local kind bytes title
	for kind in own child in-use; do
		bytes=${BENCH_BYTES[$2/memory-$kind]:-0}
		case $kind in
		own) title="$1: its own memory at most" ;;
		child) title="$1: the largest program it ran" ;;
		*) title="$1: in use on the machine, root image included" ;;
		esac
		if ((bytes == 0)); then
			missing "$title"
			continue
		fi
		row "$title" "$(ratio "$bytes" 1048576 0)" MiB 768
	done
}

# --- the record

# Text as a JSON value, or null
json_number()
{
	if [[ $1 =~ ^[0-9]+(\.[0-9]+)?$ ]]; then
		printf '%s' "$1"
	else
		printf null
	fi
}

write_json()
{
	local out=$O/bench.json r part name value unit budget bound times comma=
	{
		printf '{"epoch":%d,"accel":"%s","cpu":"%s","admin_mib":%d,"node_mib":%d,"missing":%d,"over":%d,"parts":"%s","rows":[' \
			"$EPOCHSECONDS" "$VM_ACCEL" "$VM_CPU" "$LINE_ADMIN_MB" "$LINE_NODE_MB" "$MISSING" "$OVER" "$ONLY"
		for r in "${ROWS[@]}"; do
			IFS='|' read -r part name value unit budget bound times <<<"$r"
			printf '%s\n{"part":"%s","name":"%s","value":%s,"unit":"%s","budget":%s,"bound":%s,"ratio":%s}' "$comma" \
				"$part" "$name" "$(json_number "$value")" "$unit" "$(json_number "$budget")" \
				"$(json_number "$bound")" "$(json_number "$times")"
			comma=,
		done
		printf '\n]}\n'
	} >"$out.tmp"
	mv -- "$out.tmp" "$out"
	printf '\n%s\n' "$out"
}
