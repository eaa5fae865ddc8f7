/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * diag: diagnostic notation (RFC 8949 8, with the embedded CBOR and the
 * comments of RFC 8610 G) of an outline.
 */
#ifndef MDOC_CODEC_DIAG_H
#define MDOC_CODEC_DIAG_H

#include "mdoc/codec/outline.h"
#include "mdoc/codec/text.h"

/*
 * Strings longer than max_string bytes (0: never) are cut, with a comment.
 * Defects are comments too. What is not there although it must be (the value
 * to the last key of truncated input) is written as undefined.
 */
void diag_write(const struct outline *o, size_t max_string, struct text *t);

#endif
