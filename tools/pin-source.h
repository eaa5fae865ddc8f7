/* SPDX-License-Identifier: BSD-3-Clause */
/* pin-source: a PIN for calls that go past libmdoc. */
#ifndef TOOLS_PIN_SOURCE_H
#define TOOLS_PIN_SOURCE_H

#include "cli.h"

/*
 * file:PATH or a path (the first line), fd:N, cred:NAME, as in libmdoc. Exit
 * code, with a message.
 */
int pin_source_read(const struct cli *c, const char *source, mdoc_buf *ret);

#endif
