# SPDX-License-Identifier: GPL-2.0-or-later
# What tmux captured of a screen, colours included, as Pango markup.
BEGIN {
	split("#000000 #aa0000 #00aa00 #aa5500 #0000aa #aa00aa #00aaaa #aaaaaa", dark, " ")
	split("#555555 #ff5555 #55ff55 #ffff55 #5555ff #ff55ff #55ffff #ffffff", light, " ")
	reset()
}

function reset() { fg = "#aaaaaa"; bg = "#000000"; reverse = bold = 0 }

# One colour in the form 38;5;N or 48;5;N begins at code I; returns it.
function palette(n) { return n < 8 ? dark[n + 1] : n < 16 ? light[n - 7] : n == 231 ? "#ffffff" : "#aaaaaa" }

function code(n) {
	if (n == 0) reset()
	else if (n == 1) bold = 1
	else if (n == 7) reverse = 1
	else if (n == 22) bold = 0
	else if (n == 27) reverse = 0
	else if (n >= 30 && n <= 37) fg = dark[n - 29]
	else if (n == 39) fg = "#aaaaaa"
	else if (n >= 40 && n <= 47) bg = dark[n - 39]
	else if (n == 49) bg = "#000000"
	else if (n >= 90 && n <= 97) fg = light[n - 89]
	else if (n >= 100 && n <= 107) bg = light[n - 99]
}

function codes(text,   n, c, i) {
	n = split(text, c, ";")
	if (n == 0) reset()
	for (i = 1; i <= n; i++) {
		if ((c[i] == 38 || c[i] == 48) && c[i + 1] == 5) {
			if (c[i] == 38) fg = palette(c[i + 2]); else bg = palette(c[i + 2])
			i += 2
		} else
			code(c[i] + 0)
	}
}

function span(text) {
	if (text == "") return
	gsub(/&/, "\\&amp;", text); gsub(/</, "\\&lt;", text); gsub(/>/, "\\&gt;", text)
	printf "<span foreground=\"%s\" background=\"%s\"%s>%s</span>", reverse ? bg : fg, reverse ? fg : bg, bold ? " weight=\"bold\"" : "", text
}

{
	line = $0
	while (match(line, /\033\[[0-9;]*m/)) {
		span(substr(line, 1, RSTART - 1))
		codes(substr(line, RSTART + 2, RLENGTH - 3))
		line = substr(line, RSTART + RLENGTH)
	}
	span(line)
	print ""
}
