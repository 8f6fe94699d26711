/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One question to the board's management controller, by the kernel's driver (/dev/ipmi0; Documentation/driver-api/ipmi.rst,
 * include/uapi/linux/ipmi.h of Linux 6.12; IPMI 2.0, revision 1.1).
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/error.h"

enum { IPMI_ANSWER_MAX = 64 };

/* FD, to be closed by the caller; -1: there is no controller that the kernel knows. */
int ipmi_open(void);
/*
 * Command CMD of network function NETFN, with N bytes of DATA. *RET_LEN bytes of the answer, its completion code first, which
 * is 0 then: any other is an error, as is no answer within 5 s (ERR_NET).
 */
MUST_CHECK int ipmi_ask(int fd, uint8_t netfn, uint8_t cmd, const uint8_t *data, size_t n, uint8_t ret[IPMI_ANSWER_MAX],
			size_t *ret_len, struct error *err);
