/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * table: handles for pointers. A handle is an index and a generation, so that
 * a handle kept after its removal is refused, not taken for its successor.
 * Not locked: the owner locks.
 */
#ifndef COMMON_TABLE_H
#define COMMON_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/util.h"

struct table_entry {
	void *ptr;
	unsigned generation;
	size_t next_free;
};

struct table {
	struct table_entry *entries;
	size_t len;
	size_t cap;
	size_t first_free; /* 1-based; 0: none */
	size_t last_free;
	size_t used;
};

#define TABLE_INIT ((struct table){ NULL, 0, 0, 0, 0, 0 })

/*
 * Handles are never 0 and fit 31 bits. ptr is not NULL. false: out of memory
 * or full (262143 entries).
 */
bool table_add(struct table *t, void *ptr, unsigned long *ret) NODISCARD;
/* NULL for a handle that is not in use. */
void *table_get(const struct table *t, unsigned long handle);
/* Returns what was removed, or NULL. */
void *table_remove(struct table *t, unsigned long handle);
/*
 * Walks: start with *pos = 0; NULL at the end. *ret_handle may be NULL. What
 * was handed out may be removed during the walk.
 */
void *table_next(const struct table *t, size_t *pos, unsigned long *ret_handle);
/* Frees the table, not what its pointers point to. */
void table_reset(struct table *t);

#endif
