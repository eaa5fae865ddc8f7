/* SPDX-License-Identifier: BSD-3-Clause */
/* In the child: session keys in the token, and HPKE. */
#include "config.h"

#include <string.h>

#include <p11-mdoc/pkcs11-mdoc.h>

#include "doctor.h"

#define TEXT     "p11-mdoc doctor"
#define TEXT_LEN (sizeof TEXT - 1)
#define OUT_LEN  (TEXT_LEN + DOCTOR_TAG_LEN)

static const mdoc_bytes plain = { (const unsigned char *)TEXT, TEXT_LEN };

static mdoc_bytes
span(const mdoc_buf *b)
{
	return (mdoc_bytes){ b->ptr, b->len };
}

/* SessionTranscriptBytes; its peer, as the COSE_Key in it, is the reader. */
static int
transcript_bytes(const struct doctor_curve *c, EVP_PKEY *reader, mdoc_buf *ret)
{
	unsigned char head[5] = { 0xd8, 0x18, 0x59 };
	mdoc_buf inner = MDOC_BUF_INIT;
	int r = doctor_transcript(c, reader, &inner);

	if (r != MDOC_OK)
		return r;
	head[3] = (unsigned char)(inner.len >> 8);
	head[4] = (unsigned char)inner.len;
	if (inner.len < 256) {
		head[2] = 0x58;
		head[3] = (unsigned char)inner.len;
	}
	r = mdoc_buf_append(ret, (mdoc_bytes){ head, inner.len < 256 ? 4 : 5 });
	if (r == MDOC_OK)
		r = mdoc_buf_append(ret, span(&inner));
	mdoc_buf_reset(&inner);
	return r;
}

static CK_RV
derive(struct doctor_child *d, const struct doctor_pair *p,
    const mdoc_buf *transcript, CK_OBJECT_HANDLE *ret)
{
	CK_MDOC_KEY_DERIVE_PARAMS params = { .ulVersion = 1,
		.role = MDOC_ROLE_SKREADER,
		.pSessionTranscript = transcript->ptr,
		.ulSessionTranscriptLen = transcript->len };
	CK_MECHANISM m = { CKM_MDOC_KEY_DERIVE, &params, sizeof params };
	CK_BBOOL no = CK_FALSE;
	CK_ATTRIBUTE t = { CKA_TOKEN, &no, sizeof no };

	doctor_at_mechanism(d, m.mechanism);
	return DOCTOR_CALL(d, DeriveKey, d->session, &m, p->private, &t, 1,
	    ret);
}

static CK_RV
encrypt(struct doctor_child *d, CK_OBJECT_HANDLE key, CK_BYTE *iv, CK_BYTE *out,
    CK_ULONG *out_len)
{
	CK_GCM_PARAMS gcm = { .pIv = iv,
		.ulIvLen = DOCTOR_IV_LEN,
		.ulIvBits = 8 * DOCTOR_IV_LEN,
		.ulTagBits = 8 * DOCTOR_TAG_LEN };
	CK_MECHANISM m = { CKM_AES_GCM, &gcm, sizeof gcm };
	CK_RV rv;

	doctor_at_mechanism(d, m.mechanism);
	rv = DOCTOR_CALL(d, EncryptInit, d->session, &m, key);
	if (rv == CKR_OK)
		rv = DOCTOR_CALL(d, Encrypt, d->session,
		    (CK_BYTE *)(uintptr_t)plain.ptr, plain.len, out, out_len);
	return rv;
}

void
doctor_session_keys(struct doctor_child *d, const struct doctor_pair *p,
    struct doctor_result *ret)
{
	EVP_PKEY *reader = doctor_reader_key(p->curve);
	mdoc_buf transcript = MDOC_BUF_INIT;
	CK_BYTE iv[DOCTOR_IV_LEN] = { 0 }, out[OUT_LEN + 64] = { 0 };
	CK_OBJECT_HANDLE key = CK_INVALID_HANDLE;
	CK_ULONG out_len = sizeof out;
	CK_RV rv = CKR_HOST_MEMORY;
	bool ok = true;

	if (reader == NULL ||
	    transcript_bytes(p->curve, reader, &transcript) != MDOC_OK)
		goto out;
	rv = derive(d, p, &transcript, &key);
	if (rv != CKR_OK)
		goto out;
	ret->path = doctor_key_path(d, key);
	rv = encrypt(d, key, iv, out, &out_len);
	ok = rv != CKR_OK || p->key == NULL ||
	    (out_len <= sizeof out &&
		doctor_session_ok(p->curve, reader, p->key, iv, plain,
		    (mdoc_bytes){ out, out_len }));
out:
	/* Before another call is where it was. */
	doctor_judge_result(ret, rv, ok, "the message is encrypted wrongly");
	if (key != CK_INVALID_HANDLE)
		(void)d->f->C_DestroyObject(d->session, key);
	EVP_PKEY_free(reader);
	mdoc_buf_reset(&transcript);
}

static CK_RV
open_sealed(struct doctor_child *d, const struct doctor_pair *p,
    CK_MDOC_HPKE_OPEN_PARAMS *params, CK_BYTE *sealed, CK_BYTE *out,
    CK_ULONG *out_len)
{
	CK_MECHANISM m = { CKM_MDOC_HPKE_OPEN, params, sizeof *params };
	CK_RV rv;

	doctor_at_mechanism(d, m.mechanism);
	rv = DOCTOR_CALL(d, DecryptInit, d->session, &m, p->private);
	if (rv == CKR_OK)
		rv = DOCTOR_CALL(d, Decrypt, d->session, sealed, OUT_LEN, out,
		    out_len);
	return rv;
}

void
doctor_hpke_open(struct doctor_child *d, const struct doctor_pair *p,
    struct doctor_result *ret)
{
	unsigned char enc[DOCTOR_ENC_LEN], point[DOCTOR_MAX_POINT];
	unsigned char sealed[OUT_LEN], out[OUT_LEN + 64] = { 0 };
	CK_MDOC_HPKE_OPEN_PARAMS params = { .ulVersion = 1,
		.pEnc = enc,
		.ulEncLen = sizeof enc,
		.pPublicKey = point };
	CK_ULONG out_len = sizeof out;
	bool ok;
	CK_RV rv;

	if (p->key == NULL) {
		ret->unknown = true;
		ret->wrong = "the public key is not there";
		return;
	}
	params.ulPublicKeyLen = doctor_point(p->curve, p->key, point);
	if (!doctor_hpke_seal(p->key, (mdoc_bytes){ NULL, 0 }, plain, enc,
		sealed)) {
		doctor_judge_result(ret, CKR_HOST_MEMORY, false, NULL);
		return;
	}
	rv = open_sealed(d, p, &params, sealed, out, &out_len);
	ok = rv == CKR_OK && out_len == plain.len &&
	    memcmp(out, plain.ptr, plain.len) == 0;
	doctor_judge_result(ret, rv, ok,
	    "what was opened is not what was "
	    "sealed");
	if (rv == CKR_OK)
		ret->path = doctor_key_path(d, p->private);
}
