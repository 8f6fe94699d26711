# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# apt with a configuration of its own, nothing of the host's, below build/cache/apt: what fetch-debs and pin-packages
# share. Sourced after lib.sh.
# shellcheck disable=SC2154 # lib.sh sets the mirror and the cache
apt=$cache/apt
components="main non-free-firmware"

write_config() {
	mkdir -p "$apt"/{lists/partial,archives/partial,etc/preferences.d,etc/apt.conf.d,etc/trusted.gpg.d} "$debs"
	: >"$apt/status"
	cat >"$apt/sources.list" <<-END
		deb [signed-by=$debian_keyring] $mirror_url $suite $components
		deb [signed-by=$debian_keyring] $mirror_url $suite-updates $components
		deb [signed-by=$debian_keyring] $security_url $suite-security $components
	END
	cat >"$apt/apt.conf" <<-END
		APT::Architecture "$arch";
		APT::Architectures { "$arch"; };
		APT::Install-Recommends "false";
		APT::Install-Suggests "false";
		APT::Get::AllowUnauthenticated "false";
		APT::Sandbox::User "";
		APT::Update::Error-Mode "any";
		Acquire::Languages "none";
		Acquire::Retries "3";
		Acquire::GzipIndexes "false";
		Dir::Etc "$apt/etc";
		Dir::Etc::sourcelist "$apt/sources.list";
		Dir::Etc::sourceparts "/dev/null";
		Dir::Etc::parts "$apt/etc/apt.conf.d";
		Dir::State "$apt";
		Dir::State::lists "$apt/lists";
		Dir::State::status "$apt/status";
		Dir::Cache "$apt";
		Dir::Cache::archives "$apt/archives";
		Dir::Log "$apt";
		Debug::NoLocking "true";
	END
	export APT_CONFIG=$apt/apt.conf
}

update_lists() {
	log "reading the package lists of $suite, $suite-updates, $suite-security"
	apt-get -qq update
	local file date newest=0
	for file in "$apt"/lists/*_InRelease; do
		date=$(sed -n 's/^Date: //p' "$file" | head -n1)
		date=$(date -d "$date" +%s)
		((date > newest)) && newest=$date
	done
	((newest > 0)) || die "no signed package list in $apt/lists"
	printf '%s\n' "$newest" >"$apt/epoch"
	printf '%s\n' "$components" >"$apt/components"
	# name version arch section sha256 file, of every candidate
	apt-cache dumpavail | awk -v OFS=' ' '
		/^Package: /  { p = $2 } /^Version: / { v = $2 } /^Architecture: / { a = $2 }
		/^Section: /  { s = $2 } /^SHA256: /  { h = $2 } /^Filename: / { f = $2 }
		/^Priority: / { r = $2 } /^Essential: / { e = $2 }
		/^$/ { print p, v, a, s, h, f, r, (e == "yes" ? "essential" : "-"); e = "" }' |
		sort >"$apt/index"
}

# describe: "name version" in, "name version arch sha256 file section" out, from the index.
describe() {
	awk -v index_file="$apt/index" '
		BEGIN { while ((getline line < index_file) > 0) { split(line, f, " "); k = f[1] " " f[2]; row[k] = f[3] " " f[5]; sec[k] = f[4] } }
		{
			k = $1 " " $2
			if (!(k in row)) { print "not in the index: " k > "/dev/stderr"; bad = 1; next }
			split(row[k], r, " "); v = $2; gsub(/:/, "%3a", v)
			print $1, $2, r[1], r[2], $1 "_" v "_" r[1] ".deb", sec[k]
		}
		END { exit bad }'
}

download() {
	local name version wanted=()
	while read -r name version _ _ file _; do
		[[ -f $debs/$file ]] || wanted+=("$name=$version")
	done < <(sort -u "$@")
	if [[ ${#wanted[@]} != 0 ]]; then
		log "downloading ${#wanted[@]} packages"
		(cd "$debs" && apt-get -qq download "${wanted[@]}")
	fi
}
