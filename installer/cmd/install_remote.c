/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Those who are not at the machine: logins, and who is told of the progress. None of it can fail an install. */
#include <string.h>

#include "base/channel.h"
#include "base/str.h"
#include "cmd/install_job.h"
#include "engine/live_net.h"
#include "engine/remote.h"
#include "engine/reporter.h"
#include "observe/observe.h"

/* "eth0 192.168.124.10, eth0 fe80::1%eth0" */
static void addresses(struct job *j, struct str *out)
{
	struct live_address *list;
	struct error err = { 0 };
	size_t n;

	if (live_net_addresses(j->sys, &j->a, &list, &n, &err)) {
		str_add(out, "not known");
		return;
	}
	for (size_t i = 0; i < n; i++)
		str_addf(out, "%s%s", i ? ", " : "", list[i].text);
	if (!n)
		str_add(out, "none yet");
}

static void tell(struct job *j, struct console *c, const char *how, unsigned int port, const char *fingerprint)
{
	AUTO_STR where = STR_INIT;
	AUTO_STR text = STR_INIT;
	AUTO_STR line = STR_INIT;

	addresses(j, &where);
	str_addf(&line, "ssh -p %u root@ADDRESS, where ADDRESS is one of %s", port, str_text(&where));
	str_addf(&text, "\nremote login, %s\n", how);
	console_wrap(str_text(&line), 2, &text);
	str_addf(&text, "  host key %s\n\n", fingerprint);
	console_text(c, str_text(&text));
	channel_emit("remote", c->who, "text", how, "addresses", str_text(&where), "port", arena_printf(&j->a, "%u", port), "fingerprint",
		     fingerprint, NULL);
}

static void failed(struct console *c, const char *what, const struct error *err)
{
	struct engine_sink sink = console_sink(c);
	AUTO_STR text = STR_INIT;

	str_addf(&text, "%s: %s", what, err->msg);
	sink.note(sink.ctx, str_text(&text));
}

static void start_report(struct job *j, struct console *c)
{
	struct reporter r = { .sys = j->sys, .url = j->site->report.url, .pin = j->site->report.pin, .path = JOB_PROGRESS };
	struct error err = { 0 };

	if (j->report.pid)
		task_end(&j->report, REPORT_END_MS);
	if (reporter_start(&r, &j->report, &err))
		failed(c, "report", &err);
}

void job_remote_up(struct job *j, struct console *c, bool address_free)
{
	const struct live_net net = { .sys = j->sys, .a = &j->a, .site = j->site, .machine = j->machine, .admin_address = address_free };
	struct engine_sink sink = console_sink(c);
	char fingerprint[REMOTE_FINGERPRINT];
	struct error err = { 0 };

	if (!j->site->installer.ssh && !j->site->report.url)
		return;
	live_net_up(&net, &sink);
	if (j->site->report.url)
		start_report(j, c);
	if (!j->site->installer.ssh)
		return;
	if (remote_host_key(j->sys, fingerprint, &err) || remote_keys_start(j->sys, j->site, &err))
		failed(c, "remote login", &err);
	else
		tell(j, c, "by the keys of the site file", REMOTE_PORT, fingerprint);
}

void job_remote_end(struct job *j)
{
	if (j->report.pid)
		task_end(&j->report, REPORT_END_MS + 500);
}

/* Ports of this machine, up, with whether they have a link. */
static int look_at_ports(struct job *j, struct machine *m, struct error *err)
{
	*m = (struct machine){ .machine = MACHINE_VERSION };
	return observe_nics_up(j->sys, err) || observe_nics("", &j->a, m, err) ? -1 : 0;
}

int job_remote_once(struct job *j, struct console *c, struct error *err)
{
	char password[REMOTE_PASSWORD], fingerprint[REMOTE_FINGERPRINT];
	struct engine_sink sink = console_sink(c);
	AUTO_STR text = STR_INIT;
	struct machine ports;
	unsigned int port;
	size_t shown;

	/* Said before anything is opened: it takes some seconds. */
	console_say(c, "remote login: bringing up the network\n");
	if (look_at_ports(j, &ports, err))
		return -1;
	live_net_up(&(struct live_net){ .sys = j->sys, .a = &j->a, .machine = &ports, .ask = true }, &sink);
	if (!screens_put_local(&c->screens, "\n"))
		return error_set(err, ERR_CONFLICT, "this machine has no console to show a password on: nothing was opened");
	remote_password(password);
	if (remote_host_key(j->sys, fingerprint, err) || remote_once_start(j->sys, password, REMOTE_ONCE_MS, &port, err)) {
		explicit_bzero(password, sizeof(password));
		return -1;
	}
	tell(j, c, "by a password that is shown on the machine's own consoles alone", port, fingerprint);
	str_addf(&text, "  password %s\n  for one login, within %d minutes\n\n", password, REMOTE_ONCE_MIN);
	shown = screens_put_local(&c->screens, str_text(&text));
	explicit_bzero(password, sizeof(password));
	explicit_bzero(text.s, text.len);
	return shown ? 0 : error_set(err, ERR_CONFLICT, "the password could not be shown");
}

int verb_remote(struct job *j, struct error *err)
{
	struct console c;
	int rc;

	console_init(&c, true, "install");
	channel_log(JOB_PROGRESS);
	rc = job_remote_once(j, &c, err);
	console_close(&c);
	return rc;
}
