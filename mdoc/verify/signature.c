/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "mdoc/verify/signature.h"

/*
 * Fully-specified identifiers (RFC 9864): 18013-5 does not allow them, others
 * use them.
 */
static const struct {
	int alg;
	int curve; /* COSE crv */
} full_algs[] = {
	{ -9, 1 },
	{ -51, 2 },
	{ -52, 3 },
	{ -19, 6 },
	{ -53, 7 },
	{ -265, 256 },
	{ -266, 257 },
	{ -267, 258 },
	{ -268, 259 },
};

static bool
alg_is_full(int alg, const struct curve *curve)
{
	for (size_t i = 0; i < nitems(full_algs); i++) {
		if (full_algs[i].alg == alg)
			return full_algs[i].curve == curve->cose;
	}
	return false;
}

static mdoc_check *
deviation(struct verification *v, const struct signature_kind *kind,
    const struct cose *c, enum cose_deviation d)
{
	mdoc_check *check = verification_deviation(v,
	    (enum deviation)((int)kind->base + (int)d));

	check->offset = c->offset;
	return check;
}

void
signature_form(struct verification *v, const struct signature_kind *kind,
    const struct cose *c)
{
	if (c->tagged)
		(void)deviation(v, kind, c, COSE_TAGGED);
	if (c->odd_label)
		(void)deviation(v, kind, c, COSE_ODD_LABEL);
}

/* May this key and this algorithm go together? Reports it if not. */
static bool
alg_check(struct verification *v, const struct signature_kind *kind,
    const struct cose *c, const struct signer *signer)
{
	mdoc_check *check;

	if (!c->has_alg) {
		(void)deviation(v, kind, c, COSE_ALG_ABSENT);
		return false;
	}
	if (signer->curve == NULL || signer->curve->alg == 0) {
		check = deviation(v, kind, c, COSE_KEY);
		check->expected = "a key that can sign (18013-5 Table 17)";
		check->actual = signer->curve == NULL ? "another kind of key"
						      : signer->curve->name;
		return false;
	}
	if (c->alg == signer->curve->alg)
		return true;
	if (alg_is_full(c->alg, signer->curve)) {
		check = deviation(v, kind, c, COSE_ALG_FULL);
		check->actual = report_text(v->report, "%d", c->alg);
		return true;
	}
	check = deviation(v, kind, c, COSE_ALG);
	check->expected = report_text(v->report, "%d for a key on %s",
	    signer->curve->alg, signer->curve->name);
	check->actual = report_text(v->report, "%d", c->alg);
	return false;
}

static int
result_report(struct verification *v, const struct signature_kind *kind,
    const struct cose *c, const struct signer *signer,
    enum sigver_result result)
{
	mdoc_check *check;

	switch (result) {
	case SIGVER_GOOD:
		check = verification_check(v, kind->check, MDOC_PASS);
		check->actual = signer->curve->name;
		check->offset = c->offset;
		return MDOC_OK;
	case SIGVER_BAD:
		check = deviation(v, kind, c, COSE_WRONG);
		check->detail = "the signature does not hold";
		return MDOC_OK;
	case SIGVER_BAD_KEY:
		check = deviation(v, kind, c, COSE_KEY);
		check->expected = report_text(v->report, "a point on %s",
		    signer->curve->name);
		return MDOC_OK;
	case SIGVER_BAD_FORM:
		check = deviation(v, kind, c, COSE_FORM);
		check->expected =
		    report_text(v->report, "%zu bytes", signer->curve->sig_len);
		check->actual =
		    report_text(v->report, "%zu bytes", c->signature.len);
		return MDOC_OK;
	case SIGVER_ERROR:
	default:
		return ctx_fail(v->ctx, MDOC_E_CRYPTO,
		    "%s: verification of the signature failed", kind->name);
	}
}

int
signature_verify(struct verification *v, const struct signature_kind *kind,
    const struct cose *c, const struct signer *signer, struct authentication *a,
    bool *ret_good)
{
	enum sigver_result result;
	struct sigver_input in;

	if (ret_good != NULL)
		*ret_good = false;
	signature_form(v, kind, c);
	if (!alg_check(v, kind, c, signer))
		return MDOC_OK;
	in.alg = signer->curve->alg;
	in.parts = authentication_cose(a, "Signature1", c->protected_, &in.n);
	in.signature = c->signature;
	if (signer->key != NULL)
		result = sigver_cose_key(v->ctx->sigver, v->ctx->hasher,
		    signer->key, &in);
	else
		result = sigver_cose(v->ctx->sigver, v->ctx->hasher,
		    signer->curve, signer->point, &in);
	if (ret_good != NULL)
		*ret_good = result == SIGVER_GOOD;
	return result_report(v, kind, c, signer, result);
}
