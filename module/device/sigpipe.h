/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sigpipe: a device behind a connection may write to it after the other end
 * has gone, which ends a program that did not ask for it. Held back in this
 * thread while such a device is called.
 */
#ifndef MODULE_SIGPIPE_H
#define MODULE_SIGPIPE_H

#include <stdbool.h>

#include "common/util.h"

/* false: it was held back before, and is not ours to release. */
bool sigpipe_hold(void) NODISCARD;
/* Takes one that came meanwhile. */
void sigpipe_release(void);

#endif
