# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A person at a terminal, played by a test: tmux is the terminal. Source it inside the SDK root.
#
#   term_start COLUMNSxROWS COMMAND...   COMMAND on a new terminal of that size
#   term_keys KEY...                     as tmux names them: Enter, Tab, Escape, Down, "any text"
#   term_wait TEXT                       until the screen says TEXT (TERM_SECONDS, 60); 1 if it does not
#   term_text                            prints the screen
#   term_picture FILE                    the screen as a PNG file
#   term_end

TERM_SECONDS=${TERM_SECONDS:-60}
TERM_SOCKET=fulcrum-$$
TERM_LIB=${BASH_SOURCE[0]%/*}

term()
{
	LC_ALL=C.UTF-8 TERM=xterm-256color tmux -f /dev/null -L "$TERM_SOCKET" "$@"
}

term_start()
{
	local size=$1
	shift
	term_end
	# A server that was told to end may still take the first call, and end.
	local try
	for try in 1 2 3; do
		! term new-session -d -x "${size%x*}" -y "${size#*x}" \
			"LC_ALL=${TERM_LOCALE:-C.UTF-8} TERM=${TERM_NAME:-screen-256color} $*; echo \"ended with \$?\"; sleep 1000" || break
		sleep "$try"
	done
	term set-option -g status off
	term resize-window -x "${size%x*}" -y "${size#*x}"
}

term_keys()
{
	term send-keys "$@"
}

term_text()
{
	term capture-pane -p
}

# Not one look, but until: the screen follows the keys in its own time.
term_wait()
{
	local end=$((SECONDS + TERM_SECONDS))
	until term_text | grep -F -e "$1" >/dev/null; do
		if ((SECONDS >= end)); then
			term_text | sed 's/^/#   /'
			return 1
		fi
		sleep 0.1
	done
}

term_picture()
{
	term capture-pane -p -e -N | awk -f "$TERM_LIB/pango.awk" >"$1.markup"
	pango-view --no-display --markup --font="DejaVu Sans Mono 11" --margin=0 --background=black --foreground="#aaaaaa" \
		--output="$1" "$1.markup"
	rm -f -- "$1.markup"
}

term_end()
{
	term kill-server 2>/dev/null || true
}
