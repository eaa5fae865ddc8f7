/* SPDX-License-Identifier: BSD-3-Clause */
/* inspect.h: looking at mdoc data without judging it. mdoc_inspect(3). */
#ifndef MDOC_INSPECT_H
#define MDOC_INSPECT_H

#include <mdoc/types.h>

/* clang-format off */
MDOC_C_BEGIN
MDOC_VISIBLE
/* clang-format on */

/*
 * Finds out what the input is (CBOR, hex, base64, base64url, "mdoc:" URI, PEM)
 * and gives the bytes. *ret_encoding: static text, may be NULL.
 */
int mdoc_inspect_decode(mdoc_ctx *ctx, mdoc_bytes in, mdoc_buf *ret,
    const char **ret_encoding);

enum mdoc_inspect_format {
	MDOC_INSPECT_TREE, /* fields by their names, with offsets */
	MDOC_INSPECT_DIAG, /* RFC 8949 8 */
	MDOC_INSPECT_JSON,
	MDOC_INSPECT_HEX /* annotated hex */
};

/*
 * UTF-8 text. Defects become annotations with their offset ("duplicate key",
 * "indefinite length", "truncated") and are counted in *ret_defects; the
 * content up to the first point where nothing can be read any more is shown.
 * bytes: CBOR. max_string: longer strings are shortened; 0: never.
 */
int mdoc_inspect(mdoc_ctx *ctx, mdoc_bytes in, enum mdoc_inspect_format format,
    size_t max_string, mdoc_buf *ret, size_t *ret_defects);

/*
 * The value of one data element: as a line for a person (strings longer than
 * max_string are shortened; 0: never), or as plain JSON (byte strings in
 * base64url, dates as text).
 */
int mdoc_value_text(mdoc_ctx *ctx, mdoc_bytes value, size_t max_string,
    mdoc_buf *ret);
int mdoc_value_json(mdoc_ctx *ctx, mdoc_bytes value, mdoc_buf *ret);

/* clang-format off */
MDOC_USUAL
MDOC_C_END
/* clang-format on */

#endif
