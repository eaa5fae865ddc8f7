/* SPDX-License-Identifier: BSD-3-Clause */
/* main: the table of verbs. */
#include "config.h"

#include "cli.h"

static const struct cli_verb verbs[] = {
	{ "token", NULL, "tokens that can be reached", NULL, NULL, cmd_token },
	{ "key", NULL, "keys in tokens", NULL, NULL, cmd_key },
	{ "cert", NULL, "IACA, document-signer and reader certificates", NULL,
	    NULL, cmd_cert },
	{ "credential", NULL, "credentials in tokens", NULL, NULL,
	    cmd_credential },
	{ "issue", "JSON", "issue an mdoc, signed by a key in a token",
	    cmd_issue_options, cmd_issue, NULL },
	{ "inspect", "[FILE]", "show mdoc data, field by field",
	    cmd_inspect_options, cmd_inspect, NULL },
	{ "verify", "[FILE]", "verify a DeviceResponse or IssuerSigned",
	    cmd_verify_options, cmd_verify, NULL },
	{ "request", NULL, "make a DeviceRequest", cmd_request_options,
	    cmd_request, NULL },
	{ "present", "CREDENTIAL...", "present credentials to a reader",
	    cmd_present_options, cmd_present, NULL },
	{ "read", NULL, "read and verify an mdoc", cmd_read_options, cmd_read,
	    NULL },
	{ "device-auth", NULL, "device signature or device MAC alone",
	    cmd_device_auth_options, cmd_device_auth, NULL },
	{ "doctor", "[URI...]", "what tokens can do for mdoc, and why not more",
	    cmd_doctor_options, cmd_doctor, NULL },
	{ "spy", "-- PROGRAM [ARGUMENT...]",
	    "run a program and show its PKCS#11 calls", cmd_spy_options,
	    cmd_spy, NULL },
	{ "demo", "[FOLDER]", "all of it once, in a token of its own",
	    cmd_demo_options, cmd_demo, NULL },
	{ NULL, NULL, NULL, NULL, NULL, NULL },
};

int
main(int argc, char **argv)
{
	return cli_main(verbs, argc, argv);
}
