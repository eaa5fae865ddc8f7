/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <mdoc/inspect.h>

#include "mdoc/codec/date.h"
#include "mdoc/codec/diag.h"
#include "mdoc/crypto/cert-name.h"
#include "mdoc/crypto/cert.h"
#include "mdoc/crypto/ctx.h"
#include "mdoc/model/view.h"

/* The day is what people look for. */
#define DAY_LEN 10

static void
put_day(struct text *t, int64_t seconds)
{
	char day[32];

	if (!date_format(seconds, day))
		text_put(t, "(date out of range)");
	else
		text_put_bytes(t, bytes_of(day, DAY_LEN));
}

static void
put_name(struct text *t, struct bytes name)
{
	struct blob line = BLOB_INIT;

	if (!name_format(name, &line))
		t->bad = true;
	text_escaped(t, blob_bytes(&line));
	blob_reset(&line);
}

/* "CN=Utopia DS,C=UT; 2020-10-01 to 2021-10-01" */
static void
put_certificate(struct text *t, struct bytes der)
{
	const char *what = NULL;
	struct cert cert;

	if (!cert_read(der, &cert, NULL, &what)) {
		text_printf(t, "not a certificate: %s", what);
		return;
	}
	put_name(t, cert.subject);
	text_put(t, "; ");
	put_day(t, cert.not_before);
	text_put(t, " to ");
	put_day(t, cert.not_after);
}

/* ---- a certificate that is the input */

static void
put_field(struct text *t, const char *name, bool last)
{
	text_printf(t,
	    "       %s %s = ", last ? "\xe2\x94\x94" : "\xe2\x94\x9c", name);
}

static void
put_bytes(struct text *t, struct bytes b)
{
	if (bytes_is_null(b)) {
		text_put(t, "absent\n");
		return;
	}
	text_put(t, "h'");
	text_hex(t, b);
	text_put(t, "'\n");
}

static void
put_uses(struct text *t, const struct cert *c)
{
	static const struct {
		unsigned bit;
		const char *name;
	} uses[] = {
		{ CERT_KU_DIGITAL_SIGNATURE, "digitalSignature" },
		{ CERT_KU_NON_REPUDIATION, "nonRepudiation" },
		{ CERT_KU_KEY_CERT_SIGN, "keyCertSign" },
		{ CERT_KU_CRL_SIGN, "cRLSign" },
	};

	static const struct {
		const struct bytes *oid;
		const char *name;
	} extended[] = {
		{ &CERT_EKU_MDL_DS, "mdlDS" },
		{ &CERT_EKU_MDL_READER, "mdlReaderAuth" },
		{ &CERT_EKU_MDOC_DS, "mdocDS" },
		{ &CERT_EKU_MDOC_READER, "mdocReaderAuth" },
	};

	text_put(t, c->ca ? "CA" : "end entity");
	for (size_t i = 0; i < nitems(uses); i++) {
		if (c->key_usage & uses[i].bit)
			text_printf(t, ", %s", uses[i].name);
	}
	for (size_t i = 0; i < nitems(extended); i++) {
		if (cert_has_eku(c, *extended[i].oid))
			text_printf(t, ", %s", extended[i].name);
	}
	text_put(t, "\n");
}

static void
certificate_tree(const struct cert *c, struct text *t)
{
	text_printf(t, "0x0000 Certificate  %zu bytes\n", c->whole.len);
	put_field(t, "subject", false);
	put_name(t, c->subject);
	text_put(t, "\n");
	put_field(t, "issuer", false);
	put_name(t, c->issuer);
	text_put(t, "\n");
	put_field(t, "serial", false);
	put_bytes(t, c->serial);
	put_field(t, "validity", false);
	put_day(t, c->not_before);
	text_put(t, " to ");
	put_day(t, c->not_after);
	text_put(t, "\n");
	put_field(t, "key", false);
	text_printf(t, "%s\n", c->curve != NULL ? c->curve->name : "other");
	put_field(t, "use", false);
	put_uses(t, c);
	put_field(t, "subjectKeyIdentifier", false);
	put_bytes(t, c->ski);
	put_field(t, "authorityKeyIdentifier", true);
	put_bytes(t, c->aki);
}

