/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A request and its answer, matched by number; what belongs to an earlier one is dropped. */
#include "sys/ipmi.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ipmi.h>
#include <poll.h>
#include <sys/ioctl.h>

#include "base/clock.h"

enum { ANSWER_MS = 5000 };

int ipmi_open(void)
{
	return open("/dev/ipmi0", O_RDWR | O_CLOEXEC | O_NONBLOCK);
}

static int receive(int fd, long number, uint8_t ret[IPMI_ANSWER_MAX], size_t *ret_len, struct error *err)
{
	uint64_t end = clock_mono_ms() + ANSWER_MS, now;

	while ((now = clock_mono_ms()) < end) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		struct ipmi_addr from;
		struct ipmi_recv r = { .addr = (unsigned char *)&from, .addr_len = sizeof(from),
				       .msg = { .data = ret, .data_len = IPMI_ANSWER_MAX } };

		if (poll(&p, 1, (int)(end - now)) < 0 && errno != EINTR)
			return error_sys(err, errno, "/dev/ipmi0");
		if (!(p.revents & POLLIN))
			continue;
		/* EMSGSIZE: cut to the room that there is, and taken out all the same. */
		if (ioctl(fd, IPMICTL_RECEIVE_MSG_TRUNC, &r) && errno != EMSGSIZE) {
			if (errno == EAGAIN || errno == EINTR)
				continue;
			return error_sys(err, errno, "/dev/ipmi0: answer");
		}
		if (r.recv_type != IPMI_RESPONSE_RECV_TYPE || r.msgid != number)
			continue;
		*ret_len = r.msg.data_len < IPMI_ANSWER_MAX ? r.msg.data_len : IPMI_ANSWER_MAX;
		if (!*ret_len || ret[0])
			return error_set(err, ERR_REFUSED, "/dev/ipmi0: completion code 0x%02x", *ret_len ? ret[0] : 0xffU);
		return 0;
	}
	return error_set(err, ERR_NET, "/dev/ipmi0: no answer in %d s", ANSWER_MS / 1000);
}

int ipmi_ask(int fd, uint8_t netfn, uint8_t cmd, const uint8_t *data, size_t n, uint8_t ret[IPMI_ANSWER_MAX], size_t *ret_len,
	     struct error *err)
{
	static long number;
	uint8_t copy[IPMI_ANSWER_MAX];
	struct ipmi_system_interface_addr to = { .addr_type = IPMI_SYSTEM_INTERFACE_ADDR_TYPE, .channel = IPMI_BMC_CHANNEL };
	struct ipmi_req q = { .addr = (unsigned char *)&to, .addr_len = sizeof(to), .msgid = ++number,
			      .msg = { .netfn = netfn, .cmd = cmd, .data = copy, .data_len = (unsigned short)n } };

	if (n > sizeof(copy))
		return error_set(err, ERR_INTERNAL, "/dev/ipmi0: a question of %zu bytes", n);
	for (size_t i = 0; i < n; i++)
		copy[i] = data[i];
	if (ioctl(fd, IPMICTL_SEND_COMMAND, &q))
		return error_sys(err, errno, "/dev/ipmi0: question");
	return receive(fd, q.msgid, ret, ret_len, err);
}
