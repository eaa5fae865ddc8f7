/* SPDX-License-Identifier: BSD-3-Clause */
/* mdoc ECDSA / EdDSA authentication: 18013-5 12.4.4 */
#include "config.h"

#include <p11-kit/pkcs11.h>
#include <p11-mdoc/pkcs11-mdoc.h>

#include "vendor-ext/mechanism-ops.h"

const struct mechanism mech_device_signature = {
	.type = CKM_MDOC_DEVICE_SIGNATURE,
	.name = "CKM_MDOC_DEVICE_SIGNATURE",
	.kinds = TBS_BIT(TBS_DEVICE_AUTHENTICATION),
	.permission = CKA_SIGN,
	.curve_fits = mech_cose_curve_fits,
	.works = mech_cose_works,
	.sign_len = mech_cose_sign_len,
	.sign = mech_cose_sign,
	.verify = mech_cose_verify,
};
