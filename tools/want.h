/* SPDX-License-Identifier: BSD-3-Clause */
/* want: what a reader asks for, from the options of request and read. */
#ifndef TOOLS_WANT_H
#define TOOLS_WANT_H

#include "source.h"

struct want {
	mdoc_request *request;
	mdoc_key *reader_key; /* NULL: no reader authentication */
	struct source_chain chain;
};

/*
 * --doctype TYPE --get NS:ELEMENT... [--retain], or --request FILE (a
 * DeviceRequest whose elements are asked for again); --reader-key,
 * --reader-cert. Returns an exit code.
 */
int want_open(struct cli *c, struct want *ret);
/* The DeviceRequest, signed over the transcript if there is a reader key. */
int want_encode(struct cli *c, struct want *w, mdoc_bytes transcript,
    mdoc_buf *ret);
void want_close(struct want *w);

#define WANT_OPTIONS                                                           \
	{ "doctype", "TYPE", "document to ask for; default: the mDL" },        \
	    { "get", "NS:ELEMENT",                                             \
		    "element to ask for (no NS: the docType's "                \
		    "first); repeatable" },                                    \
	    { "retain", NULL, "announce the intent to retain" },               \
	    { "reader-key", "KEY", "sign the request with it" },               \
	{                                                                      \
		"reader-cert", "CERT", "certificate of it; repeat for a chain" \
	}

#endif
