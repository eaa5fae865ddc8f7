/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * source: keys, certificates and trust anchors named by options. Each function
 * prints what is wrong and returns an exit code.
 */
#ifndef TOOLS_SOURCE_H
#define TOOLS_SOURCE_H

#include "cli.h"

/* The key that an option names; the option is mandatory. */
int source_key(struct cli *c, const char *option, mdoc_key **ret);
/* A certificate: file or URI. */
int source_cert(struct cli *c, const char *source, mdoc_buf *ret);

#define SOURCE_MAX_CHAIN 4

/* Certificates of a repeatable option, the leaf first. */
struct source_chain {
	mdoc_buf certs[SOURCE_MAX_CHAIN];
	mdoc_bytes x5chain[SOURCE_MAX_CHAIN];
	size_t n;
};

int
source_chain_open(struct cli *c, const char *option, struct source_chain *ret);
void source_chain_close(struct source_chain *chain);

/* Every value of a repeatable option into a trust list, maybe an empty one. */
int source_trust(struct cli *c, const char *option, mdoc_trust **ret);

#endif
