/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * peer-respond MODULE CREDENTIAL REQUEST TRANSCRIPT MODE OUT: the response to a
 * stored request for a stored transcript, without a reader; "p11-mdoc present"
 * wants one to talk to. Only what is installed is used.
 *
 * MODULE is the PKCS#11 module, CREDENTIAL the URI of a credential in a token
 * that has its key, MODE mac or signature. The key path is printed.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <mdoc/mdoc.h>

enum {
	MODULE = 1,
	CREDENTIAL,
	REQUEST,
	TRANSCRIPT,
	MODE,
	OUT,
	ARGUMENTS
};

static int
failed(const char *what, const char *why)
{
	fprintf(stderr, "peer-respond: %s: %s\n", what, why);
	return 1;
}

static mdoc_bytes
view(const mdoc_buf *buf)
{
	return (mdoc_bytes){ buf->ptr, buf->len };
}

static int
read_file(const char *name, mdoc_buf *ret)
{
	unsigned char chunk[1024];
	FILE *f = fopen(name, "rb");
	size_t n;
	int r = 0;

	if (f == NULL)
		return failed(name, strerror(errno));
	while (r == 0 && (n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		r = mdoc_buf_append(ret, (mdoc_bytes){ chunk, n });
	if (r != 0 || ferror(f))
		r = failed(name, "cannot be read");
	fclose(f);
	return r;
}

static int
write_file(const char *name, const mdoc_buf *buf)
{
	FILE *f = fopen(name, "wb");

	if (f == NULL)
		return failed(name, strerror(errno));
	if (fwrite(buf->ptr, 1, buf->len, f) != buf->len) {
		fclose(f);
		return failed(name, "cannot be written");
	}
	return fclose(f) == 0 ? 0 : failed(name, strerror(errno));
}

static int
respond(mdoc_ctx *ctx, mdoc_credential *credential, char **argv)
{
	mdoc_buf request = MDOC_BUF_INIT;
	mdoc_buf transcript = MDOC_BUF_INIT;
	mdoc_buf response = MDOC_BUF_INIT;
	mdoc_present_params params = { .size = sizeof(params) };
	char path = 0;
	int r = 1;

	if (read_file(argv[REQUEST], &request) != 0 ||
	    read_file(argv[TRANSCRIPT], &transcript) != 0)
		goto out;
	params.request = view(&request);
	params.transcript = view(&transcript);
	params.mode = strcmp(argv[MODE], "mac") == 0
	    ? MDOC_DEVICE_AUTH_MAC
	    : MDOC_DEVICE_AUTH_SIGNATURE;
	if (mdoc_present(ctx, &credential, 1, &params, &response, &path) !=
	    MDOC_OK) {
		failed(argv[MODE], mdoc_ctx_error(ctx));
		goto out;
	}
	r = write_file(argv[OUT], &response);
	if (r == 0)
		printf("%c\n", path);
out:
	mdoc_buf_reset(&request);
	mdoc_buf_reset(&transcript);
	mdoc_buf_reset(&response);
	return r;
}

int
main(int argc, char **argv)
{
	mdoc_ctx *ctx = NULL;
	mdoc_credential *credential = NULL;
	int r = 1;

	if (argc != ARGUMENTS)
		return failed("usage",
		    "MODULE CREDENTIAL REQUEST TRANSCRIPT mac|signature OUT");
	if (mdoc_ctx_new(&ctx) != MDOC_OK)
		return failed("context", "cannot be made");
	if (mdoc_ctx_set_module(ctx, argv[MODULE]) != MDOC_OK)
		failed(argv[MODULE], mdoc_ctx_error(ctx));
	else if (mdoc_credential_load(ctx, argv[CREDENTIAL], &credential) !=
	    MDOC_OK)
		failed(argv[CREDENTIAL], mdoc_ctx_error(ctx));
	else
		r = respond(ctx, credential, argv);
	mdoc_credential_free(&credential);
	mdoc_ctx_free(&ctx);
	return r;
}
