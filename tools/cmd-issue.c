/* SPDX-License-Identifier: BSD-3-Clause */
/* cmd-issue: an mdoc from a JSON file. */
#include "config.h"

#include <libgen.h>
#include <stdlib.h>
#include <string.h>

#include "source.h"

const struct cli_option cmd_issue_options[] = {
	{ "ds-key", "KEY", "private key of the document signer" },
	{ "ds-cert", "CERT", "its certificate; repeat for a chain" },
	{ "device-key", "KEY", "device key; the public part is enough" },
	{ "valid", "DURATION", "30d, 12h, 1y; default: 30d" },
	{ "from", "TIME", "start of validity; default: now" },
	{ "digest", "NAME", "SHA-256 (default), SHA-384 or SHA-512" },
	{ "store", "URI", "into a token, where the device key is" },
	{ "out", "FILE", "IssuerSigned; default: standard output" },
	{ NULL, NULL, NULL },
};

struct issuing {
	mdoc_issuer *issuer;
	mdoc_key *ds_key;
	mdoc_key *device_key;
	mdoc_buf json;
	struct source_chain chain;
	mdoc_buf doc_type;
	mdoc_buf out;
	int64_t from;
	int64_t until;
};

static int
read_times(struct cli *c, struct issuing *s)
{
	const char *valid = cli_get(c, "valid");
	const char *from = cli_get(c, "from");
	int64_t duration = 30 * (int64_t)86400;

	s->from = mdoc_ctx_now(c->ctx);
	if (from != NULL && !cli_time(from, &s->from))
		return cli_usage(c, "--from: \"%s\" is not a time", from);
	if (valid != NULL && !cli_duration(valid, &duration))
		return cli_usage(c,
		    "--valid: \"%s\" is not a duration like 30d", valid);
	s->until = s->from + duration;
	return CLI_OK;
}

/* Everything that the person gave into the issuer. */
static int
fill_issuer(struct cli *c, struct issuing *s)
{
	const char *name = cli_operand(c, 0);
	const char *digest = cli_get(c, "digest");
	char *path = strdup(name);
	char *type = NULL;
	int64_t now = mdoc_ctx_now(c->ctx);
	int r = MDOC_E_MEMORY;

	if (path == NULL)
		goto out;
	r = mdoc_issuer_json_doc_type(c->ctx, cli_bytes(&s->json),
	    &s->doc_type);
	if (r != MDOC_OK)
		goto out;
	type = strndup((const char *)s->doc_type.ptr, s->doc_type.len);
	if (type == NULL)
		r = MDOC_E_MEMORY;
	else
		r = mdoc_issuer_new(c->ctx, type, &s->issuer);
	if (r == MDOC_OK)
		r = mdoc_issuer_add_json(s->issuer, cli_bytes(&s->json),
		    !strcmp(name, "-") ? "." : dirname(path));
	if (r == MDOC_OK && digest != NULL)
		r = mdoc_issuer_set_digest(s->issuer, digest);
	if (r == MDOC_OK)
		r = mdoc_issuer_set_device_key(s->issuer, s->device_key);
	if (r == MDOC_OK)
		r = mdoc_issuer_set_validity(s->issuer,
		    now < s->from ? now : s->from, s->from, s->until);
out:
	free(path);
	free(type);
	return r == MDOC_OK ? CLI_OK : cli_fail_mdoc(c, r, name);
}

static int
store(struct cli *c, struct issuing *s)
{
	char *uri = cli_source(c, cli_get(c, "store"));
	mdoc_credential *credential = NULL;
	int r = uri == NULL
	    ? MDOC_E_MEMORY
	    : mdoc_credential_new(c->ctx, cli_bytes(&s->out), &credential);

	if (r == MDOC_OK)
		r = mdoc_credential_store(credential, uri, s->device_key);
	mdoc_credential_free(&credential);
	free(uri);
	return r == MDOC_OK ? CLI_OK : cli_fail_mdoc(c, r, "--store");
}

static int
finish(struct cli *c, struct issuing *s)
{
	char until[32];
	int code = CLI_OK;

	if (cli_has(c, "store"))
		code = store(c, s);
	if (code == CLI_OK &&
	    (cli_has(c, "out") || (!cli_has(c, "store") && !c->json)))
		code = cli_write(c, cli_get(c, "out"), cli_bytes(&s->out));
	if (code != CLI_OK)
		return code;
	cli_time_text(s->until, until);
	cli_say(c, "issued %.*s, %zu bytes, valid until %s, signed by %s",
	    (int)s->doc_type.len, (const char *)s->doc_type.ptr, s->out.len,
	    until,
	    mdoc_key_uri(s->ds_key) ? mdoc_key_uri(s->ds_key) : "a key file");
	if (c->json)
		return cli_json(json_pack("{s:o,s:I,s:s}", "docType",
				    cli_json_text(cli_bytes(&s->doc_type)),
				    "bytes", (json_int_t)s->out.len,
				    "validUntil", until),
		    CLI_OK);
	return CLI_OK;
}

int
cmd_issue(struct cli *c)
{
	struct issuing s = { 0 };
	int code, r;

	if (c->operands_n != 1)
		return cli_usage(c, "one JSON file is needed");
	code = read_times(c, &s);
	if (code == CLI_OK)
		code = cli_read(c, cli_operand(c, 0), &s.json);
	if (code == CLI_OK)
		code = source_key(c, "ds-key", &s.ds_key);
	if (code == CLI_OK)
		code = source_key(c, "device-key", &s.device_key);
	if (code == CLI_OK)
		code = source_chain_open(c, "ds-cert", &s.chain);
	if (code == CLI_OK)
		code = fill_issuer(c, &s);
	if (code == CLI_OK) {
		r = mdoc_issuer_sign(s.issuer, s.ds_key, s.chain.x5chain,
		    s.chain.n, &s.out);
		code = r == MDOC_OK ? finish(c, &s) : cli_fail_mdoc(c, r, NULL);
	}
	mdoc_issuer_free(&s.issuer);
	mdoc_key_free(&s.ds_key);
	mdoc_key_free(&s.device_key);
	source_chain_close(&s.chain);
	mdoc_buf_reset(&s.json);
	mdoc_buf_reset(&s.doc_type);
	mdoc_buf_reset(&s.out);
	return code;
}
