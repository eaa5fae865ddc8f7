/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "mdoc/crypto/cert-store.h"
#include "mdoc/crypto/trust.h"

/* Anchors stay where they are: verifiers keep pointers to them. */
struct mdoc_trust {
	mdoc_ctx *ctx;
	struct anchor **list;
	size_t n;
	size_t cap;
};

static void
anchor_free(struct anchor *a)
{
	if (a == NULL)
		return;
	pubkey_free(&a->key);
	blob_reset(&a->der);
	free(a);
}

/* Forgets what was added after the first n. */
static void
truncate_to(mdoc_trust *t, size_t n)
{
	while (t->n > n)
		anchor_free(t->list[--t->n]);
}

int
mdoc_trust_new(mdoc_ctx *ctx, mdoc_trust **ret)
{
	mdoc_trust *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return ctx_fail(ctx, MDOC_E_MEMORY, "out of memory");
	t->ctx = ctx;
	*ret = t;
	return MDOC_OK;
}

void
mdoc_trust_free(mdoc_trust **trust)
{
	if (trust == NULL || *trust == NULL)
		return;
	truncate_to(*trust, 0);
	free((*trust)->list);
	free(*trust);
	*trust = NULL;
}

size_t
mdoc_trust_count(const mdoc_trust *trust)
{
	return trust->n;
}

const struct anchor *
trust_find(const mdoc_trust *trust, struct bytes der)
{
	if (trust == NULL)
		return NULL;
	for (size_t i = 0; i < trust->n; i++) {
		if (bytes_equal(blob_bytes(&trust->list[i]->der), der))
			return trust->list[i];
	}
	return NULL;
}

const struct anchor *
trust_next_issuer(const mdoc_trust *trust, const struct cert *c, size_t *pos)
{
	const struct anchor *a;

	if (trust == NULL)
		return NULL;
	while (*pos < trust->n) {
		a = trust->list[(*pos)++];
		if (bytes_equal(a->cert.subject, c->issuer) &&
		    (bytes_is_null(a->cert.ski) || bytes_is_null(c->aki) ||
			bytes_equal(a->cert.ski, c->aki)))
			return a;
	}
	return NULL;
}

static bool
has_room(mdoc_trust *t)
{
	size_t cap = t->cap == 0 ? 8 : t->cap * 2;
	struct anchor **list;

	if (t->n < t->cap)
		return true;
	list = reallocarray(t->list, cap, sizeof(void *));
	if (list == NULL)
		return false;
	t->list = list;
	t->cap = cap;
	return true;
}

static int
add(mdoc_trust *t, struct bytes der)
{
	struct anchor *a;
	int r;

	if (trust_find(t, der) != NULL)
		return MDOC_OK;
	if (!has_room(t) || (a = calloc(1, sizeof(*a))) == NULL)
		return ctx_fail(t->ctx, MDOC_E_MEMORY, "out of memory");
	r = MDOC_E_MEMORY;
	if (!blob_set(&a->der, der)) {
		(void)ctx_fail(t->ctx, r, "out of memory");
		goto out;
	}
	r = cert_parse(t->ctx, blob_bytes(&a->der), &a->cert);
	if (r != MDOC_OK)
		goto out;
	if (a->cert.curve != NULL)
		a->key =
		    pubkey_new(t->ctx->sigver, a->cert.curve, a->cert.point);
	if (a->key == NULL) {
		r = ctx_fail(t->ctx, MDOC_E_CERTIFICATE,
		    "certificate whose public key is not a point of a curve "
		    "of ISO/IEC 18013-5 that signs");
		goto out;
	}
	t->list[t->n++] = a;
	a = NULL;
out:
	anchor_free(a);
	return r;
}

int
mdoc_trust_add(mdoc_trust *trust, mdoc_bytes der)
{
	return add(trust, from_public(der));
}

static int
add_each(void *arg, struct bytes der)
{
	return add(arg, der);
}

/* ---- folders */

/* Names in a folder that are meant to be certificates. */
static int
is_certificate_name(const struct dirent *d)
{
	static const char *const ends[] = { ".pem", ".crt", ".cer", ".der" };
	size_t len = strlen(d->d_name);

	for (size_t i = 0; i < nitems(ends) && d->d_name[0] != '.'; i++) {
		if (len > 4 && strcasecmp(d->d_name + len - 4, ends[i]) == 0)
			return 1;
	}
	return 0;
}

/* Every file is looked at, so that each problem is told at once. */
static int
add_files(mdoc_trust *t, const char *folder, struct dirent **files, int n)
{
	struct blob problems = BLOB_INIT;
	int r, first = MDOC_OK;
	char *path;

	for (int i = 0; i < n; i++) {
		if (asprintf(&path, "%s/%s", folder, files[i]->d_name) < 0) {
			first = MDOC_E_MEMORY;
			break;
		}
		r = cert_each(t->ctx, path, add_each, t);
		free(path);
		if (r == MDOC_OK)
			continue;
		first = first == MDOC_OK ? r : first;
		if ((problems.len > 0 && !blob_append(&problems, "; ", 2)) ||
		    !blob_append(&problems, t->ctx->error,
			strlen(t->ctx->error)))
			first = MDOC_E_MEMORY;
	}
	if (first != MDOC_OK)
		(void)ctx_fail(t->ctx, first, "%.*s", (int)problems.len,
		    problems.ptr == NULL ? (const uint8_t *)"" : problems.ptr);
	blob_reset(&problems);
	return first;
}

static int
add_folder(mdoc_trust *t, const char *folder)
{
	struct dirent **files = NULL;
	int n, r;

	n = scandir(folder, &files, is_certificate_name, alphasort);
	if (n < 0)
		return ctx_fail_errno(t->ctx, MDOC_E_IO, "%s", folder);
	r = n == 0
	    ? ctx_fail(t->ctx, MDOC_E_CERTIFICATE,
		  "%s: no file that ends in .pem, .crt, .cer or .der", folder)
	    : add_files(t, folder, files, n);
	while (n > 0)
		free(files[--n]);
	free(files);
	return r;
}

int
mdoc_trust_add_source(mdoc_trust *trust, const char *source)
{
	size_t before = trust->n;
	struct stat st;
	int r;

	if (source != NULL && stat(source, &st) == 0 && S_ISDIR(st.st_mode))
		r = add_folder(trust, source);
	else
		r = cert_each(trust->ctx, source, add_each, trust);
	if (r != MDOC_OK)
		truncate_to(trust, before);
	return r;
}
