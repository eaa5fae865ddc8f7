/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * handover: the ways in which a DeviceEngagement reaches the reader, each a
 * third element of SessionTranscript (18013-5 12.7.1): one const table.
 */
#ifndef MDOC_SESSION_HANDOVER_H
#define MDOC_SESSION_HANDOVER_H

#include "common/cbor.h"

#define HANDOVER_MAX_PARTS 2

struct handover {
	const char *name;
	size_t min_parts; /* of what the caller knows about it */
	size_t max_parts;
	const char *parts; /* for error texts */
	void (*write)(struct cbor_writer *w, const struct bytes *parts,
	    size_t n);
};

/* NULL: there is none of this name. */
const struct handover *handover_find(const char *name);
/* The i-th of the table; NULL past its end. */
const struct handover *handover_at(size_t i);

#endif
