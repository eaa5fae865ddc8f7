/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * issuer-auth: issuer data authentication (18013-5 12.8.1): chain, signature,
 * MSO, digests, validity.
 */
#ifndef MDOC_VERIFY_ISSUER_AUTH_H
#define MDOC_VERIFY_ISSUER_AUTH_H

#include "mdoc/model/mso.h"
#include "mdoc/model/response.h"
#include "mdoc/verify/chain.h"

/*
 * doc_type: of the document; NULL: the MSO says what it is. *ret_mso is set if
 * *ret_readable.
 */
int issuer_auth_verify(struct verification *v, const struct issuer_signed *s,
    struct bytes doc_type, struct mso *ret_mso, bool *ret_readable) NODISCARD;

/* validity.c: the dates of the MSO; ds: NULL if there is none to compare. */
void validity_verify(struct verification *v, const struct mso *mso,
    const struct cert *ds);

/* digests.c: one claim for each item, with its digest. mso: NULL if it cannot
 * be read. ds as above: issuing_country is compared with it. */
int digests_verify(struct verification *v, const struct issuer_signed *s,
    const struct mso *mso, const struct cert *ds) NODISCARD;

#endif
