/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * schema: the names of what mdocs exchange, for looking at it. Nothing here
 * decides about right or wrong: structures are recognised by a few members.
 */
#ifndef MDOC_MODEL_SCHEMA_H
#define MDOC_MODEL_SCHEMA_H

#include "mdoc/codec/outline.h"

struct schema;

/* Of a map (by key or label) or an array (by position). */
struct schema_member {
	const char *key;         /* NULL: label counts */
	int64_t label;           /* of a map */
	const char *name;        /* of a label or a position */
	const struct schema *of; /* NULL: nothing is known */
};

struct schema_value {
	int64_t value;
	const char *name;
};

/* A schema goes through tags, and through byte strings under tag 24. */
struct schema {
	const char *name; /* "DeviceResponse", or NULL */
	const struct schema_member *members;
	size_t members_n;
	const struct schema *element; /* of an array; of all other map values */
	const struct schema *content; /* of a byte string that holds CBOR */
	const struct schema_value *values; /* names of integers */
	size_t values_n;
	bool certificate; /* byte strings are certificates */
	/* Decides by what is there; NULL: this one. */
	const struct schema *(*pick)(const struct outline *o, uint32_t node);
};

extern const struct schema schema_item; /* IssuerSignedItem */

/* NULL: not one of those that are known. */
const struct schema *schema_recognise(const struct outline *o, uint32_t node);

#endif
