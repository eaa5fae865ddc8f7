/* SPDX-License-Identifier: BSD-3-Clause */
/* case: the self-made test vectors below tests/vectors (see README there). */
#ifndef TESTS_SUPPORT_CASE_H
#define TESTS_SUPPORT_CASE_H

#include "common/blob.h"

/* One file: texts are "" and bytes empty where it has no such field. */
struct test_case {
	char name[64];
	char about[128];
	char expect[32];  /* verdict, or the layer of the failure */
	char check[32];   /* id of the failure */
	char warn[32];    /* id of a warning that must be there */
	char input[32];   /* "response", "issuer-signed", "request" */
	char trust[32];   /* "none" */
	char ereader[32]; /* "none", or a file of keys/ */
	bool strict;
	int64_t at; /* seconds since 1970 */
	struct blob trust_certificate;
	struct blob ereader_key; /* PKCS#8 */
	bool has_transcript;
	struct blob transcript;
	struct blob data;
};

/* Fails the test on a file that cannot be read. path: below tests/vectors. */
void case_read(const char *path, struct test_case *ret);
void case_reset(struct test_case *c);

/*
 * Calls fn for every file NAME.txt of a folder below tests/vectors, in order;
 * returns how many there were.
 */
size_t case_each(const char *folder,
    void (*fn)(const struct test_case *c, void *arg), void *arg);

#endif
