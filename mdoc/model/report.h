/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * report: the inside of mdoc_report: checks, documents and claims in one
 * arena that is freed at once. What is added never moves.
 *
 * Memory running out sticks: the adding functions go on and hand out scratch
 * space; look at report_ok once, at the end.
 */
#ifndef MDOC_MODEL_REPORT_H
#define MDOC_MODEL_REPORT_H

#include <mdoc/report.h>

#include "common/bytes.h"

/* What a check means for the verdict, beyond "a failure decides". */
enum report_role {
	REPORT_PLAIN,
	REPORT_TRUST, /* nothing is trusted unless this passes (or warns) */
	REPORT_EXPIRY /* its failure is "expired", if nothing else fails */
};

/* Static data, one per check that exists; layers as in <mdoc/report.h>. */
struct report_rule {
	const char *id;
	const char *layer;
	const char *clause;
	enum report_role role;
};

/* NULL: out of memory. */
mdoc_report *report_new(void);

/*
 * Adds a check; document: index or -1. Never NULL. The caller fills in what it
 * knows of number, offset, expected, actual and detail (texts: static, or made
 * by the functions below); the result stays as it is.
 */
mdoc_check *report_add(mdoc_report *r, const struct report_rule *rule,
    enum mdoc_result result, int document);

/* Starts the next document and returns its index. doc_type is borrowed. */
int report_add_document(mdoc_report *r, struct bytes doc_type);
/* A claim of the document started last; filled in by the caller. Never NULL. */
mdoc_claim *report_add_claim(mdoc_report *r);
/* mdoc_report_claim without the copy; NULL: there is no such claim. */
const mdoc_claim *report_claim(const mdoc_report *r, size_t document, size_t i);

/* Texts that live as long as the report; "" if memory ran out. */
const char *report_text(mdoc_report *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* At most max bytes in hex digits, then "..." if there are more. */
const char *report_hex(mdoc_report *r, struct bytes b, size_t max);
/* The text, control characters as '?'; NULL span: "". */
const char *report_string(mdoc_report *r, struct bytes s);

/* The worst result of the checks with this layer so far; MDOC_NOT_DONE: none.
 * document -1: of all. */
enum mdoc_result
report_worst(const mdoc_report *r, const char *layer, int document);

bool report_ok(const mdoc_report *r);

#endif
