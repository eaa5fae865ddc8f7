/* SPDX-License-Identifier: BSD-3-Clause */
/* cmd-cert: certificates of 18013-5 Annex B. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "report-text.h"
#include "source.h"

#define DAY ((int64_t)86400)

static const struct {
	const char *verb;
	enum mdoc_cert_profile profile;
	bool has_issuer;
} profiles[] = {
	{ "iaca", MDOC_CERT_IACA, false },
	{ "ds", MDOC_CERT_DS, true },
	{ "reader-ca", MDOC_CERT_READER_CA, false },
	{ "reader", MDOC_CERT_READER, true },
};

static const struct cli_option root_options[] = {
	{ "key", "KEY", "its private key" },
	{ "subject", "NAME", "\"CN=Utopia IACA,C=UT\"" },
	{ "days", "N", "validity; default: the longest allowed" },
	{ "from", "TIME", "start of validity; default: now" },
	{ "issuer-alt-url", "URL", "IssuerAltName" },
	{ "crl-url", "URL", "CRL distribution point" },
	{ "store", NULL, "into the token of the key" },
	{ "out", "FILE", "as PEM; default: standard output" },
	{ NULL, NULL, NULL },
};

static const struct cli_option leaf_options[] = {
	{ "key", "KEY", "its key; the public part is enough" },
	{ "issuer-key", "KEY", "private key of the issuer" },
	{ "issuer-cert", "CERT", "certificate of the issuer" },
	{ "subject", "NAME", "\"CN=Utopia DS 01,C=UT\"" },
	{ "days", "N", "validity; default: the longest allowed" },
	{ "from", "TIME", "start of validity; default: now" },
	{ "issuer-alt-url", "URL", "IssuerAltName; default: the issuer's" },
	{ "crl-url", "URL", "CRL distribution point; default: the issuer's" },
	{ "store", NULL, "into the token of the key" },
	{ "out", "FILE", "as PEM; default: standard output" },
	{ NULL, NULL, NULL },
};

static const struct cli_option check_options[] = {
	{ "profile", "NAME", "iaca, ds, reader-ca or reader" },
	{ "issuer", "CERT", "certificate of the issuer" },
	{ "at", "TIME", "default: now" },
	{ NULL, NULL, NULL },
};

static int
profile_find(const char *name)
{
	for (int i = 0; i < 4; i++) {
		if (name != NULL && !strcmp(profiles[i].verb, name))
			return i;
	}
	return -1;
}

struct making {
	mdoc_key *key;
	mdoc_key *issuer_key;
	mdoc_buf issuer_cert;
	mdoc_buf der;
	mdoc_buf pem;
};

static int
read_params(struct cli *c, mdoc_cert_params *p)
{
	const char *days = cli_get(c, "days");
	const char *from = cli_get(c, "from");
	char *end;
	long n;

	p->size = sizeof *p;
	p->subject = cli_get(c, "subject");
	p->issuer_alt_url = cli_get(c, "issuer-alt-url");
	p->crl_url = cli_get(c, "crl-url");
	if (p->subject == NULL)
		return cli_usage(c, "--subject is needed");
	p->not_before = mdoc_ctx_now(c->ctx);
	if (from != NULL && !cli_time(from, &p->not_before))
		return cli_usage(c, "--from: \"%s\" is not a time", from);
	if (days != NULL) {
		n = strtol(days, &end, 10);
		if (*end != '\0' || end == days || n < 1 || n > 36500)
			return cli_usage(c,
			    "--days: \"%s\" is not a number of days", days);
		p->not_after = p->not_before + n * DAY;
	}
	return CLI_OK;
}

static int
write_cert(struct cli *c, struct making *m)
{
	mdoc_buf line = MDOC_BUF_INIT;
	int code = CLI_OK, r;
	char *uri;

	if (cli_has(c, "store")) {
		if (mdoc_key_uri(m->key) == NULL)
			return cli_usage(c,
			    "--store: the key is not in a token");
		uri = cli_source(c, cli_get(c, "key"));
		r = uri == NULL
		    ? MDOC_E_MEMORY
		    : mdoc_cert_store(c->ctx, uri, cli_bytes(&m->der));
		free(uri);
		if (r != MDOC_OK)
			return cli_fail_mdoc(c, r, "--store");
	}
	r = mdoc_cert_pem(c->ctx, cli_bytes(&m->der), &m->pem);
	if (r == MDOC_OK)
		r = mdoc_cert_describe(c->ctx, cli_bytes(&m->der), &line);
	if (r != MDOC_OK)
		return cli_fail_mdoc(c, r, NULL);
	if (!c->json || cli_has(c, "out"))
		code = cli_write(c, cli_get(c, "out"), cli_bytes(&m->pem));
	if (code == CLI_OK && c->json)
		code = cli_json(json_pack("{s:o,s:o}", "certificate",
				    cli_json_text(cli_bytes(&line)), "pem",
				    cli_json_text(cli_bytes(&m->pem))),
		    CLI_OK);
	cli_say(c, "%.*s", (int)line.len, (const char *)line.ptr);
	mdoc_buf_reset(&line);
	return code;
}

static int
cert_make(struct cli *c)
{
	int profile = profile_find(c->verb->name);
	mdoc_cert_params params = { .profile = profiles[profile].profile };
	struct making m = { .issuer_cert = MDOC_BUF_INIT,
		.der = MDOC_BUF_INIT,
		.pem = MDOC_BUF_INIT };
	int code = read_params(c, &params);
	int r;

	if (code == CLI_OK)
		code = source_key(c, "key", &m.key);
	if (code == CLI_OK && profiles[profile].has_issuer) {
		code = source_key(c, "issuer-key", &m.issuer_key);
		if (code == CLI_OK && !cli_has(c, "issuer-cert"))
			code = cli_usage(c, "--issuer-cert is needed");
		if (code == CLI_OK)
			code = source_cert(c, cli_get(c, "issuer-cert"),
			    &m.issuer_cert);
	}
	if (code != CLI_OK)
		goto out;
	r = mdoc_cert_create(c->ctx, &params, m.key,
	    m.issuer_key ? m.issuer_key : m.key, cli_bytes(&m.issuer_cert),
	    &m.der);
	code = r == MDOC_OK ? write_cert(c, &m) : cli_fail_mdoc(c, r, NULL);
out:
	mdoc_key_free(&m.key);
	mdoc_key_free(&m.issuer_key);
	mdoc_buf_reset(&m.issuer_cert);
	mdoc_buf_reset(&m.der);
	mdoc_buf_reset(&m.pem);
	return code;
}

static int
cert_check(struct cli *c)
{
	mdoc_buf der = MDOC_BUF_INIT, issuer = MDOC_BUF_INIT;
	int profile = profile_find(cli_get(c, "profile"));
	const char *at = cli_get(c, "at");
	mdoc_report *report = NULL;
	int64_t when = 0;
	int code, r;

	if (cli_operand(c, 0) == NULL)
		return cli_usage(c, "a certificate is needed");
	if (profile < 0)
		return cli_usage(c, "--profile: iaca, ds, reader-ca or reader");
	if (at != NULL && !cli_time(at, &when))
		return cli_usage(c, "--at: \"%s\" is not a time", at);
	code = source_cert(c, cli_operand(c, 0), &der);
	if (code == CLI_OK && cli_has(c, "issuer"))
		code = source_cert(c, cli_get(c, "issuer"), &issuer);
	if (code == CLI_OK) {
		r = mdoc_cert_check(c->ctx, profiles[profile].profile,
		    cli_bytes(&der), cli_bytes(&issuer), when, &report);
		code = r == MDOC_OK ? report_print(c, report)
				    : cli_fail_mdoc(c, r, NULL);
	}
	mdoc_report_free(&report);
	mdoc_buf_reset(&der);
	mdoc_buf_reset(&issuer);
	return code;
}

static int
cert_show(struct cli *c)
{
	mdoc_buf der = MDOC_BUF_INIT, line = MDOC_BUF_INIT, pem = MDOC_BUF_INIT;
	int code, r;

	if (cli_operand(c, 0) == NULL)
		return cli_usage(c, "a certificate is needed");
	code = source_cert(c, cli_operand(c, 0), &der);
	if (code != CLI_OK)
		return code;
	r = mdoc_cert_describe(c->ctx, cli_bytes(&der), &line);
	if (r == MDOC_OK)
		r = mdoc_cert_pem(c->ctx, cli_bytes(&der), &pem);
	if (r != MDOC_OK)
		code = cli_fail_mdoc(c, r, NULL);
	else if (c->json)
		code = cli_json(json_pack("{s:o,s:o}", "certificate",
				    cli_json_text(cli_bytes(&line)), "pem",
				    cli_json_text(cli_bytes(&pem))),
		    CLI_OK);
	else
		cli_print(stdout, "%.*s\n%.*s", (int)line.len, (char *)line.ptr,
		    (int)pem.len, (char *)pem.ptr);
	mdoc_buf_reset(&der);
	mdoc_buf_reset(&line);
	mdoc_buf_reset(&pem);
	return code;
}

const struct cli_verb cmd_cert[] = {
	{ "iaca", NULL, "make an IACA root certificate", root_options,
	    cert_make, NULL },
	{ "ds", NULL, "make a document-signer certificate", leaf_options,
	    cert_make, NULL },
	{ "reader-ca", NULL, "make a root certificate for readers",
	    root_options, cert_make, NULL },
	{ "reader", NULL, "make a reader-authentication certificate",
	    leaf_options, cert_make, NULL },
	{ "check", "CERT", "check a certificate against a profile",
	    check_options, cert_check, NULL },
	{ "show", "CERT", "show a certificate", NULL, cert_show, NULL },
	{ NULL, NULL, NULL, NULL, NULL, NULL },
};
