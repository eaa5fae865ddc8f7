/* SPDX-License-Identifier: BSD-3-Clause */
/* cmd-request: a DeviceRequest. */
#include "config.h"

#include "cli.h"
#include "want.h"

const struct cli_option cmd_request_options[] = {
	WANT_OPTIONS,
	{ "transcript", "FILE", "what --reader-key signs over" },
	{ "out", "FILE", "CBOR; default: standard output" },
	{ NULL, NULL, NULL },
};

int
cmd_request(struct cli *c)
{
	mdoc_buf transcript = MDOC_BUF_INIT, out = MDOC_BUF_INIT;
	struct want w;
	int code;

	if (cli_has(c, "reader-key") && !cli_has(c, "transcript"))
		return cli_usage(c, "--reader-key needs --transcript");
	code = want_open(c, &w);
	if (code != CLI_OK)
		return code;
	if (cli_has(c, "transcript"))
		code = cli_read_cbor(c, cli_get(c, "transcript"), &transcript);
	if (code == CLI_OK)
		code = want_encode(c, &w, cli_bytes(&transcript), &out);
	if (code == CLI_OK && (!c->json || cli_has(c, "out")))
		code = cli_write(c, cli_get(c, "out"), cli_bytes(&out));
	if (code == CLI_OK && c->json)
		code =
		    cli_json(json_pack("{s:I}", "bytes", (json_int_t)out.len),
			CLI_OK);
	want_close(&w);
	mdoc_buf_reset(&transcript);
	mdoc_buf_reset(&out);
	return code;
}
