/* SPDX-License-Identifier: BSD-3-Clause */
/* cmd-credential: credentials in tokens. */
#include "config.h"

#include <stdlib.h>

#include "source.h"

static const struct cli_option store_options[] = {
	{ "from", "FILE", "IssuerSigned" },
	{ "device-key", "KEY", "device key, in the same token" },
	{ NULL, NULL, NULL },
};

static const struct cli_option show_options[] = {
	{ "out", "FILE", "IssuerSigned; default: standard output" },
	{ NULL, NULL, NULL },
};

static int
operand(struct cli *c, char **ret)
{
	const char *uri = cli_operand(c, 0);

	if (uri == NULL || c->operands_n != 1 || !cli_is_uri(uri))
		return cli_usage(c, "one pkcs11: URI is needed");
	*ret = cli_source(c, uri);
	return *ret ? CLI_OK : cli_fail(c, CLI_ERROR, "out of memory");
}

static int
credential_store(struct cli *c)
{
	mdoc_credential *credential = NULL;
	mdoc_key *key = NULL;
	mdoc_buf in = MDOC_BUF_INIT;
	char *uri = NULL;
	int code = operand(c, &uri);
	int r;

	if (code == CLI_OK && !cli_has(c, "from"))
		code = cli_usage(c, "--from FILE is needed");
	if (code == CLI_OK)
		code = cli_read_cbor(c, cli_get(c, "from"), &in);
	if (code == CLI_OK)
		code = source_key(c, "device-key", &key);
	if (code == CLI_OK) {
		r = mdoc_credential_new(c->ctx, cli_bytes(&in), &credential);
		if (r != MDOC_OK)
			code = cli_fail_data(c, r, cli_get(c, "from"));
	}
	if (code == CLI_OK) {
		r = mdoc_credential_store(credential, uri, key);
		if (r != MDOC_OK)
			code = cli_fail_mdoc(c, r, NULL);
		else if (c->json)
			code = cli_json(json_pack("{s:o}", "stored",
					    cli_json_operand(c)),
			    CLI_OK);
	}
	mdoc_credential_free(&credential);
	mdoc_key_free(&key);
	mdoc_buf_reset(&in);
	free(uri);
	return code;
}

struct listing {
	struct cli *c;
	json_t *credentials;
};

static int
list_one(void *arg, const mdoc_credential_info *info)
{
	struct listing *l = arg;
	char until[32];

	cli_time_text(info->valid_until, until);
	if (l->c->json)
		return json_array_append_new(l->credentials,
		    json_pack("{s:s,s:o,s:s,s:I}", "label", info->label,
			"docType", cli_json_text(info->doc_type), "validUntil",
			until, "bytes", (json_int_t)info->size));
	cli_print(stdout, "%-16s %-28.*s %8zu bytes  valid until %s\n",
	    info->label, (int)info->doc_type.len,
	    (const char *)info->doc_type.ptr, info->size, until);
	return 0;
}

static int
credential_list(struct cli *c)
{
	const char *text = cli_operand(c, 0) ? cli_operand(c, 0) : "pkcs11:";
	struct listing l = { c, json_array() };
	char *uri = cli_source(c, text);
	int code, r;

	if (uri == NULL || l.credentials == NULL)
		return cli_fail(c, CLI_ERROR, "out of memory");
	r = mdoc_credential_list(c->ctx, uri, list_one, &l);
	free(uri);
	code = r == MDOC_OK ? CLI_OK : cli_fail_mdoc(c, r, NULL);
	if (code == CLI_OK && c->json)
		return cli_json(json_pack("{s:o}", "credentials",
				    l.credentials),
		    CLI_OK);
	json_decref(l.credentials);
	return code;
}

static int
credential_show(struct cli *c)
{
	mdoc_credential *credential = NULL;
	char *uri = NULL;
	int code = operand(c, &uri);
	int r;

	if (code != CLI_OK)
		return code;
	r = mdoc_credential_load(c->ctx, uri, &credential);
	if (r != MDOC_OK)
		code = cli_fail_mdoc(c, r, NULL);
	else
		code = cli_write(c, cli_get(c, "out"),
		    mdoc_credential_issuer_signed(credential));
	mdoc_credential_free(&credential);
	free(uri);
	return code;
}

static int
credential_delete(struct cli *c)
{
	char *uri = NULL;
	int code = operand(c, &uri);
	int r;

	if (code != CLI_OK)
		return code;
	r = mdoc_credential_delete(c->ctx, uri);
	free(uri);
	if (r != MDOC_OK)
		return cli_fail_mdoc(c, r, NULL);
	if (c->json)
		return cli_json(json_pack("{s:o}", "deleted",
				    cli_json_operand(c)),
		    CLI_OK);
	cli_say(c, "deleted");
	return CLI_OK;
}

const struct cli_verb cmd_credential[] = {
	{ "store", "URI", "put an IssuerSigned into a token", store_options,
	    credential_store, NULL },
	{ "list", "[URI]", "list the credentials of a token", NULL,
	    credential_list, NULL },
	{ "show", "URI", "take the IssuerSigned out", show_options,
	    credential_show, NULL },
	{ "delete", "URI", "delete one", NULL, credential_delete, NULL },
	{ NULL, NULL, NULL, NULL, NULL, NULL },
};
