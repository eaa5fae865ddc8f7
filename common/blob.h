/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * blob: owned bytes that are wiped when they are released, moved by growth or
 * replaced, so that a secret put into one cannot be left behind.
 */
#ifndef COMMON_BLOB_H
#define COMMON_BLOB_H

#include "common/bytes.h"

struct blob {
	uint8_t *ptr;
	size_t len;
	size_t cap;
};

#define BLOB_INIT ((struct blob){ NULL, 0, 0 })

static inline struct bytes
blob_bytes(const struct blob *b)
{
	return (struct bytes){ b->ptr, b->len };
}

/* Room for n bytes in all. false: out of memory, *b as it was. */
bool blob_reserve(struct blob *b, size_t n) NODISCARD;
bool blob_append(struct blob *b, const void *p, size_t n) NODISCARD;
bool blob_append_bytes(struct blob *b, struct bytes s) NODISCARD;
bool blob_append_u8(struct blob *b, uint8_t v) NODISCARD;
/* Adds n bytes set to 0 and returns where they start; NULL: out of memory. */
uint8_t *blob_extend(struct blob *b, size_t n) NODISCARD;
/* Replaces the content. */
bool blob_set(struct blob *b, struct bytes s) NODISCARD;
/* Wipes what lies beyond len and shortens to it. */
void blob_truncate(struct blob *b, size_t len);
/* Wipes the content and keeps the memory. */
void blob_clear(struct blob *b);
/* Wipes and frees; *b is BLOB_INIT again. NULL is fine. */
void blob_reset(struct blob *b);
/* Hands the content over: *to is reset first, *from is empty afterwards. */
void blob_move(struct blob *to, struct blob *from);

#endif
