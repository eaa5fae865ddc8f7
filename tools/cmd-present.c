/* SPDX-License-Identifier: BSD-3-Clause */
/* cmd-present: the mdoc side of a transaction. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "link.h"
#include "mode.h"
#include "prompt.h"
#include "report-text.h"
#include "source.h"

#define MAX_CREDENTIALS 16

const struct cli_option cmd_present_options[] = {
	LINK_OPTIONS,
	{ "key", "KEY", "device key of credentials that are files" },
	{ "mode", "MODE", "mac, signature or auto (default)" },
	{ "consent", "HOW", "ask (default with a terminal), all or none" },
	{ "reader-trust", "SOURCE",
	    "reader CA certificates; repeatable: a "
	    "request that they do not sign for is "
	    "refused" },
	{ "engagement-out", "FILE", "write the mdoc: URI there" },
	{ NULL, NULL, NULL },
};

enum consent_how {
	CONSENT_ASK,
	CONSENT_ALL,
	CONSENT_NONE
};

struct presenting {
	struct link link;
	mdoc_credential *credentials[MAX_CREDENTIALS];
	size_t n;
	mdoc_key *key;
	mdoc_trust *trust;
	mdoc_verifier *verifier;
	enum mdoc_device_auth mode;
	enum consent_how how;
	unsigned given, refused; /* elements */
};

/* An mdoc_consent_fn; counts what was said. */
static int
consent(void *arg, mdoc_bytes doc_type, mdoc_bytes name_space,
    mdoc_bytes element, int intent_to_retain)
{
	struct presenting *p = arg;
	int yes = p->how == CONSENT_ALL ||
	    (p->how == CONSENT_ASK &&
		prompt_give(doc_type, element, intent_to_retain));

	(void)name_space;
	if (yes)
		p->given++;
	else
		p->refused++;
	return yes;
}

static int
read_consent(struct cli *c, enum consent_how *ret)
{
	static const char *const hows[] = { [CONSENT_ASK] = "ask",
		[CONSENT_ALL] = "all",
		[CONSENT_NONE] = "none" };
	const char *how = cli_get(c, "consent");

	for (size_t i = 0; i < sizeof hows / sizeof hows[0]; i++) {
		if (!strcmp(how ? how : "ask", hows[i])) {
			*ret = (enum consent_how)i;
			return CLI_OK;
		}
	}
	return cli_usage(c, "--consent: ask, all or none");
}

static int
load_file(struct cli *c, struct presenting *p, const char *name)
{
	mdoc_buf in = MDOC_BUF_INIT;
	int code = cli_read_cbor(c, name, &in);
	int r;

	if (code != CLI_OK)
		return code;
	if (p->key == NULL)
		code = source_key(c, "key", &p->key);
	if (code == CLI_OK) {
		r = mdoc_credential_new(c->ctx, cli_bytes(&in),
		    &p->credentials[p->n]);
		if (r == MDOC_OK) {
			r = mdoc_credential_set_key(p->credentials[p->n],
			    p->key);
			p->n++;
		}
		if (r != MDOC_OK)
			code = cli_fail_mdoc(c, r, name);
	}
	mdoc_buf_reset(&in);
	return code;
}

static int
load_credentials(struct cli *c, struct presenting *p)
{
	const char *name;
	int code = CLI_OK, r;

	if (c->operands_n < 1)
		return cli_usage(c, "a credential is needed");
	for (int i = 0; code == CLI_OK && (name = cli_operand(c, i)) != NULL;
	     i++) {
		char *uri;

		if (p->n == MAX_CREDENTIALS)
			return cli_usage(c, "at most %d credentials",
			    MAX_CREDENTIALS);
		if (!cli_is_uri(name)) {
			code = load_file(c, p, name);
			continue;
		}
		uri = cli_source(c, name);
		r = uri == NULL
		    ? MDOC_E_MEMORY
		    : mdoc_credential_load(c->ctx, uri, &p->credentials[p->n]);
		free(uri);
		if (r == MDOC_OK)
			p->n++;
		else
			code = cli_fail_mdoc(c, r, name);
	}
	return code;
}

/* The engagement for people (QR codes) and, as this transport has no other
 * way, as the first message (18013-7 A.7). */
static int
engage(struct presenting *p)
{
	struct cli *c = p->link.c;
	mdoc_buf uri = MDOC_BUF_INIT, message = MDOC_BUF_INIT;
	mdoc_bytes engagement = mdoc_session_engagement(p->link.session);
	int code = CLI_OK;
	int r = mdoc_engagement_uri(c->ctx, engagement, &uri);

	if (r == MDOC_OK)
		r = mdoc_engagement_message(c->ctx, engagement, &message);
	if (r != MDOC_OK)
		code = cli_fail_mdoc(c, r, NULL);
	if (code == CLI_OK && cli_has(c, "engagement-out"))
		code =
		    cli_write(c, cli_get(c, "engagement-out"), cli_bytes(&uri));
	if (code == CLI_OK)
		code = link_send(&p->link, cli_bytes(&message), "engagement");
	mdoc_buf_reset(&uri);
	mdoc_buf_reset(&message);
	return code;
}

