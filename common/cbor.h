/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cbor: a bounded pull reader over libcbor's streaming decoder, with a shortcut
 * for short heads, and a deterministic writer. RFC 8949, with the limits of
 * ISO/IEC 18013-5 8.3: definite lengths only, a duplicate map key is an error.
 *
 * Neither side allocates; the reader hands out spans of the buffer it reads,
 * so that what is hashed or signed is what was received.
 *
 * The first error sticks: every later call fails too, so that a parser may
 * look once, at its end. Errors carry the byte offset in the outermost buffer:
 * of the head of the item at fault (CBOR_E_DUPLICATE: of the second of two
 * equal keys), but CBOR_E_UTF8 of the first ill-formed sequence,
 * CBOR_E_TRAILING of the first byte too many and CBOR_E_SIZE of the first byte
 * beyond the limit. Input that ends where an item should begin is truncated at
 * its end.
 */
#ifndef COMMON_CBOR_H
#define COMMON_CBOR_H

#include "common/blob.h"
#include "common/bytes.h"

/* Limits on foreign data. */
#define CBOR_MAX_DEPTH 24
#define CBOR_MAX_SIZE  ((size_t)16 << 20)
#define CBOR_MAX_ITEMS ((size_t)1 << 20)
/* Items walked over again for duplicate keys: see cbor_map_next. */
#define CBOR_MAX_RESCAN ((size_t)1 << 22)

enum cbor_error {
	CBOR_OK = 0,
	CBOR_E_TRUNCATED,  /* the input ends inside an item */
	CBOR_E_MALFORMED,  /* reserved additional information, stray break */
	CBOR_E_INDEFINITE, /* indefinite length */
	CBOR_E_DEPTH,      /* nested deeper than CBOR_MAX_DEPTH */
	CBOR_E_ITEMS,     /* more items than CBOR_MAX_ITEMS or the bytes left */
	CBOR_E_SIZE,      /* longer than CBOR_MAX_SIZE */
	CBOR_E_DUPLICATE, /* a key occurs twice in a map */
	CBOR_E_TRAILING,  /* bytes after the item */
	CBOR_E_TYPE,      /* another type than expected */
	CBOR_E_RANGE,     /* value or count outside what is expected */
	CBOR_E_UTF8,      /* a text string that is not UTF-8 */
	CBOR_E_MISSING,   /* a mandatory map key is absent */
	CBOR_E_MEMORY     /* writer: out of memory, or the buffer is full */
};

/* "truncated", "duplicate map key", ... */
const char *cbor_error_name(enum cbor_error e);

enum cbor_kind {
	CBOR_KIND_UINT,  /* value */
	CBOR_KIND_NINT,  /* -1 - value */
	CBOR_KIND_BSTR,  /* str; value: its length */
	CBOR_KIND_TSTR,  /* str; value: its length */
	CBOR_KIND_ARRAY, /* value: number of elements */
	CBOR_KIND_MAP,   /* value: number of pairs */
	CBOR_KIND_TAG,   /* value: tag number; the content follows */
	CBOR_KIND_BOOL,  /* value: 0 or 1 */
	CBOR_KIND_NULL,
	CBOR_KIND_UNDEFINED,
	CBOR_KIND_SIMPLE, /* value */
	CBOR_KIND_FLOAT,  /* number */
	CBOR_KIND_BREAK   /* only from a lenient reader */
};

/* "unsigned integer", "byte string", ... */
const char *cbor_kind_name(enum cbor_kind k);

struct cbor_item {
	enum cbor_kind kind;
	bool indefinite; /* only from a lenient reader: value is 0 */
	uint64_t value;
	double number;
	struct bytes str;
	size_t offset;   /* of the head, in the outermost buffer */
	size_t head_len; /* bytes of the head */
	bool preferred;  /* the head has the shortest form */
};

