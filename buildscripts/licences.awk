# SPDX-License-Identifier: GPL-2.0-or-later
# Reads a Debian copyright file and prints one SPDX licence expression: all licences of its Files paragraphs, joined by AND,
# sorted. Only the machine-readable format says them (copyright-format 1.0); anything else is NOASSERTION. A short name
# that SPDX does not have becomes LicenseRef-debian-NAME.
BEGIN {
	n = split("GPL-1 GPL-1.0-only GPL-1+ GPL-1.0-or-later GPL-2 GPL-2.0-only GPL-2.0 GPL-2.0-only GPL-2+ GPL-2.0-or-later " \
		"GPL-2.0+ GPL-2.0-or-later GPL-3 GPL-3.0-only GPL-3.0 GPL-3.0-only GPL-3+ GPL-3.0-or-later GPL-3.0+ GPL-3.0-or-later " \
		"LGPL-2 LGPL-2.0-only LGPL-2.0 LGPL-2.0-only LGPL-2+ LGPL-2.0-or-later LGPL-2.0+ LGPL-2.0-or-later " \
		"LGPL-2.1 LGPL-2.1-only LGPL-2.1+ LGPL-2.1-or-later LGPL-3 LGPL-3.0-only LGPL-3+ LGPL-3.0-or-later " \
		"AGPL-3 AGPL-3.0-only AGPL-3+ AGPL-3.0-or-later GFDL-1.3+ GFDL-1.3-or-later GFDL-NIV-1.3 GFDL-1.3-no-invariants-only " \
		"GFDL-NIV-1.3+ GFDL-1.3-no-invariants-or-later Expat MIT expat MIT MIT MIT X11 X11 ISC ISC curl curl Zlib Zlib zlib Zlib ZLIB Zlib " \
		"BSD-2-clause BSD-2-Clause BSD-2-Clause BSD-2-Clause BSD-3-clause BSD-3-Clause BSD-3-Clause BSD-3-Clause " \
		"BSD-4-clause BSD-4-Clause BSD-4-clause-UC BSD-4-Clause-UC BSD-4-Clause-UC BSD-4-Clause-UC 0BSD 0BSD " \
		"Apache-2 Apache-2.0 Apache-2.0 Apache-2.0 Artistic Artistic-1.0-Perl Artistic-2.0 Artistic-2.0 CC0 CC0-1.0 CC0-1.0 CC0-1.0 " \
		"CC-BY-SA-3.0 CC-BY-SA-3.0 CC-BY-SA-4.0 CC-BY-SA-4.0 BSL-1.0 BSL-1.0 FSFAP FSFAP FSFUL FSFUL FSFULLR FSFULLR FTL FTL " \
		"OpenLDAP-2.8 OLDAP-2.8 OLDAP-2.8 OLDAP-2.8 Unlicense Unlicense MPL-2.0 MPL-2.0 Unicode-DFS-2016 Unicode-DFS-2016 " \
		"Beerware Beerware Latex2e Latex2e W3C W3C PSF-2 PSF-2.0", w, " ")
	for (i = 1; i < n; i += 2) spdx[w[i]] = w[i + 1]
}
/^Format:.*copyright-format/ { machine = 1 }
/^$/ { in_files = 0 }
/^Files:/ { in_files = 1 }
in_files && /^License:/ {
	sub(/^License:[ \t]*/, ""); sub(/[ \t]+$/, "")
	if ($0 ~ /,| with |[ \t]or[ \t]/) seen[expression($0)] = 1
	else if ($0 != "") { n = split($0, parts, /[ \t]+and[ \t]+/); for (i = 1; i <= n; i++) seen[atom(parts[i])] = 1 }
}
END {
	if (!machine) { print "NOASSERTION"; exit }
	n = 0
	for (e in seen) list[++n] = e
	for (i = 2; i <= n; i++) for (j = i; j > 1 && list[j] < list[j - 1]; j--) { t = list[j]; list[j] = list[j - 1]; list[j - 1] = t }
	for (i = 1; i <= n; i++) out = out (i > 1 ? " AND " : "") list[i]
	print n ? out : "NOASSERTION"
}
function atom(name) {
	if (name in spdx) return spdx[name]
	gsub(/[^A-Za-z0-9.]+/, "-", name); sub(/^-+/, "", name); sub(/-+$/, "", name)
	return "LicenseRef-debian-" name
}
# "A or B and C": and binds closer, as in SPDX. What has commas or exceptions in it stays one name.
function expression(text,    alternatives, parts, n, m, i, j, one, all) {
	if (text ~ /,| with /) return atom(text)
	n = split(text, alternatives, /[ \t]+or[ \t]+/)
	for (i = 1; i <= n; i++) {
		m = split(alternatives[i], parts, /[ \t]+and[ \t]+/)
		one = ""
		for (j = 1; j <= m; j++) one = one (j > 1 ? " AND " : "") atom(parts[j])
		all = all (i > 1 ? " OR " : "") (m > 1 && n > 1 ? "(" one ")" : one)
	}
	return n > 1 ? "(" all ")" : all
}
