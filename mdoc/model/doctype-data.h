/* SPDX-License-Identifier: BSD-3-Clause */
/* doctype-data: the profiles that are compiled in; made by embed.sh. */
#ifndef MDOC_MODEL_DOCTYPE_DATA_H
#define MDOC_MODEL_DOCTYPE_DATA_H

#include <stddef.h>

struct doctype_data {
	const char *name; /* of the file */
	const unsigned char *json;
	size_t len;
};

/* Ends with a name that is NULL. */
extern const struct doctype_data doctype_data[];

#endif
