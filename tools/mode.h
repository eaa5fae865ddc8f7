/* SPDX-License-Identifier: BSD-3-Clause */
/* mode: device signature or device MAC, and what the key path means. */
#ifndef TOOLS_MODE_H
#define TOOLS_MODE_H

#include "cli.h"

/* "mac", "signature", "auto"; NULL: auto. */
bool mode_parse(const char *text, enum mdoc_device_auth *ret);
/* One sentence about a key path. */
const char *mode_explain(char path);

#endif
