/* SPDX-License-Identifier: BSD-3-Clause */
/* cmd-device-auth: device signature or device MAC alone. */
#include "config.h"

#include "mode.h"
#include "source.h"

const struct cli_option cmd_device_auth_options[] = {
	{ "key", "KEY", "device key" },
	{ "mode", "MODE", "mac, signature or auto (default)" },
	{ "transcript", "FILE", "SessionTranscript or SessionTranscriptBytes" },
	{ "doctype", "TYPE", "default: the mDL" },
	{ "device-ns", "FILE", "DeviceNameSpaces, CBOR map; default: empty" },
	{ "explain", NULL, "say what left the token" },
	{ "out", "FILE", "DeviceAuth, CBOR; default: standard output" },
	{ NULL, NULL, NULL },
};

int
cmd_device_auth(struct cli *c)
{
	const char *type = cli_get(c, "doctype");
	mdoc_buf transcript = MDOC_BUF_INIT, ns = MDOC_BUF_INIT;
	mdoc_buf out = MDOC_BUF_INIT;
	enum mdoc_device_auth mode;
	mdoc_key *key = NULL;
	char path[2] = "";
	int code, r;

	if (!mode_parse(cli_get(c, "mode"), &mode))
		return cli_usage(c, "--mode: mac, signature or auto");
	if (!cli_has(c, "transcript"))
		return cli_usage(c, "--transcript is needed");
	code = cli_read_cbor(c, cli_get(c, "transcript"), &transcript);
	if (code == CLI_OK && cli_has(c, "device-ns"))
		code = cli_read_cbor(c, cli_get(c, "device-ns"), &ns);
	if (code == CLI_OK)
		code = source_key(c, "key", &key);
	if (code != CLI_OK)
		goto out;
	r = mdoc_device_auth(key, mode, cli_bytes(&transcript),
	    type ? type : "org.iso.18013.5.1.mDL", cli_bytes(&ns), &out, path);
	if (r != MDOC_OK) {
		code = cli_fail_data(c, r, NULL);
		goto out;
	}
	if (cli_has(c, "explain"))
		cli_say(c, "%s", mode_explain(*path));
	if (!c->json || cli_has(c, "out"))
		code = cli_write(c, cli_get(c, "out"), cli_bytes(&out));
	if (code == CLI_OK && c->json)
		code = cli_json(json_pack("{s:s,s:s}", "path", path,
				    "explanation", mode_explain(*path)),
		    CLI_OK);
out:
	mdoc_key_free(&key);
	mdoc_buf_reset(&transcript);
	mdoc_buf_reset(&ns);
	mdoc_buf_reset(&out);
	return code;
}