static void
certificate_json(const struct cert *c, struct text *t)
{
	text_printf(t,
	    "{\"type\":\"certificate\",\"size\":%zu,\"defectCount\":0,"
	    "\"defects\":[],\"subject\":\"",
	    c->whole.len);
	put_name(t, c->subject);
	text_put(t, "\",\"issuer\":\"");
	put_name(t, c->issuer);
	text_put(t, "\",\"serial\":\"");
	text_hex(t, c->serial);
	text_put(t, "\",\"notBefore\":\"");
	put_day(t, c->not_before);
	text_put(t, "\",\"notAfter\":\"");
	put_day(t, c->not_after);
	text_printf(t, "\",\"curve\":\"%s\"}\n",
	    c->curve != NULL ? c->curve->name : "");
}

static void
certificate_view(const struct cert *c, enum mdoc_inspect_format format,
    struct text *t)
{
	switch (format) {
	case MDOC_INSPECT_JSON:
		certificate_json(c, t);
		break;
	case MDOC_INSPECT_DIAG:
		text_put(t, "h'");
		text_hex(t, c->whole);
		text_put(t, "' / a certificate, not CBOR /\n");
		break;
	case MDOC_INSPECT_HEX:
		text_hex(t, c->whole);
		text_put(t, " # certificate\n");
		break;
	case MDOC_INSPECT_TREE:
	default:
		certificate_tree(c, t);
		break;
	}
}

/* ---- CBOR */

static void
cbor_write(const struct view *v, enum mdoc_inspect_format format)
{
	switch (format) {
	case MDOC_INSPECT_DIAG:
		diag_write(v->o, v->max_string, v->text);
		break;
	case MDOC_INSPECT_JSON:
		view_json(v);
		break;
	case MDOC_INSPECT_HEX:
		view_hex(v);
		break;
	case MDOC_INSPECT_TREE:
	default:
		view_tree(v);
		break;
	}
}

/* false: out of memory */
static bool
cbor_view(struct bytes in, enum mdoc_inspect_format format, size_t max_string,
    struct text *t, size_t *ret_defects)
{
	struct outline o = OUTLINE_INIT;
	struct names names = NAMES_INIT;
	const struct view view = { &o, &names, max_string, t, put_certificate };
	bool good;

	good = outline_read(&o, in) && names_find(&names, &o);
	if (good) {
		cbor_write(&view, format);
		*ret_defects = o.defects_count;
	}
	names_reset(&names);
	outline_reset(&o);
	return good && !t->bad;
}

int
mdoc_inspect(mdoc_ctx *ctx, mdoc_bytes in, enum mdoc_inspect_format format,
    size_t max_string, mdoc_buf *ret, size_t *ret_defects)
{
	static const uint8_t nothing[1];
	struct bytes bytes = from_public(in);
	struct blob out = BLOB_INIT;
	struct text t = { &out, false };
	struct cert cert;
	size_t defects = 0;
	bool good;

	if ((unsigned)format > MDOC_INSPECT_HEX ||
	    (in.ptr == NULL && in.len > 0))
		return ctx_fail(ctx, MDOC_E_ARGUMENT,
		    "inspect: unknown format, or no input");
	if (in.ptr == NULL)
		bytes = bytes_of(nothing, 0);
	if (cbor_check(bytes, NULL) != CBOR_OK &&
	    cert_read(bytes, &cert, NULL, NULL)) {
		certificate_view(&cert, format, &t);
		good = !t.bad;
	} else {
		good = cbor_view(bytes, format, max_string, &t, &defects);
	}
	if (good) {
		buf_take_blob(ret, &out);
		if (ret_defects != NULL)
			*ret_defects = defects;
	}
	blob_reset(&out);
	return good ? MDOC_OK : ctx_fail(ctx, MDOC_E_MEMORY, "out of memory");
}
