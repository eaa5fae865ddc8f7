/* SPDX-License-Identifier: BSD-3-Clause */
/* value: the value of a data element as text for a person or as plain JSON. */
#ifndef MDOC_CODEC_VALUE_H
#define MDOC_CODEC_VALUE_H

#include "common/cbor.h"

enum value_style {
	VALUE_TEXT,
	VALUE_JSON
};

/*
 * Appends the text of one CBOR item. VALUE_TEXT: max_string limits strings
 * (0: no limit), control characters never come through as they are. false: out
 * of memory, or r->error is set.
 */
bool value_write(struct cbor_reader *r, enum value_style style,
    size_t max_string, struct blob *out) NODISCARD;

#endif