struct cbor_reader {
	const uint8_t *base; /* start of the outermost buffer */
	const uint8_t *ptr;  /* next byte */
	const uint8_t *end;
	size_t items_left;
	unsigned depth; /* of nested readers and open maps and arrays */
	bool lenient;   /* inspect only: indefinite lengths, duplicates pass */
	bool trusted;   /* a second walk: text strings were checked already */
	enum cbor_error error;
	size_t error_offset;
	const char *error_what; /* static text: what was expected, or NULL */
	size_t rescan_left;     /* items that may be walked over once more */
};

void cbor_reader_init(struct cbor_reader *r, struct bytes in);
/* A reader of bytes that lie inside the parent's buffer (a bstr .cbor). */
void cbor_reader_nested(struct cbor_reader *r, const struct cbor_reader *parent,
    struct bytes in);
/* Copies an error of a nested reader to its parent; true if there is none. */
bool cbor_reader_leave(struct cbor_reader *parent, const struct cbor_reader *r);

static inline size_t
cbor_offset(const struct cbor_reader *r)
{
	return (size_t)(r->ptr - r->base);
}

static inline bool
cbor_at_end(const struct cbor_reader *r)
{
	return r->ptr == r->end;
}

/*
 * Sets the error unless there is one. what: static text naming the element
 * and what was expected, for example "issuerAuth: array of 4". Returns false.
 */
bool cbor_fail(struct cbor_reader *r, enum cbor_error e, size_t offset,
    const char *what);
/* Gives an error without text one. Returns whether r is without error. */
bool cbor_expect(struct cbor_reader *r, const char *what);

/*
 * The next head (and the content of a string), without consuming it. On failure
 * what the item holds is undefined; all other outputs of the reader are as they
 * were.
 */
bool cbor_peek(struct cbor_reader *r, struct cbor_item *ret) NODISCARD;
bool cbor_next(struct cbor_reader *r, struct cbor_item *ret) NODISCARD;
/*
 * One complete item with everything in it, checked; ret may be NULL. Tags count
 * as a level of depth here, so that what passed may be walked by recursion.
 */
bool cbor_skip(struct cbor_reader *r, struct bytes *ret) NODISCARD;
/* No bytes may be left. */
bool cbor_finish(struct cbor_reader *r) NODISCARD;

/* One item of the type that the name says; anything else is CBOR_E_TYPE. */
bool cbor_get_uint(struct cbor_reader *r, uint64_t *ret) NODISCARD;
bool cbor_get_int(struct cbor_reader *r, int64_t *ret) NODISCARD;
bool cbor_get_bstr(struct cbor_reader *r, struct bytes *ret) NODISCARD;
bool cbor_get_tstr(struct cbor_reader *r, struct bytes *ret) NODISCARD;
bool cbor_get_bool(struct cbor_reader *r, bool *ret) NODISCARD;
bool cbor_get_null(struct cbor_reader *r) NODISCARD;
bool cbor_get_tag(struct cbor_reader *r, uint64_t *ret) NODISCARD;
/*
 * #6.24(bstr): *ret_content is what the string holds, *ret_whole the item with
 * its tag and head, as hashed and signed. Either may be NULL.
 */
bool cbor_get_tag24(struct cbor_reader *r, struct bytes *ret_content,
    struct bytes *ret_whole) NODISCARD;

/* Enters an array; the elements follow, then cbor_leave. */
bool cbor_enter_array(struct cbor_reader *r, uint64_t *ret_count) NODISCARD;
/* An array of exactly n elements. */
bool cbor_enter_array_of(struct cbor_reader *r, uint64_t n) NODISCARD;
void cbor_leave(struct cbor_reader *r);

/*
 * Walking a map:
 *	struct cbor_map m;
 *	struct cbor_item key;
 *
 *	cbor_enter_map(r, &m);
 *	while (cbor_map_next(r, &m, &key)) {
 *		if (cbor_key_is(&key, "docType"))
 *			cbor_get_tstr(r, &t)
 *		else
 *			cbor_skip(r, NULL)
 *	}
 *	if (r->error) ...
 * Every pass of the loop must consume exactly the value. cbor_map_next
 * returns false at the end of the map or on an error, and the key is undefined
 * then. A map with a duplicate key always ends in an error, but the values may
 * have been seen by then. Keys are integers or strings; a map with any other
 * key can be skipped, not walked. Keys that are equal as integers or strings
 * are duplicates, however their heads are written.
 *
 * Keys that ascend within their type (as in either deterministic order) cost
 * one comparison each; the first CBOR_MAP_INLINE_KEYS may come in any order;
 * beyond that a key out of order makes cbor_map_next walk the map once more at
 * its end. The work for that is bounded by CBOR_MAX_RESCAN items per message:
 * a map of more than about 70 000 keys out of order is CBOR_E_ITEMS.
 */