/* Nothing is given to a reader that --reader-trust does not know. */
static int
check_reader(struct presenting *p, mdoc_bytes request)
{
	mdoc_verify_params params = { .size = sizeof params,
		.transcript = mdoc_session_transcript(p->link.session) };
	struct cli *c = p->link.c;
	mdoc_report *report = NULL;
	int code = CLI_OK, r;

	if (p->verifier == NULL)
		return CLI_OK;
	r = mdoc_verify_request(p->verifier, request, &params, &report);
	if (r != MDOC_OK)
		return cli_fail_mdoc(c, r, NULL);
	steps_add(&p->link.steps, "reader-auth", mdoc_report_is_trusted(report),
	    "%s", mdoc_report_verdict(report));
	if (!mdoc_report_is_trusted(report)) {
		if (!c->json)
			report_text(c, report, stderr);
		code = CLI_TRUST;
	}
	mdoc_report_free(&report);
	return code;
}

/* What cannot be read is answered with a status of its own (10.3.2). */
static int
reject_request(struct presenting *p, int error)
{
	unsigned status = error == MDOC_E_CBOR ? 11 : 12;
	int code = link_reject(&p->link, "request", error);
	mdoc_buf response = MDOC_BUF_INIT, message = MDOC_BUF_INIT;

	if (mdoc_present_error(p->link.c->ctx, status, &response) == MDOC_OK &&
	    mdoc_session_send_last(p->link.session, cli_bytes(&response),
		&message) == MDOC_OK)
		(void)link_send(&p->link, cli_bytes(&message), "response");
	mdoc_buf_reset(&response);
	mdoc_buf_reset(&message);
	return code;
}

static int
answer(struct presenting *p, mdoc_bytes request)
{
	mdoc_present_params params = { .size = sizeof params,
		.request = request,
		.transcript = mdoc_session_transcript(p->link.session),
		.mode = p->mode,
		.consent = consent,
		.consent_arg = p };
	struct cli *c = p->link.c;
	mdoc_buf response = MDOC_BUF_INIT, message = MDOC_BUF_INIT;
	char path[2] = "";
	int code = check_reader(p, request);
	int r;

	if (code != CLI_OK)
		return code;
	r = mdoc_present(c->ctx, p->credentials, p->n, &params, &response,
	    path);
	/* No path: there is nothing to authenticate. */
	if (r == MDOC_OK && *path != '\0')
		steps_add_json(&p->link.steps, "device-auth", true,
		    mode_explain(*path), json_pack("{s:s}", "path", path));
	if (r == MDOC_OK)
		r = mdoc_session_send(p->link.session, cli_bytes(&response),
		    &message);
	if (r == MDOC_E_CBOR || r == MDOC_E_STRUCTURE)
		code = reject_request(p, r);
	else if (r != MDOC_OK)
		code = cli_fail_mdoc(c, r, NULL);
	else
		code = link_send(&p->link, cli_bytes(&message), "response");
	mdoc_buf_reset(&response);
	mdoc_buf_reset(&message);
	if (code == CLI_OK && p->given == 0 && p->refused > 0)
		code = CLI_REFUSED;
	return code;
}

static int
serve(struct presenting *p)
{
	mdoc_event event;
	int code = engage(p);
	unsigned answered = 0;

	while (code == CLI_OK) {
		code = link_event(&p->link, &event);
		if (code != CLI_OK || event.type != MDOC_EVENT_REQUEST)
			break;
		/* The request is inside the session's buffer, which the
		 * next call of it overwrites; answer() makes none before. */
		code = answer(p, event.data);
		answered++;
		if (event.status == MDOC_STATUS_TERMINATION)
			break;
	}
	if (code == CLI_OK && answered == 0) {
		steps_add(&p->link.steps, "request", false,
		    "the reader ended the session without a request");
		code = CLI_PEER;
	}
	return code;
}

static int
open_all(struct cli *c, struct presenting *p)
{
	int code = CLI_OK, r;

	if (!mode_parse(cli_get(c, "mode"), &p->mode))
		return cli_usage(c, "--mode: mac, signature or auto");
	code = read_consent(c, &p->how);
	if (code == CLI_OK)
		code = load_credentials(c, p);
	if (code == CLI_OK && cli_has(c, "reader-trust")) {
		code = source_trust(c, "reader-trust", &p->trust);
		if (code == CLI_OK) {
			r = mdoc_verifier_new(c->ctx, p->trust, &p->verifier);
			if (r != MDOC_OK)
				code = cli_fail_mdoc(c, r, NULL);
		}
	}
	return code;
}

int
cmd_present(struct cli *c)
{
	struct presenting p = { .n = 0 };
	int code = open_all(c, &p);
	int r;

	if (code == CLI_OK)
		code = link_open(c, &p.link);
	if (code == CLI_OK) {
		r = mdoc_session_new_device(c->ctx, NULL, &p.link.session);
		code = r == MDOC_OK ? serve(&p) : cli_fail_mdoc(c, r, NULL);
	}
	link_close(&p.link);
	mdoc_verifier_free(&p.verifier);
	mdoc_trust_free(&p.trust);
	for (size_t i = 0; i < p.n; i++)
		mdoc_credential_free(&p.credentials[i]);
	mdoc_key_free(&p.key);
	return code;
}
