/* SPDX-License-Identifier: BSD-3-Clause */
/* cmd-inspect: what is in there? */
#include "config.h"

#include <string.h>

#include "cli.h"

const struct cli_option cmd_inspect_options[] = {
	{ "format", "NAME", "tree (default), diag, json or hex" },
	{ "full", NULL, "do not shorten long strings" },
	{ "out", "FILE", "write it there" },
	{ NULL, NULL, NULL },
};

#define SHORT_STRING 48

static const struct {
	const char *name;
	enum mdoc_inspect_format format;
} formats[] = { { "tree", MDOC_INSPECT_TREE }, { "diag", MDOC_INSPECT_DIAG },
	{ "json", MDOC_INSPECT_JSON }, { "hex", MDOC_INSPECT_HEX } };

static int
format_find(struct cli *c, enum mdoc_inspect_format *ret)
{
	const char *name = cli_get(c, "format");

	if (name == NULL)
		name = c->json ? "json" : "tree";
	for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
		if (!strcmp(formats[i].name, name)) {
			*ret = formats[i].format;
			return CLI_OK;
		}
	}
	return cli_usage(c, "--format: tree, diag, json or hex");
}

int
cmd_inspect(struct cli *c)
{
	const char *name = cli_operand(c, 0) ? cli_operand(c, 0) : "-";
	mdoc_buf raw = MDOC_BUF_INIT, in = MDOC_BUF_INIT, text = MDOC_BUF_INIT;
	enum mdoc_inspect_format format = MDOC_INSPECT_TREE;
	const char *encoding = "";
	size_t defects = 0;
	int code, r;

	if (c->operands_n > 1)
		return cli_usage(c, "one file at a time");
	code = format_find(c, &format);
	if (code != CLI_OK)
		return code;
	/* An "mdoc:" URI may stand in place of a file that holds it. */
	if (!strncmp(name, "mdoc:", 5)) {
		r = mdoc_inspect_decode(c->ctx,
		    (mdoc_bytes){ (const unsigned char *)name, strlen(name) },
		    &in, &encoding);
		name = "operand";
	} else {
		code = cli_read(c, name, &raw);
		if (code != CLI_OK)
			return code;
		r = mdoc_inspect_decode(c->ctx, cli_bytes(&raw), &in,
		    &encoding);
	}
	if (r == MDOC_OK)
		r = mdoc_inspect(c->ctx, cli_bytes(&in), format,
		    cli_has(c, "full") ? 0 : SHORT_STRING, &text, &defects);
	if (r != MDOC_OK) {
		code = cli_fail_data(c, r, name);
	} else {
		if (c->verbose)
			cli_say(c, "%s, %zu bytes", encoding, in.len);
		code = cli_write(c, cli_get(c, "out"), cli_bytes(&text));
		if (defects > 0)
			cli_say(c, "%zu defect%s", defects,
			    defects == 1 ? "" : "s");
		if (code == CLI_OK && defects > 0)
			code = CLI_ERROR;
	}
	mdoc_buf_reset(&raw);
	mdoc_buf_reset(&in);
	mdoc_buf_reset(&text);
	return code;
}
