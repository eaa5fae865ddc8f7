/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "mdoc/crypto/pem.h"

bool
pem_is(struct bytes in)
{
	static const char begin[] = "-----BEGIN ";

	return in.len != 0 &&
	    memmem(in.ptr, in.len, begin, sizeof(begin) - 1) != NULL;
}

/* PEM_NEXT with *ret_end: there are no more blocks. */
static int
next_block(mdoc_ctx *c, BIO *bio, size_t number,
    int (*fn)(void *arg, const struct pem_block *block), void *arg,
    bool *ret_end)
{
	struct pem_block block;
	char *name = NULL, *header = NULL;
	unsigned char *data = NULL;
	long len = 0;
	unsigned long e;
	int r;

	ERR_set_mark();
	if (PEM_read_bio(bio, &name, &header, &data, &len) != 1) {
		e = ERR_peek_last_error();
		*ret_end = number > 1 && ERR_GET_LIB(e) == ERR_LIB_PEM &&
		    ERR_GET_REASON(e) == PEM_R_NO_START_LINE;
		r = PEM_NEXT;
		if (!*ret_end)
			r = ctx_fail_crypto(c, MDOC_E_IO,
			    "PEM block %zu cannot be read", number);
		ERR_pop_to_mark();
		return r;
	}
	ERR_pop_to_mark();
	block.name = name;
	block.encrypted = strstr(header, "ENCRYPTED") != NULL ||
	    strcmp(name, "ENCRYPTED PRIVATE KEY") == 0;
	block.der = bytes_of(data, (size_t)len);
	r = fn(arg, &block);
	OPENSSL_free(name);
	OPENSSL_free(header);
	OPENSSL_clear_free(data, (size_t)len);
	return r;
}

int
pem_each(mdoc_ctx *c, struct bytes in,
    int (*fn)(void *arg, const struct pem_block *block), void *arg)
{
	BIO *bio = NULL;
	bool end = false;
	int r = PEM_NEXT;

	if (in.len <= INT_MAX)
		bio = BIO_new_mem_buf(in.ptr, (int)in.len);
	if (bio == NULL)
		return ctx_fail(c, MDOC_E_MEMORY, "out of memory");
	for (size_t i = 1; r == PEM_NEXT && !end; i++)
		r = next_block(c, bio, i, fn, arg, &end);
	BIO_free(bio);
	return r;
}

int
pem_write(mdoc_ctx *c, const char *name, struct bytes der, mdoc_buf *ret)
{
	struct blob out = BLOB_INIT;
	BIO *bio = BIO_new(BIO_s_mem());
	char *text = NULL;
	long len;
	int r = MDOC_E_MEMORY;

	if (bio == NULL || der.len > LONG_MAX ||
	    PEM_write_bio(bio, name, "", der.ptr, (long)der.len) <= 0)
		goto out;
	len = BIO_get_mem_data(bio, &text);
	if (len <= 0 || !blob_set(&out, bytes_of(text, (size_t)len)))
		goto out;
	buf_take_blob(ret, &out);
	r = MDOC_OK;
out:
	BIO_free(bio);
	return r == MDOC_OK ? r : ctx_fail(c, r, "out of memory");
}

static int
read_all(mdoc_ctx *c, FILE *f, const char *path, struct blob *ret)
{
	uint8_t chunk[2048];
	size_t n;
	int r = MDOC_OK;

	while (r == MDOC_OK && (n = fread(chunk, 1, sizeof(chunk), f)) > 0) {
		if (n > PEM_MAX_FILE - ret->len)
			r = ctx_fail(c, MDOC_E_IO, "%s: longer than %zu bytes",
			    path, PEM_MAX_FILE);
		else if (!blob_append(ret, chunk, n))
			r = ctx_fail(c, MDOC_E_MEMORY, "out of memory");
	}
	OPENSSL_cleanse(chunk, sizeof(chunk));
	if (r == MDOC_OK && ferror(f))
		r = ctx_fail_errno(c, MDOC_E_IO, "%s", path);
	if (r == MDOC_OK && ret->len == 0)
		r = ctx_fail(c, MDOC_E_IO, "%s: the file is empty", path);
	return r;
}

int
file_read(mdoc_ctx *c, const char *path, struct blob *ret)
{
	struct blob content = BLOB_INIT;
	FILE *f = fopen(path, "rbe");
	int r;

	if (f == NULL)
		return ctx_fail_errno(c, MDOC_E_IO, "%s", path);
	/* Keys come through here: leave nothing in a buffer that is not
	 * wiped. */
	(void)setvbuf(f, NULL, _IONBF, 0);
	r = read_all(c, f, path, &content);
	(void)fclose(f);
	if (r == MDOC_OK)
		blob_move(ret, &content);
	blob_reset(&content);
	return r;
}
