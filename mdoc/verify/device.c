/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "mdoc/crypto/key.h"
#include "mdoc/verify/device.h"
#include "mdoc/verify/signature.h"

static const struct signature_kind signature_kind = { DEV_DEVICE_COSE,
	CHECK_DEVICE_SIGNATURE, "deviceSignature" };
static const struct signature_kind mac_kind = { DEV_MAC_COSE, CHECK_DEVICE_MAC,
	"deviceMac" };

static mdoc_check *
mac_deviation(struct verification *v, const struct cose *c,
    enum cose_deviation d)
{
	mdoc_check *check = verification_deviation(v, DEV_MAC_COSE + d);

	check->offset = c->offset;
	return check;
}

static void
not_done(struct verification *v, enum check check, const char *why)
{
	mdoc_check *c = verification_check(v, check, MDOC_NOT_DONE);

	c->detail = why;
}

static int
signature_check(struct verification *v, const struct document *doc,
    const struct mso *mso, struct authentication *a, bool *ret_good)
{
	uint8_t point[CURVE_MAX_POINT];
	struct signer signer = { .curve = mso->device_key.curve };
	mdoc_check *c;
	size_t len;

	if (!cose_key_point(&mso->device_key, point, &len)) {
		c = verification_deviation(v, DEV_DEVICE_COSE + COSE_KEY);
		c->detail = "the device key is not a point on its curve";
		return MDOC_OK;
	}
	signer.point = bytes_of(point, len);
	return signature_verify(v, &signature_kind, &doc->device_auth, &signer,
	    a, ret_good);
}

/* Everything about the MAC that can be said without computing it. */
static bool
mac_possible(struct verification *v, const struct cose *c,
    const struct cose_key *device_key)
{
	mdoc_check *check;

	signature_form(v, &mac_kind, c);
	if (!c->has_alg) {
		(void)mac_deviation(v, c, COSE_ALG_ABSENT);
		return false;
	}
	if (c->alg != COSE_ALG_HMAC256) {
		check = mac_deviation(v, c, COSE_ALG);
		check->expected = "5 (HMAC 256/256)";
		check->actual = report_text(v->report, "%d", c->alg);
		return false;
	}
	if (c->signature.len != 32) {
		check = mac_deviation(v, c, COSE_FORM);
		check->expected = "32 bytes";
		check->actual =
		    report_text(v->report, "%zu bytes", c->signature.len);
		return false;
	}
	if (v->ereader_key == NULL) {
		not_done(v, CHECK_DEVICE_MAC,
		    "a device MAC is verified with the private EReaderKey, "
		    "which was not given");
		return false;
	}
	if (v->ereader_key_differs) {
		not_done(v, CHECK_DEVICE_MAC,
		    "the EReaderKey given is not the one of the transcript");
		return false;
	}
	if (key_curve(v->ereader_key) != device_key->curve) {
		check = verification_deviation(v, DEV_MAC_CURVE);
		check->offset = c->offset;
		check->expected = key_curve(v->ereader_key)->name;
		check->actual = device_key->curve->name;
		return false;
	}
	return true;
}

static int
mac_compare(struct verification *v, const struct cose *c,
    struct authentication *a, const struct blob *key, bool *ret_good)
{
	uint8_t tag[32];
	const struct bytes *parts;
	mdoc_check *check;
	size_t n;

	parts = authentication_cose(a, "MAC0", c->protected_, &n);
	if (!hasher_hmac(v->ctx->hasher, blob_bytes(key), parts, n, tag))
		return ctx_fail(v->ctx, MDOC_E_CRYPTO, "HMAC failed");
	*ret_good =
	    bytes_equal_secret(bytes_of(tag, sizeof(tag)), c->signature);
	if (!*ret_good) {
		check = mac_deviation(v, c, COSE_WRONG);
		check->detail = "the MAC does not hold";
		return MDOC_OK;
	}
	check = verification_check(v, CHECK_DEVICE_MAC, MDOC_PASS);
	check->actual = key_curve(v->ereader_key)->name;
	check->offset = c->offset;
	return MDOC_OK;
}

