/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdlib.h>

#include "source.h"

int
source_key(struct cli *c, const char *option, mdoc_key **ret)
{
	const char *source = cli_get(c, option);
	char *full;
	int r;

	if (source == NULL)
		return cli_usage(c, "--%s is needed", option);
	full = cli_source(c, source);
	if (full == NULL)
		return cli_fail(c, CLI_ERROR, "out of memory");
	r = mdoc_key_open(c->ctx, full, ret);
	free(full);
	return r == MDOC_OK ? CLI_OK : cli_fail_mdoc(c, r, option);
}

int
source_cert(struct cli *c, const char *source, mdoc_buf *ret)
{
	char *full = cli_source(c, source);
	int r;

	if (full == NULL)
		return cli_fail(c, CLI_ERROR, "out of memory");
	r = mdoc_cert_load(c->ctx, full, ret);
	free(full);
	return r == MDOC_OK ? CLI_OK : cli_fail_mdoc(c, r, NULL);
}

int
source_chain_open(struct cli *c, const char *option, struct source_chain *ret)
{
	const char *source;
	int code;

	*ret = (struct source_chain){ 0 };
	while ((source = cli_get_nth(c, option, ret->n)) != NULL) {
		if (ret->n == SOURCE_MAX_CHAIN)
			return cli_usage(c, "--%s: at most %d", option,
			    SOURCE_MAX_CHAIN);
		code = source_cert(c, source, &ret->certs[ret->n]);
		if (code != CLI_OK)
			return code;
		ret->x5chain[ret->n] = cli_bytes(&ret->certs[ret->n]);
		ret->n++;
	}
	if (ret->n == 0)
		return cli_usage(c, "--%s is needed", option);
	return CLI_OK;
}

void
source_chain_close(struct source_chain *chain)
{
	for (size_t i = 0; i < SOURCE_MAX_CHAIN; i++)
		mdoc_buf_reset(&chain->certs[i]);
	chain->n = 0;
}

int
source_trust(struct cli *c, const char *option, mdoc_trust **ret)
{
	const char *source;
	int r = mdoc_trust_new(c->ctx, ret);

	for (size_t i = 0;
	     r == MDOC_OK && (source = cli_get_nth(c, option, i)) != NULL;
	     i++) {
		char *full = cli_source(c, source);

		r = full == NULL ? MDOC_E_MEMORY
				 : mdoc_trust_add_source(*ret, full);
		free(full);
	}
	return r == MDOC_OK ? CLI_OK : cli_fail_mdoc(c, r, option);
}
