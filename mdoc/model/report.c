/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mdoc/model/report.h"

#define ALIGN sizeof(max_align_t)
/* The size of a struct that aligned data follow. */
#define HEAD(s)     ((sizeof(s) + ALIGN - 1) & ~(ALIGN - 1))
#define CHUNK_LEN   ((size_t)8192)
#define BLOCK_MIN   ((size_t)32)
#define BLOCK_COUNT 24

struct chunk {
	struct chunk *next;
	unsigned char *data;
	size_t len;
	size_t cap;
};

/* A list in blocks of 32, 64, 128, ... elements, so that none ever moves. */
struct list {
	void *block[BLOCK_COUNT];
	size_t elem;
	size_t len;
	unsigned char *next; /* element len, unless it is end */
	unsigned char *end;  /* of the last block */
};

struct check {
	mdoc_check pub; /* first: what the caller sees */
	const struct report_rule *rule;
	enum mdoc_result result;
	const struct check *before; /* of those that forbid trust */
};

struct document {
	mdoc_bytes doc_type;
	size_t first_claim;
	size_t claims;
	bool has_trust; /* a check that trust hangs on */
};

struct mdoc_report {
	struct list checks;
	struct list documents;
	struct list claims;
	bool failed;
	bool has_failure; /* a check that failed */
	bool has_trust;   /* a check of the whole that trust hangs on */
	bool any_trust;   /* of the whole or of a document */
	/* That trust hangs on and that did not pass, the last first. */
	const struct check *forbidding;
	struct document *current; /* the last; NULL: none */
	struct check scratch_check;
	mdoc_claim scratch_claim;
	struct chunk *chunks; /* newest first; the last is the one below */
	struct chunk first;   /* its data follow this struct */
};

static void *
arena_take(mdoc_report *r, size_t n)
{
	struct chunk *c = r->chunks;
	size_t cap;
	void *p;

	n = (n + ALIGN - 1) & ~(ALIGN - 1);
	if (n > c->cap - c->len) {
		/* Much more than the last one: what is not used costs nothing,
		 * and malloc learns to keep large blocks at hand. */
		cap = 4 * c->cap > n ? 4 * c->cap : n;
		c = malloc(HEAD(*c) + cap);
		if (c == NULL) {
			r->failed = true;
			return NULL;
		}
		c->next = r->chunks;
		c->data = (unsigned char *)c + HEAD(*c);
		c->len = 0;
		c->cap = cap;
		r->chunks = c;
	}
	p = c->data + c->len;
	c->len += n;
	return p;
}

/* Which block holds element i, and where that block starts. */
static unsigned
list_block(size_t i, size_t *ret_start)
{
	size_t n = i / BLOCK_MIN + 1;
	unsigned b = (unsigned)(sizeof(n) * 8 - 1) -
	    (unsigned)__builtin_clzl((unsigned long)n);

	*ret_start = BLOCK_MIN * (((size_t)1 << b) - 1);
	return b;
}

static void *
list_at(const struct list *l, size_t i)
{
	size_t start;
	unsigned b;

	if (i >= l->len)
		return NULL;
	b = list_block(i, &start);
	return (unsigned char *)l->block[b] + (i - start) * l->elem;
}

static bool
list_grow(mdoc_report *r, struct list *l)
{
	size_t start, size;
	unsigned b = list_block(l->len, &start);

	if (b >= BLOCK_COUNT) {
		r->failed = true;
		return false;
	}
	size = (BLOCK_MIN << b) * l->elem;
	l->block[b] = arena_take(r, size);
	if (l->block[b] == NULL)
		return false;
	l->next = l->block[b];
	l->end = l->next + size;
	return true;
}

static inline void *
list_add(mdoc_report *r, struct list *l)
{
	void *p;

	if (l->next == l->end && !list_grow(r, l))
		return NULL;
	p = l->next;
	l->next += l->elem;
	l->len++;
	return p;
}

mdoc_report *
report_new(void)
{
	mdoc_report *r = malloc(HEAD(*r) + CHUNK_LEN);

	if (r == NULL)
		return NULL;
	memset(r, 0, sizeof(*r));
	r->checks.elem = sizeof(struct check);
	r->documents.elem = sizeof(struct document);
	r->claims.elem = sizeof(mdoc_claim);
	r->first.data = (unsigned char *)r + HEAD(*r);
	r->first.cap = CHUNK_LEN;
	r->chunks = &r->first;
	return r;
}

