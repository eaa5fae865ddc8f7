/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * shape: reading maps and arrays whose shape is known, by tables. All errors
 * end up in the reader, with the text of the table and the offset of the item.
 */
#ifndef MDOC_CODEC_SHAPE_H
#define MDOC_CODEC_SHAPE_H

#include "common/cbor.h"

/* A member of a map. what names it and says what is expected. */
struct shape_member {
	struct bytes name; /* NULL: label is the key */
	int64_t label;
	bool mandatory;
	/* Consumes exactly the value. */
	bool (*read)(struct cbor_reader *r, void *arg);
	const char *what;
};

/* clang-format off */
#define SHAPE_MEMBER(name, mandatory, read, what)                           \
	{ { (const uint8_t *)(name), sizeof(name) - 1 }, 0, mandatory,      \
	    read, what }
#define SHAPE_LABEL(label, mandatory, read, what)                           \
	{ { NULL, 0 }, label, mandatory, read, what }

/* clang-format on */

struct shape {
	const char *what; /* "DeviceResponse: a map" */
	const struct shape_member *members;
	size_t n; /* at most 32 */
};

/* A map. Members that are not in the table are skipped. */
bool shape_map(struct cbor_reader *r, const struct shape *shape,
    void *arg) NODISCARD;

/* A map {+ tstr => value}: fn consumes the value. Empty is an error. */
bool shape_entries(struct cbor_reader *r, const char *what,
    bool (*fn)(struct cbor_reader *r, struct bytes key, void *arg),
    void *arg) NODISCARD;

/* An array [+ value]; *ret_count may be NULL. Empty is an error. */
bool shape_elements(struct cbor_reader *r, const char *what,
    bool (*fn)(struct cbor_reader *r, void *arg), void *arg,
    uint64_t *ret_count) NODISCARD;

/* For the two above: any value, a text string, an integer. */
bool shape_any(struct cbor_reader *r, void *arg) NODISCARD;
bool shape_tstr(struct cbor_reader *r, void *arg) NODISCARD;
bool
shape_entry_any(struct cbor_reader *r, struct bytes key, void *arg) NODISCARD;
bool
shape_entry_int(struct cbor_reader *r, struct bytes key, void *arg) NODISCARD;

/* One complete item of this kind as a span, checked like any other. */
bool shape_span(struct cbor_reader *r, enum cbor_kind kind,
    struct bytes *ret) NODISCARD;

/*
 * "1.MINOR": the versions of 18013-5 that we understand, since an unknown
 * minor version is not an error (8.3). *ret_minor may be NULL.
 */
bool shape_version(struct cbor_reader *r, struct bytes *ret,
    unsigned *ret_minor) NODISCARD;

/*
 * #6.24(bstr .cbor X): fn reads X from a reader of its own, which must be at
 * its end then. The spans may be NULL.
 */
bool shape_tag24(struct cbor_reader *r,
    bool (*fn)(struct cbor_reader *nested, void *arg), void *arg,
    struct bytes *ret_content, struct bytes *ret_whole) NODISCARD;

#endif
