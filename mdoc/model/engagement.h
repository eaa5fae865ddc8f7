/* SPDX-License-Identifier: BSD-3-Clause */
/* engagement: DeviceEngagement (18013-5 9.1). */
#ifndef MDOC_MODEL_ENGAGEMENT_H
#define MDOC_MODEL_ENGAGEMENT_H

#include "common/cbor.h"
#include "vendor-ext/cose-key.h"

struct engagement {
	struct bytes version;
	int64_t cipher_suite;           /* 1 */
	struct bytes edevice_key_bytes; /* content of EDeviceKeyBytes */
	struct cose_key edevice_key;
	struct bytes retrieval_methods; /* array item, or NULL */
	struct bytes server_retrieval; /* map item of the first edition, NULL */
	struct bytes origin_infos;     /* array item (18013-7), or NULL */
	struct bytes capabilities;     /* map item, or NULL */
};

/* Reads to the end of r. */
bool engagement_read(struct cbor_reader *r, struct engagement *ret) NODISCARD;
/* Version 1.0, cipher suite 1, without retrieval methods if methods is NULL
 * (an array item otherwise). */
void engagement_write(struct cbor_writer *w, const struct curve *curve,
    struct bytes point, struct bytes methods);

#endif
