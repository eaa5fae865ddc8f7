/* SPDX-License-Identifier: BSD-3-Clause */
/* cmd-token: which tokens are there, and making one. */
#include "config.h"

#include <string.h>

#include "cli.h"

static const struct cli_option init_options[] = {
	{ "pin-file", "FILE", "first line: the user PIN to set" },
	{ "so-pin-file", "FILE", "first line: the SO PIN to set" },
	{ NULL, NULL, NULL },
};

struct listing {
	struct cli *c;
	json_t *tokens;
};

static int
list_one(void *arg, const mdoc_token_info *info)
{
	struct listing *l = arg;

	if (l->c->json)
		return json_array_append_new(l->tokens,
		    json_pack("{s:s,s:s,s:s,s:s,s:s,s:b,s:b}", "uri", info->uri,
			"label", info->label, "manufacturer",
			info->manufacturer, "model", info->model, "serial",
			info->serial, "initialized", info->initialized,
			"loginRequired", info->login_required));
	cli_print(stdout, "%-24s %-16s %s%s\n",
	    *info->label ? info->label : "-", info->model, info->uri,
	    info->initialized ? "" : "  (not initialised)");
	return 0;
}

static int
token_list(struct cli *c)
{
	struct listing l = { c, json_array() };
	int r = mdoc_token_list(c->ctx, list_one, &l);

	if (r == MDOC_OK && c->json)
		return cli_json(json_pack("{s:o}", "tokens", l.tokens), CLI_OK);
	json_decref(l.tokens);
	return r == MDOC_OK ? CLI_OK : cli_fail_mdoc(c, r, NULL);
}

/* The first line of a file, in place. */
static int
read_pin(struct cli *c, const char *option, mdoc_buf *ret)
{
	const char *name = cli_get(c, option);
	int code;

	if (name == NULL)
		return cli_usage(c, "--%s is needed", option);
	code = cli_read(c, name, ret);
	if (code != CLI_OK)
		return code;
	for (size_t i = 0; i < ret->len; i++) {
		if (ret->ptr[i] == '\n' || ret->ptr[i] == '\r') {
			ret->len = i;
			break;
		}
	}
	if (ret->len == 0)
		return cli_fail(c, CLI_TOKEN, "%s: no PIN in it", name);
	return CLI_OK;
}

static int
token_init(struct cli *c)
{
	mdoc_buf pin = MDOC_BUF_INIT, so_pin = MDOC_BUF_INIT;
	int code, r;

	if (c->operands_n != 1)
		return cli_usage(c, "one label is needed");
	code = read_pin(c, "pin-file", &pin);
	if (code == CLI_OK)
		code = read_pin(c, "so-pin-file", &so_pin);
	if (code == CLI_OK) {
		r = mdoc_token_init(c->ctx, cli_operand(c, 0),
		    cli_bytes(&so_pin), cli_bytes(&pin));
		if (r != MDOC_OK)
			code = cli_fail_mdoc(c, r, NULL);
		else if (c->json)
			code = cli_json(json_pack("{s:s}", "label",
					    cli_operand(c, 0)),
			    CLI_OK);
		else
			cli_say(c, "token \"%s\" is ready", cli_operand(c, 0));
	}
	mdoc_buf_reset(&pin);
	mdoc_buf_reset(&so_pin);
	return code;
}

const struct cli_verb cmd_token[] = {
	{ "list", NULL, "list the tokens that can be reached", NULL, token_list,
	    NULL },
	{ "init", "LABEL", "initialise the first free token", init_options,
	    token_init, NULL },
	{ NULL, NULL, NULL, NULL, NULL, NULL },
};
