/* SPDX-License-Identifier: BSD-3-Clause */
/* report.h: result of a verification: checks and a verdict. mdoc_verify(3). */
#ifndef MDOC_REPORT_H
#define MDOC_REPORT_H

#include <mdoc/types.h>

/* clang-format off */
MDOC_C_BEGIN
MDOC_VISIBLE
/* clang-format on */

typedef struct mdoc_report mdoc_report;

enum mdoc_result {
	MDOC_PASS,
	MDOC_WARN, /* not as the standard says, tolerated by policy */
	MDOC_FAIL,
	MDOC_NOT_DONE,    /* not asked for, or nothing to do it with */
	MDOC_UNDETERMINED /* tried, no answer */
};

/* "pass", "warning", "fail", "not done", "undetermined" */
const char *mdoc_result_name(enum mdoc_result result);

typedef struct mdoc_check {
	const char *id; /* "issuer.chain", "mso.digest", "device.mac" */
	/*
	 * "cbor", "structure", "issuer-sig", "digest", "validity",
	 * "device-auth", "reader-auth" or "policy"
	 */
	const char *layer;
	const char *clause; /* "18013-5 12.8.1" */
	enum mdoc_result result;
	int document;         /* index, or -1: the whole message */
	int64_t number;       /* digestID and the like, or -1 */
	size_t offset;        /* in the input; SIZE_MAX: none */
	const char *expected; /* text, or "" */
	const char *actual;
	const char *detail;
} mdoc_check;

size_t mdoc_report_count(const mdoc_report *report);
/* NULL past the end. Valid as long as the report. */
const mdoc_check *mdoc_report_check(const mdoc_report *report, size_t i);
/* The check that decided: the first failure; NULL if nothing failed. */
const mdoc_check *mdoc_report_failure(const mdoc_report *report);

/*
 * "trusted", or the layer of the first failure ("issuer-sig", ...), or
 * "expired" where only dates failed, or "untrusted" where nothing failed but
 * something that trust hangs on was not done: no trust anchor or transcript was
 * given, there is no document or no reader authentication.
 */
const char *mdoc_report_verdict(const mdoc_report *report);
int mdoc_report_is_trusted(const mdoc_report *report);

/* Documents and claims of a response. */
typedef struct mdoc_claim {
	mdoc_bytes name_space;
	mdoc_bytes element;
	mdoc_bytes value;  /* CBOR, inside the response */
	int64_t digest_id; /* -1: signed by the device */
	/* Of an element signed by the device: whether it was allowed to and
	 * has authenticated itself. */
	enum mdoc_result digest;
} mdoc_claim;

size_t mdoc_report_documents(const mdoc_report *report);
mdoc_bytes mdoc_report_doc_type(const mdoc_report *report, size_t document);
/* "trusted" or the reason, for one document. */
const char *
mdoc_report_document_verdict(const mdoc_report *report, size_t document);
size_t mdoc_report_claims(const mdoc_report *report, size_t document);
/* 0: past the end */
int mdoc_report_claim(const mdoc_report *report, size_t document, size_t i,
    mdoc_claim *ret);

void mdoc_report_free(mdoc_report **report);

/* clang-format off */
MDOC_USUAL
MDOC_C_END
/* clang-format on */

#endif
