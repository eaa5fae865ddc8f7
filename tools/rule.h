/* SPDX-License-Identifier: BSD-3-Clause */
/* rule: what keys are bound to (p11-mdoc(7)), as options, as text, as JSON. */
#ifndef TOOLS_RULE_H
#define TOOLS_RULE_H

#include "cli.h"

/* Into the options of a verb. */
#define RULE_OPTIONS                                                          \
	{ "purpose", "LIST", "bind the key: device, reader, issuer" },        \
	    { "doc-type", "TYPE", "... to this docType; may be repeated" },   \
	    { "one-method", NULL, "... to MAC or signature, as used first" }, \
	{                                                                     \
		"uses", "N", "... to so many uses"                            \
	}

/* CLI_OK, and rule->purpose is 0 if nothing is asked for. */
struct rule {
	mdoc_key_rule rule;
	const char *doc_types[CLI_MAX_VALUES + 1];
};

int rule_parse(struct cli *c, struct rule *ret);
/* "device, docType org.iso.18013.5.1.mDL, MAC only, 3 uses left". */
void rule_print(const mdoc_key_info *info);
/* Adds purpose, docTypes, method, usesLeft, as far as they are there. */
void rule_json(const mdoc_key_info *info, json_t *key);

#endif
