/* SPDX-License-Identifier: BSD-3-Clause */
/* mdoc MAC authentication: 18013-5 12.4.3 */
#include "config.h"

#include <p11-kit/pkcs11.h>
#include <p11-mdoc/pkcs11-mdoc.h>

#include "vendor-ext/mechanism-ops.h"
#include "vendor-ext/session-key.h"

#define TAG_LEN 32
#define ALG_MAX 16

static bool
curve_fits(const struct curve *c)
{
	return c->kind != CURVE_EDWARDS;
}

static bool
works(const struct token *t)
{
	return mech_listed(t, CKM_ECDH1_DERIVE, CKF_DERIVE);
}

static CK_ULONG
sign_len(const struct mechanism_op *op)
{
	(void)op;
	return TAG_LEN;
}

static CK_RV
check(const struct mechanism_op *op, const struct tbs *t)
{
	uint8_t point[CURVE_MAX_POINT];
	size_t len;

	return session_key_peer(t->ereader_key, op->curve, false, point, &len);
}

/* SHA-256(SessionTranscriptBytes) */
static bool
transcript_hash(struct hasher *h, struct bytes transcript, uint8_t out[32])
{
	uint8_t head[11];
	const struct bytes parts[] = {
		bytes_of(head, tbs_tag24_head(transcript.len, head)),
		transcript,
	};

	return hasher_digest(h, HASH_SHA256, parts, nitems(parts), out);
}

/* MAC_structure with the payload left where it is (RFC 9052 6.3) */
static CK_RV
mac_structure(const struct token *token, struct hasher *h,
    const struct agree_secret *s, struct bytes payload, uint8_t *out)
{
	uint8_t alg[ALG_MAX];
	uint8_t prefix[TBS_PREFIX_MAX + ALG_MAX];
	struct bytes parts[2];
	size_t n;

	n = tbs_protected_alg(COSE_ALG_HMAC256, alg);
	n = tbs_cose_prefix("MAC0", bytes_of(alg, n), payload.len, prefix);
	parts[0] = bytes_of(prefix, n);
	parts[1] = payload;
	return agree_hmac(token, h, s, parts, nitems(parts), out);
}

static CK_RV
sign(struct mechanism_op *op, const struct token *token, struct hasher *h,
    const struct tbs *t, uint8_t *out)
{
	struct agree_secret secret = AGREE_SECRET_INIT;
	uint8_t point[CURVE_MAX_POINT], salt[32];
	struct agree_input in = {
		.key = op->key,
		.curve = op->curve,
		.salt = bytes_of(salt, sizeof(salt)),
		.info = bytes_str("EMacKey"),
		.weakest = op->weakest,
		.path = &op->path,
	};
	CK_RV rv;

	rv = session_key_peer(t->ereader_key, op->curve, false, point,
	    &in.peer.len);
	if (rv != CKR_OK)
		return rv;
	in.peer.ptr = point;
	if (!transcript_hash(h, t->transcript, salt))
		return CKR_HOST_MEMORY;
	if ((rv = agree_derive(token, h, &in, &secret)) != CKR_OK)
		return rv;
	rv = mac_structure(token, h, &secret, blob_bytes(&op->data), out);
	agree_secret_reset(token, &secret);
	return rv;
}

const struct mechanism mech_device_mac = {
	.type = CKM_MDOC_DEVICE_MAC,
	.name = "CKM_MDOC_DEVICE_MAC",
	.kinds = TBS_BIT(TBS_DEVICE_AUTHENTICATION),
	.permission = CKA_DERIVE,
	.check = check,
	.curve_fits = curve_fits,
	.works = works,
	.sign_len = sign_len,
	.sign = sign,
	.verify = NULL,
};
