/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * json-cbor: a JSON value as CBOR. What JSON cannot say (date, byte string)
 * comes from the rule of the data element, or from an object with the one
 * member "file" (content of that file), "hex", "base64" (byte strings) or
 * "cbor" (an item in hex).
 */
#ifndef MDOC_CODEC_JSON_CBOR_H
#define MDOC_CODEC_JSON_CBOR_H

#include <jansson.h>

#include "common/cbor.h"

enum json_cbor_type {
	JSON_CBOR_ANY, /* what the JSON value is */
	JSON_CBOR_TSTR,
	JSON_CBOR_UINT,
	JSON_CBOR_INT,
	JSON_CBOR_NUMBER, /* integer or floating-point */
	JSON_CBOR_BOOL,
	JSON_CBOR_BSTR,
	JSON_CBOR_FULL_DATE,
	JSON_CBOR_TDATE,
	JSON_CBOR_DATE, /* full-date or tdate, as the text is */
	JSON_CBOR_ARRAY,
	JSON_CBOR_MAP
};

/* "tstr", "full-date", ... as in profiles; NULL: past the last type. */
const char *json_cbor_type_name(enum json_cbor_type type);

/* A data element, a member of a map or the elements of an array. */
struct json_cbor_rule {
	char *id; /* NULL: the elements of an array */
	enum json_cbor_type type;
	bool mandatory;
	bool latin1;       /* tstr: characters of ISO/IEC 8859-1 only */
	size_t max_length; /* characters or bytes; 0: no limit */
	int64_t *values;   /* uint, int: those allowed; NULL: all */
	size_t values_n;
	struct json_cbor_rule *members; /* map; array: one */
	size_t members_n;
};

struct json_cbor {
	const char *folder; /* where the names of files start; NULL: here */
	/* Where in the JSON the value is (RFC 6901), set by the caller; the
	 * text of an error begins with it. */
	char pointer[512];
	char error[1024];
};

/*
 * Appends the CBOR item. rule NULL: JSON_CBOR_ANY. MDOC_E_JSON: the value does
 * not fit, MDOC_E_IO: a file cannot be read; j->error says where and why.
 * Members of a map that the rule does not know are written as they are.
 */
int json_cbor_write(struct json_cbor *j, const json_t *value,
    const struct json_cbor_rule *rule, struct cbor_writer *w) NODISCARD;

/* Adds "/name" to the pointer, escaped; shortened where it does not fit. */
void json_cbor_enter(struct json_cbor *j, const char *name);
/* Cuts the pointer back to a length that it had before. */
void json_cbor_leave(struct json_cbor *j, size_t length);

#endif