void
mdoc_report_free(mdoc_report **report)
{
	struct chunk *c, *next;

	if (report == NULL || *report == NULL)
		return;
	for (c = (*report)->chunks; c != &(*report)->first; c = next) {
		next = c->next;
		free(c);
	}
	free(*report);
	*report = NULL;
}

/* So that a verdict does not take a look at each check. */
static void
trust_add(mdoc_report *r, struct check *c, int document)
{
	struct document *d = r->current;

	if (document < 0)
		d = NULL;
	else if ((size_t)document + 1 != r->documents.len)
		d = list_at(&r->documents, (size_t)document);
	r->any_trust = true;
	*(d == NULL ? &r->has_trust : &d->has_trust) = true;
	if (c->result != MDOC_PASS && c->result != MDOC_WARN &&
	    c != &r->scratch_check) {
		c->before = r->forbidding;
		r->forbidding = c;
	}
}

mdoc_check *
report_add(mdoc_report *r, const struct report_rule *rule,
    enum mdoc_result result, int document)
{
	struct check *c = list_add(r, &r->checks);

	if (c == NULL)
		c = &r->scratch_check;
	c->rule = rule;
	c->result = result;
	c->before = NULL;
	r->has_failure |= result == MDOC_FAIL;
	if (rule->role == REPORT_TRUST)
		trust_add(r, c, document);
	c->pub = (mdoc_check){
		.id = rule->id,
		.layer = rule->layer,
		.clause = rule->clause,
		.result = result,
		.document = document,
		.number = -1,
		.offset = SIZE_MAX,
		.expected = "",
		.actual = "",
		.detail = "",
	};
	return &c->pub;
}

int
report_add_document(mdoc_report *r, struct bytes doc_type)
{
	struct document *d = list_add(r, &r->documents);

	if (d == NULL)
		return -1;
	d->doc_type = (mdoc_bytes){ doc_type.ptr, doc_type.len };
	d->first_claim = r->claims.len;
	d->claims = 0;
	d->has_trust = false;
	r->current = d;
	return (int)(r->documents.len - 1);
}

mdoc_claim *
report_add_claim(mdoc_report *r)
{
	mdoc_claim *c = NULL;

	if (r->current != NULL)
		c = list_add(r, &r->claims);
	if (c == NULL)
		c = &r->scratch_claim;
	else
		r->current->claims++;
	*c = (mdoc_claim){ .digest_id = -1, .digest = MDOC_NOT_DONE };
	return c;
}

const char *
report_text(mdoc_report *r, const char *format, ...)
{
	va_list ap, again;
	char *p = NULL;
	int n;

	va_start(ap, format);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, format, ap);
	if (n >= 0)
		p = arena_take(r, (size_t)n + 1);
	if (p != NULL)
		(void)vsnprintf(p, (size_t)n + 1, format, again);
	va_end(again);
	va_end(ap);
	return p == NULL ? "" : p;
}

const char *
report_hex(mdoc_report *r, struct bytes b, size_t max)
{
	size_t n = b.len < max ? b.len : max;
	char *p = arena_take(r, 2 * n + sizeof("..."));

	if (p == NULL)
		return "";
	bytes_to_hex(bytes_of(b.ptr, n), p);
	if (n < b.len)
		memcpy(p + 2 * n, "...", sizeof("..."));
	return p;
}

const char *
report_string(mdoc_report *r, struct bytes s)
{
	char *p;
	size_t i;

	if (s.ptr == NULL || (p = arena_take(r, s.len + 1)) == NULL)
		return "";
	for (i = 0; i < s.len; i++)
		p[i] =
		    s.ptr[i] < 0x20 || s.ptr[i] == 0x7f ? '?' : (char)s.ptr[i];
	p[i] = '\0';
	return p;
}

enum mdoc_result
report_worst(const mdoc_report *r, const char *layer, int document)
{
	/* From best to worst; MDOC_NOT_DONE also stands for "no check". */
	static const int rank[] = {
		[MDOC_NOT_DONE] = 0,
		[MDOC_PASS] = 1,
		[MDOC_WARN] = 2,
		[MDOC_UNDETERMINED] = 3,
		[MDOC_FAIL] = 4,
	};
	enum mdoc_result worst = MDOC_NOT_DONE;
	const struct check *c;
	size_t i;

	for (i = 0; i < r->checks.len; i++) {
		c = list_at(&r->checks, i);
		if ((document >= 0 && c->pub.document != document) ||
		    strcmp(c->pub.layer, layer) != 0)
			continue;
		if (rank[c->result] > rank[worst])
			worst = c->result;
	}
	return worst;
}

