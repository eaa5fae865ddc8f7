/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * outline: CBOR as it is, broken or not, for looking at it: a node for every
 * item up to the point where nothing can be read any more, and the defects met.
 * (What decides about trust reads with common/cbor.h.) Neither recursion nor a
 * tree on the heap: nodes are numbers in one array.
 */
#ifndef MDOC_CODEC_OUTLINE_H
#define MDOC_CODEC_OUTLINE_H

#include "common/cbor.h"

/* Nodes and defects shown of one input. */
#define OUTLINE_MAX_NODES   ((size_t)1 << 18)
#define OUTLINE_MAX_DEFECTS 1000
/* Levels, those inside byte strings included. */
#define OUTLINE_MAX_DEPTH 48

#define OUTLINE_NONE      UINT32_MAX

struct outline_node {
	uint32_t offset; /* of the head */
	uint32_t end;    /* after the content, as far as it was read */
	uint32_t parent; /* OUTLINE_NONE: the root */
	uint32_t child;  /* first; keys and values alternate in a map */
	uint32_t next;   /* of the same parent */
	uint32_t children;
	uint64_t value;        /* argument of the head */
	uint8_t kind;          /* enum cbor_kind */
	uint8_t depth;         /* the root: 0 */
	uint8_t head_len;      /* bytes */
	bool indefinite;       /* its end: a break */
	bool preferred;        /* the head has the shortest form */
	bool complete;         /* it was read to its end */
	bool opened;           /* string: its child is what it holds */
	uint32_t first_defect; /* in the list, or OUTLINE_NONE */
};

struct outline_defect {
	size_t offset;
	uint32_t node;    /* that it is shown with, or OUTLINE_NONE */
	uint32_t next;    /* of the same node, or OUTLINE_NONE */
	const char *text; /* static */
};

struct outline {
	struct bytes in;
	struct outline_node *nodes; /* the root is the first, if there is one */
	size_t n;
	size_t cap;
	struct outline_defect *defects;
	size_t defects_n; /* in the list */
	size_t defects_cap;
	size_t defects_count; /* in all */
	bool no_memory;
};

#define OUTLINE_INIT ((struct outline){ .n = 0 })

/* false: out of memory. in is borrowed; at most CBOR_MAX_SIZE is read. */
bool outline_read(struct outline *o, struct bytes in) NODISCARD;
void outline_reset(struct outline *o);

/*
 * Reads what is inside a byte string as CBOR and makes it its child. must: what
 * is wrong there is a defect; else nothing happens unless all of it is one
 * well-formed item. Returns whether the node is opened.
 */
bool outline_open(struct outline *o, uint32_t node, bool must);
/* Opens the byte strings under tag 24, from this node on, and those in them. */
void outline_open_tagged(struct outline *o, size_t first);

/*
 * Calls fn for a node and everything in it, in the order of the input, when it
 * is entered (the result says whether to go inside) and when it is left.
 */
void outline_walk(const struct outline *o, uint32_t node,
    bool (*fn)(void *arg, uint32_t node, bool entering), void *arg);

/* The content of a string of definite length; BYTES_NULL for another node. */
struct bytes outline_content(const struct outline *o, uint32_t node);
/* All bytes of a node. */
struct bytes outline_span(const struct outline *o, uint32_t node);
/* A text string with this content? */
bool outline_is_text(const struct outline *o, uint32_t node, const char *text);
/* The value of a map, by its key; OUTLINE_NONE: not there, not a map. */
uint32_t outline_member(const struct outline *o, uint32_t map, const char *key);
uint32_t outline_label(const struct outline *o, uint32_t map, int64_t label);
/* An integer; false if the node is not one or does not fit. */
bool outline_int(const struct outline *o, uint32_t node, int64_t *ret);
/* The i-th child, or OUTLINE_NONE. */
uint32_t outline_child(const struct outline *o, uint32_t node, size_t i);

void outline_add_defect(struct outline *o, uint32_t node, size_t offset,
    const char *text);

/* A floating-point node. */
double outline_number(const struct outline *o, uint32_t node);

#endif
