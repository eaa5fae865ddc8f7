/* SPDX-License-Identifier: BSD-3-Clause */
/* SKReader, SKDevice, EMacKey as objects: 18013-5 12.2.1, 12.4.3 */
#include "config.h"

#include <p11-kit/pkcs11.h>
#include <p11-mdoc/pkcs11-mdoc.h>

#include "vendor-ext/mechanism-ops.h"
#include "vendor-ext/purpose.h"
#include "vendor-ext/session-key.h"

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

static CK_RV
read_parameter(const CK_MECHANISM *m, struct session_key_input *ret)
{
	const CK_MDOC_KEY_DERIVE_PARAMS *p = m->pParameter;

	if (p == NULL || m->ulParameterLen != sizeof(*p) ||
	    p->ulVersion != CK_MDOC_PARAMS_VERSION ||
	    (p->pPeerKey == NULL) != (p->ulPeerKeyLen == 0) ||
	    p->pSessionTranscript == NULL ||
	    p->ulSessionTranscriptLen > MECHANISM_MAX_DATA ||
	    p->ulPeerKeyLen > MECHANISM_MAX_DATA)
		return CKR_MECHANISM_PARAM_INVALID;
	ret->role = p->role;
	ret->peer = bytes_of(p->pPeerKey, p->ulPeerKeyLen);
	ret->transcript =
	    bytes_of(p->pSessionTranscript, p->ulSessionTranscriptLen);
	return CKR_OK;
}

/*
 * A device key that is bound MACs and does not encrypt; what it would MAC is
 * not known here. A reader's key takes part in all of them.
 */
static CK_RV
derive_want(const struct mechanism_derivation *d, struct purpose_want *ret)
{
	const struct session_key_wish wish = { d->home, d->template, d->n };
	struct session_key_input in = { .key = d->base, .curve = d->curve };
	bool macs;
	CK_RV rv;

	rv = read_parameter(d->parameter, &in);
	if (rv == CKR_OK)
		rv = session_key_check(&in, &wish);
	if (rv != CKR_OK)
		return rv == CKR_DATA_INVALID ? CKR_MECHANISM_PARAM_INVALID
					      : rv;
	macs = in.role == MDOC_ROLE_EMACKEY &&
	    (d->rule->purposes & MDOC_PURPOSE_DEVICE) != 0;
	*ret = (struct purpose_want){ macs ? MDOC_PURPOSE_DEVICE
					   : MDOC_PURPOSE_READER,
		BYTES_NULL, macs ? PURPOSE_MAC : PURPOSE_OTHER };
	return CKR_OK;
}

static CK_RV
derive(const struct token *t, struct hasher *h, struct mechanism_derivation *d,
    CK_OBJECT_HANDLE *ret)
{
	const struct session_key_wish wish = { d->home, d->template, d->n };
	struct session_key_input in = {
		.key = d->base, .curve = d->curve, .weakest = d->weakest
	};
	CK_RV rv;

	rv = read_parameter(d->parameter, &in);
	if (rv == CKR_OK)
		rv = session_key_derive(t, h, &in, &wish, ret, &d->path);
	return rv == CKR_DATA_INVALID ? CKR_MECHANISM_PARAM_INVALID : rv;
}

const struct mechanism mech_key_derive = {
	.type = CKM_MDOC_KEY_DERIVE,
	.name = "CKM_MDOC_KEY_DERIVE",
	.permission = CKA_DERIVE,
	.purposes = MDOC_PURPOSE_DEVICE | MDOC_PURPOSE_READER,
	.curve_fits = curve_fits,
	.works = works,
	.derive_want = derive_want,
	.derive = derive,
};
