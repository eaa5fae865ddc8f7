/* SPDX-License-Identifier: BSD-3-Clause */
/* cmd-key: key generate, bind, import, list, show, delete. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "rule.h"

static const struct cli_option generate_options[] = {
	{ "type", "CURVE", "P-256 (default), P-384, brainpoolP256r1, ..." },
	{ "use", "LIST",
	    "sign, derive or sign,derive (default: what the "
	    "curve can do)" },
	RULE_OPTIONS,
	{ NULL, NULL, NULL },
};

static const struct cli_option bind_options[] = {
	RULE_OPTIONS,
	{ NULL, NULL, NULL },
};

static const struct cli_option import_options[] = {
	{ "from", "FILE", "private key: PEM, DER or COSE_Key" },
	{ "use", "LIST", "as for key generate" },
	{ NULL, NULL, NULL },
};

static const struct cli_option show_options[] = {
	{ "format", "pem|cose|path|rule",
	    "public key (default: pem), key path, or what it is bound to" },
	{ "out", "FILE", "write it there" },
	{ NULL, NULL, NULL },
};

static const struct {
	const char *name;
	unsigned bit;
} uses[] = { { "sign", MDOC_KEY_USE_SIGN }, { "derive", MDOC_KEY_USE_DERIVE } };

static bool
use_parse(const char *text, unsigned *ret)
{
	*ret = 0;
	while (text != NULL && *text != '\0') {
		size_t len = strcspn(text, ",");
		size_t i;

		for (i = 0; i < 2; i++) {
			if (len == strlen(uses[i].name) &&
			    !strncmp(text, uses[i].name, len))
				break;
		}
		if (i == 2)
			return false;
		*ret |= uses[i].bit;
		text += len + (text[len] == ',');
	}
	return true;
}

static json_t *
use_json(unsigned use)
{
	json_t *a = json_array();

	for (size_t i = 0; i < 2; i++) {
		if (use & uses[i].bit)
			json_array_append_new(a, json_string(uses[i].name));
	}
	return a;
}

/* The one operand: a URI with a token and an object. */
static int
uri_operand(struct cli *c, char **ret)
{
	const char *uri = cli_operand(c, 0);

	if (uri == NULL || c->operands_n != 1)
		return cli_usage(c, "one pkcs11: URI is needed");
	if (!cli_is_uri(uri))
		return cli_usage(c, "\"%s\" is not a pkcs11: URI", uri);
	*ret = cli_source(c, uri);
	if (*ret == NULL)
		return cli_fail(c, CLI_ERROR, "out of memory");
	return CLI_OK;
}

static int
print_created(struct cli *c, mdoc_key *key)
{
	if (c->json)
		return cli_json(json_pack("{s:s,s:s}", "uri", mdoc_key_uri(key),
				    "type", mdoc_key_curve(key)),
		    CLI_OK);
	printf("%s\n", mdoc_key_uri(key));
	return CLI_OK;
}

static int
key_generate(struct cli *c)
{
	const char *type = cli_get(c, "type");
	mdoc_key *key = NULL;
	struct rule rule;
	char *uri = NULL;
	unsigned use;
	int code, r;

	if (!use_parse(cli_get(c, "use"), &use))
		return cli_usage(c, "--use: sign, derive or sign,derive");
	code = rule_parse(c, &rule);
	if (code == CLI_OK)
		code = uri_operand(c, &uri);
	if (code != CLI_OK)
		return code;
	r = mdoc_key_create_bound(c->ctx, uri, type ? type : "P-256", use,
	    rule.rule.purpose != 0 ? &rule.rule : NULL, &key);
	code = r == MDOC_OK ? print_created(c, key) : cli_fail_mdoc(c, r, NULL);
	mdoc_key_free(&key);
	free(uri);
	return code;
}

