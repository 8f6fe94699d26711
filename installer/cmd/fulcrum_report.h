/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reports that were carried out of the site, checked where no daemon runs. */
#pragma once

/*
 * Whether FILE, an answer of `fulcrum report`, carries a report that its key signed (Ed25519, RFC 8032), and shows it; KEY, if
 * not NULL, is the site's key in hex as a person knows it: without it the key in the file is shown to be compared. Exit code: 0,
 * 4 when the signature or the key is wrong, 3 when FILE is no report.
 */
int report_check(const char *file, const char *key);