static int
mac_check(struct verification *v, const struct document *doc,
    const struct mso *mso, struct authentication *a, bool *ret_good)
{
	const struct cose *c = &doc->device_auth;
	uint8_t point[CURVE_MAX_POINT];
	struct blob key = BLOB_INIT;
	mdoc_check *check;
	size_t len;
	int r;

	if (!mac_possible(v, c, &mso->device_key))
		return MDOC_OK;
	if (!cose_key_point(&mso->device_key, point, &len)) {
		check = mac_deviation(v, c, COSE_KEY);
		check->detail = "the device key is not a point on its curve";
		return MDOC_OK;
	}
	r = key_derive(v->ereader_key, &mso->device_key, v->salt, "EMacKey",
	    &key);
	if (r == MDOC_E_UNSUPPORTED || r == MDOC_E_POLICY) {
		check =
		    verification_check(v, CHECK_DEVICE_MAC, MDOC_UNDETERMINED);
		check->detail =
		    report_text(v->report, "%s", mdoc_ctx_error(v->ctx));
		r = MDOC_OK;
	} else if (r == MDOC_OK) {
		r = mac_compare(v, c, a, &key, ret_good);
	}
	blob_reset(&key);
	return r;
}

static int
auth_check(struct verification *v, const struct document *doc,
    const struct mso *mso, bool *ret_good)
{
	const bool mac = doc->device_auth_kind == DEVICE_AUTH_MAC;
	const enum check check =
	    mac ? CHECK_DEVICE_MAC : CHECK_DEVICE_SIGNATURE;
	struct authentication a;
	mdoc_check *c;

	if (!bytes_is_null(doc->device_auth.payload)) {
		c = verification_deviation(v,
		    (mac ? DEV_MAC_COSE : DEV_DEVICE_COSE) + COSE_PAYLOAD);
		c->offset = doc->device_auth.offset;
		c->detail = "the payload is not detached (null)";
		return MDOC_OK;
	}
	if (bytes_is_null(v->transcript)) {
		not_done(v, check, "no session transcript was given");
		return MDOC_OK;
	}
	if (mso == NULL) {
		not_done(v, check, "the device key is not known");
		return MDOC_OK;
	}
	authentication_device(&a, v->transcript, doc->doc_type,
	    doc->device_name_spaces_bytes);
	return mac ? mac_check(v, doc, mso, &a, ret_good)
		   : signature_check(v, doc, mso, &a, ret_good);
}

/* One device-signed element. */
static bool
element_check(struct verification *v, const struct mso *mso,
    struct bytes name_space, struct cbor_reader *r, const struct cbor_item *key,
    bool authentic)
{
	mdoc_claim *claim;
	mdoc_check *c;
	struct bytes value;
	bool good;

	if (key->kind != CBOR_KIND_TSTR)
		return cbor_fail(r, CBOR_E_TYPE, key->offset,
		    "deviceSigned: element identifier");
	if (!cbor_skip(r, &value))
		return false;
	good = mso != NULL && mso_authorizes(mso, name_space, key->str);
	c = good ? verification_check(v, CHECK_DEVICE_AUTHORIZED, MDOC_PASS)
		 : verification_deviation(v, DEV_DEVICE_UNAUTHORIZED);
	c->offset = key->offset;
	c->actual = report_string(v->report, key->str);
	v->ascending = false;
	claim = report_add_claim(v->report);
	claim->name_space = to_public(name_space);
	claim->element = to_public(key->str);
	claim->value = to_public(value);
	claim->digest = good && authentic ? MDOC_PASS : MDOC_NOT_DONE;
	return true;
}

/* {* ns => {+ element => any}} */
static void
elements_walk(struct verification *v, const struct document *doc,
    const struct mso *mso, bool authentic)
{
	struct cbor_reader r;
	struct cbor_map spaces, elements;
	struct cbor_item ns, key;

	cbor_reader_nested(&r, &doc->issuer_signed.source,
	    doc->device_name_spaces);
	if (!cbor_enter_map(&r, &spaces))
		goto out;
	while (cbor_map_next(&r, &spaces, &ns)) {
		if (ns.kind != CBOR_KIND_TSTR) {
			cbor_fail(&r, CBOR_E_TYPE, ns.offset,
			    "deviceSigned: namespace");
			break;
		}
		if (!cbor_enter_map(&r, &elements))
			break;
		while (cbor_map_next(&r, &elements, &key) &&
		    element_check(v, mso, ns.str, &r, &key, authentic))
			continue;
	}
out:
	if (r.error != CBOR_OK)
		verification_cbor(v, &r, "DeviceNameSpaces");
}

int
device_verify(struct verification *v, const struct document *doc,
    const struct mso *mso)
{
	bool good = false;
	mdoc_check *c;
	int r;

	if (!doc->has_device_signed) {
		c = verification_deviation(v, DEV_DEVICE_ABSENT);
		c->offset = doc->offset;
		return MDOC_OK;
	}
	c = verification_check(v, CHECK_DEVICE_PRESENT, MDOC_PASS);
	c->offset = doc->device_auth.offset;
	if ((r = auth_check(v, doc, mso, &good)) != MDOC_OK)
		return r;
	elements_walk(v, doc, mso, good);
	return MDOC_OK;
}
