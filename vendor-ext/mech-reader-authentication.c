/* SPDX-License-Identifier: BSD-3-Clause */
/* mdoc reader authentication: 18013-5 12.5 */
#include "config.h"

#include <p11-kit/pkcs11.h>
#include <p11-mdoc/pkcs11-mdoc.h>

#include "vendor-ext/mechanism-ops.h"

const struct mechanism mech_reader_authentication = {
	.type = CKM_MDOC_READER_AUTHENTICATION,
	.name = "CKM_MDOC_READER_AUTHENTICATION",
	.kinds = TBS_BIT(TBS_READER_AUTHENTICATION) |
	    TBS_BIT(TBS_READER_AUTHENTICATION_ALL),
	.permission = CKA_SIGN,
	.curve_fits = mech_cose_curve_fits,
	.works = mech_cose_works,
	.sign_len = mech_cose_sign_len,
	.sign = mech_cose_sign,
	.verify = mech_cose_verify,
};