static int
key_bind(struct cli *c)
{
	struct rule rule;
	char *uri = NULL;
	int code, r;

	code = rule_parse(c, &rule);
	if (code == CLI_OK && rule.rule.purpose == 0)
		return cli_usage(c, "--purpose is needed");
	if (code == CLI_OK)
		code = uri_operand(c, &uri);
	if (code != CLI_OK)
		return code;
	r = mdoc_key_bind(c->ctx, uri, &rule.rule);
	if (r != MDOC_OK)
		code = cli_fail_mdoc(c, r, NULL);
	else if (c->json)
		code =
		    cli_json(json_pack("{s:o}", "bound", cli_json_operand(c)),
			CLI_OK);
	else
		cli_say(c, "bound");
	free(uri);
	return code;
}

static int
key_import(struct cli *c)
{
	const char *from = cli_get(c, "from");
	mdoc_key *source = NULL, *key = NULL;
	char *uri = NULL;
	unsigned use;
	int code, r;

	if (from == NULL)
		return cli_usage(c, "--from FILE is needed");
	if (!use_parse(cli_get(c, "use"), &use))
		return cli_usage(c, "--use: sign, derive or sign,derive");
	code = uri_operand(c, &uri);
	if (code != CLI_OK)
		return code;
	r = mdoc_key_open(c->ctx, from, &source);
	if (r == MDOC_OK)
		r = mdoc_key_import(c->ctx, uri, source, use, &key);
	code = r == MDOC_OK ? print_created(c, key) : cli_fail_mdoc(c, r, NULL);
	mdoc_key_free(&key);
	mdoc_key_free(&source);
	free(uri);
	return code;
}

struct listing {
	struct cli *c;
	json_t *keys;
	bool found;
};

static int
list_one(void *arg, const mdoc_key_info *info)
{
	struct listing *l = arg;
	const char *type = info->curve ? info->curve : "other";

	json_t *key;

	if (l->c->json) {
		key = json_pack("{s:s,s:s,s:s,s:b,s:o,s:b}", "uri", info->uri,
		    "label", info->label, "type", type, "private",
		    info->is_private, "use", use_json(info->use), "extractable",
		    info->extractable);
		if (key != NULL && info->is_private)
			rule_json(info, key);
		return json_array_append_new(l->keys, key);
	}
	cli_print(stdout, "%-8s %-16s %s%s%s",
	    info->is_private ? "private" : "public", type, info->uri,
	    info->is_private && info->extractable ? "  (extractable!)" : "",
	    info->is_private && info->use == 0 ? "  (no use)" : "");
	if (info->purpose != 0) {
		printf("  (for ");
		rule_print(info);
		printf(")");
	}
	printf("\n");
	return 0;
}

static int
key_list(struct cli *c)
{
	struct listing l = { c, json_array(), false };
	const char *operand = cli_operand(c, 0);
	char *uri = cli_source(c, operand ? operand : "pkcs11:");
	int code = CLI_OK, r;

	if (uri == NULL || l.keys == NULL)
		return cli_fail(c, CLI_ERROR, "out of memory");
	if (!cli_is_uri(uri)) {
		code = cli_usage(c, "\"%s\" is not a pkcs11: URI", uri);
		json_decref(l.keys);
		goto out;
	}
	r = mdoc_key_list(c->ctx, uri, list_one, &l);
	if (r != MDOC_OK) {
		code = cli_fail_mdoc(c, r, NULL);
		json_decref(l.keys);
	} else if (c->json) {
		code = cli_json(json_pack("{s:o}", "keys", l.keys), CLI_OK);
	} else {
		json_decref(l.keys);
	}
out:
	free(uri);
	return code;
}

static int
show_path(struct cli *c, mdoc_key *key)
{
	char path, text[2] = "";
	int r = mdoc_key_path(key, &path);

	if (r != MDOC_OK)
		return cli_fail_mdoc(c, r, NULL);
	text[0] = path;
	if (c->json)
		return cli_json(json_pack("{s:s}", "path", text), CLI_OK);
	printf("%s\n", text);
	return CLI_OK;
}