bool
report_ok(const mdoc_report *r)
{
	return !r->failed;
}

const char *
mdoc_result_name(enum mdoc_result result)
{
	static const char *const names[] = {
		[MDOC_PASS] = "pass",
		[MDOC_WARN] = "warning",
		[MDOC_FAIL] = "fail",
		[MDOC_NOT_DONE] = "not done",
		[MDOC_UNDETERMINED] = "undetermined",
	};

	if ((size_t)result >= nitems(names))
		return "unknown";
	return names[result];
}

size_t
mdoc_report_count(const mdoc_report *report)
{
	return report->checks.len;
}

const mdoc_check *
mdoc_report_check(const mdoc_report *report, size_t i)
{
	const struct check *c = list_at(&report->checks, i);

	return c == NULL ? NULL : &c->pub;
}

/*
 * The failure that decides, of one document (and of what concerns the whole
 * message) or of all. A document that is both forged and expired is forged:
 * an expiry decides only if nothing else fails.
 */
static const struct check *
decisive(const mdoc_report *r, int document)
{
	const struct check *c, *expired = NULL;
	size_t i;

	for (i = 0; r->has_failure && i < r->checks.len; i++) {
		c = list_at(&r->checks, i);
		if (c->result != MDOC_FAIL ||
		    (document >= 0 && c->pub.document >= 0 &&
			c->pub.document != document))
			continue;
		if (c->rule->role != REPORT_EXPIRY)
			return c;
		if (expired == NULL)
			expired = c;
	}
	return expired;
}

/* Is there a check that trust hangs on, and did all of these pass? */
static bool
has_trust(const mdoc_report *r, int document)
{
	const struct document *d;

	for (const struct check *c = r->forbidding; c != NULL; c = c->before) {
		if (document < 0 || c->pub.document < 0 ||
		    c->pub.document == document)
			return false;
	}
	if (document < 0)
		return r->any_trust;
	d = list_at(&r->documents, (size_t)document);
	return r->has_trust || (d != NULL && d->has_trust);
}

static const char *
verdict(const mdoc_report *r, int document)
{
	const struct check *c = decisive(r, document);

	if (c != NULL)
		return c->rule->role == REPORT_EXPIRY ? "expired"
						      : c->pub.layer;
	return !r->failed && has_trust(r, document) ? "trusted" : "untrusted";
}

const mdoc_check *
mdoc_report_failure(const mdoc_report *report)
{
	const struct check *c = decisive(report, -1);

	return c == NULL ? NULL : &c->pub;
}

const char *
mdoc_report_verdict(const mdoc_report *report)
{
	const char *v = verdict(report, -1);
	size_t i;

	if (strcmp(v, "trusted") != 0)
		return v;
	/* One trusted document must not vouch for another. */
	for (i = 0; i < report->documents.len; i++) {
		v = verdict(report, (int)i);
		if (strcmp(v, "trusted") != 0)
			return v;
	}
	return v;
}

int
mdoc_report_is_trusted(const mdoc_report *report)
{
	return strcmp(mdoc_report_verdict(report), "trusted") == 0;
}

size_t
mdoc_report_documents(const mdoc_report *report)
{
	return report->documents.len;
}

mdoc_bytes
mdoc_report_doc_type(const mdoc_report *report, size_t document)
{
	const struct document *d = list_at(&report->documents, document);

	return d == NULL ? (mdoc_bytes){ NULL, 0 } : d->doc_type;
}

const char *
mdoc_report_document_verdict(const mdoc_report *report, size_t document)
{
	if (document >= report->documents.len)
		return "untrusted";
	return verdict(report, (int)document);
}

size_t
mdoc_report_claims(const mdoc_report *report, size_t document)
{
	const struct document *d = list_at(&report->documents, document);

	return d == NULL ? 0 : d->claims;
}

const mdoc_claim *
report_claim(const mdoc_report *r, size_t document, size_t i)
{
	const struct document *d = list_at(&r->documents, document);

	if (d == NULL || i >= d->claims)
		return NULL;
	return list_at(&r->claims, d->first_claim + i);
}

int
mdoc_report_claim(const mdoc_report *report, size_t document, size_t i,
    mdoc_claim *ret)
{
	const mdoc_claim *claim = report_claim(report, document, i);

	if (claim == NULL)
		return 0;
	*ret = *claim;
	return 1;
}