#define CBOR_MAP_INLINE_KEYS 12
#define CBOR_KEY_TYPES       5 /* four major types, and all others */

struct cbor_key {
	const uint8_t *head;
	uint64_t arg; /* of the head; of a key of another type, its length */
};

/* The greatest key of each type so far. */
struct cbor_order {
	struct cbor_key max[CBOR_KEY_TYPES];
	unsigned seen; /* a bit for each type */
};

struct cbor_map {
	uint64_t count;
	uint64_t left;
	const uint8_t *first; /* first key */
	const uint8_t *value; /* value that the caller has to consume */
	unsigned depth;
	bool unsorted; /* a key is yet to be compared with all before it */
	bool open;
	struct cbor_order order;
	struct cbor_key keys[CBOR_MAP_INLINE_KEYS];
};

bool cbor_enter_map(struct cbor_reader *r, struct cbor_map *ret) NODISCARD;
bool cbor_map_next(struct cbor_reader *r, struct cbor_map *m,
    struct cbor_item *ret_key) NODISCARD;

static inline bool
cbor_key_is(const struct cbor_item *key, const char *name)
{
	return key->kind == CBOR_KIND_TSTR && bytes_equal_str(key->str, name);
}

/* An integer key; false if it is not one or does not fit an int64_t. */
bool cbor_key_int(const struct cbor_item *key, int64_t *ret);

/*
 * Checks one complete item without reading it: well-formed, bounded, definite,
 * no duplicate keys, UTF-8, no trailing bytes. On failure *ret_offset (may be
 * NULL) is set.
 */
enum cbor_error cbor_check(struct bytes in, size_t *ret_offset) NODISCARD;

/*
 * Writer: appends to a blob, or fills a fixed buffer. Heads have the shortest
 * form. The caller writes map keys in the order wanted.
 */
struct cbor_writer {
	struct blob *blob; /* NULL: fixed buffer */
	uint8_t *buf;
	size_t cap;
	size_t len; /* bytes written by this writer */
	enum cbor_error error;
};

void cbor_writer_init(struct cbor_writer *w, struct blob *out);
void cbor_writer_fixed(struct cbor_writer *w, uint8_t *buf, size_t cap);

void cbor_put_uint(struct cbor_writer *w, uint64_t v);
void cbor_put_int(struct cbor_writer *w, int64_t v);
void cbor_put_bstr(struct cbor_writer *w, struct bytes s);
void cbor_put_tstr(struct cbor_writer *w, struct bytes s);
void cbor_put_str(struct cbor_writer *w, const char *s);
void cbor_put_array(struct cbor_writer *w, uint64_t n);
void cbor_put_map(struct cbor_writer *w, uint64_t n);
void cbor_put_tag(struct cbor_writer *w, uint64_t tag);
void cbor_put_bool(struct cbor_writer *w, bool v);
void cbor_put_null(struct cbor_writer *w);
/* The shortest form that keeps the value; every NaN is f97e00. */
void cbor_put_double(struct cbor_writer *w, double v);
/* Only the head of a byte string; n bytes follow by cbor_put_raw. */
void cbor_put_bstr_head(struct cbor_writer *w, uint64_t n);
/* Bytes that are CBOR already. */
void cbor_put_raw(struct cbor_writer *w, struct bytes s);
/* #6.24(bstr) around the bytes. */
void cbor_put_tag24(struct cbor_writer *w, struct bytes content);

/* The length of the head that announces n (1, 2, 3, 5 or 9). */
size_t cbor_head_len(uint64_t n);

#endif