static int
rule_one(void *arg, const mdoc_key_info *info)
{
	struct listing *l = arg;

	if (!info->is_private)
		return 0;
	l->found = true;
	if (l->c->json) {
		rule_json(info, l->keys);
		return 1;
	}
	if (info->purpose != 0)
		rule_print(info);
	printf("%s\n", info->purpose != 0 ? "" : "not bound");
	return 1;
}

static int
show_rule(struct cli *c, const char *uri)
{
	struct listing l = { c, json_object(), false };
	int code = CLI_OK, r;

	if (!cli_is_uri(uri)) {
		json_decref(l.keys);
		return cli_usage(c, "\"%s\" is not a pkcs11: URI", uri);
	}
	r = mdoc_key_list(c->ctx, uri, rule_one, &l);
	if (r != MDOC_OK)
		code = cli_fail_mdoc(c, r, NULL);
	else if (!l.found)
		code = cli_fail(c, CLI_TOKEN, "no such private key");
	else if (c->json)
		return cli_json(l.keys, CLI_OK);
	json_decref(l.keys);
	return code;
}

static int
show_public(struct cli *c, mdoc_key *key, bool cose)
{
	mdoc_buf out = MDOC_BUF_INIT;
	int r = cose ? mdoc_key_cose(key, &out) : mdoc_key_pem(key, &out);
	int code;

	if (r != MDOC_OK)
		code = cli_fail_mdoc(c, r, NULL);
	else if (c->json && !cose)
		code = cli_json(json_pack("{s:o}", "pem",
				    cli_json_text(cli_bytes(&out))),
		    CLI_OK);
	else
		code = cli_write(c, cli_get(c, "out"), cli_bytes(&out));
	mdoc_buf_reset(&out);
	return code;
}

static int
key_show(struct cli *c)
{
	const char *format = cli_get(c, "format");
	mdoc_key *key = NULL;
	char *source;
	int code, r;

	if (cli_operand(c, 0) == NULL)
		return cli_usage(c, "a key is needed");
	if (format != NULL && strcmp(format, "path") &&
	    strcmp(format, "cose") && strcmp(format, "pem") &&
	    strcmp(format, "rule"))
		return cli_usage(c, "--format: pem, cose, path or rule");
	source = cli_source(c, cli_operand(c, 0));
	if (source == NULL)
		return cli_fail(c, CLI_ERROR, "out of memory");
	if (format != NULL && !strcmp(format, "rule")) {
		code = show_rule(c, source);
		free(source);
		return code;
	}
	r = mdoc_key_open(c->ctx, source, &key);
	if (r != MDOC_OK)
		code = cli_fail_mdoc(c, r, NULL);
	else if (format != NULL && !strcmp(format, "path"))
		code = show_path(c, key);
	else
		code = show_public(c, key,
		    format != NULL && !strcmp(format, "cose"));
	mdoc_key_free(&key);
	free(source);
	return code;
}

static int
key_delete(struct cli *c)
{
	char *uri = NULL;
	int code = uri_operand(c, &uri);
	int r;

	if (code != CLI_OK)
		return code;
	r = mdoc_key_delete(c->ctx, uri);
	if (r != MDOC_OK)
		code = cli_fail_mdoc(c, r, NULL);
	else if (c->json)
		code =
		    cli_json(json_pack("{s:o}", "deleted", cli_json_operand(c)),
			CLI_OK);
	else
		cli_say(c, "deleted");
	free(uri);
	return code;
}

const struct cli_verb cmd_key[] = {
	{ "generate", "URI", "generate a key pair in a token", generate_options,
	    key_generate, NULL },
	{ "bind", "URI", "bind a private key to a purpose", bind_options,
	    key_bind, NULL },
	{ "import", "URI", "write a private key into a token", import_options,
	    key_import, NULL },
	{ "list", "[URI]", "list the keys of a token", NULL, key_list, NULL },
	{ "show", "KEY", "public key, key path, or what it is bound to",
	    show_options, key_show, NULL },
	{ "delete", "URI", "destroy a key pair", NULL, key_delete, NULL },
	{ NULL, NULL, NULL, NULL, NULL, NULL },
};
