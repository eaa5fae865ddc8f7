/* SPDX-License-Identifier: BSD-3-Clause */
/* device: mdoc authentication (18013-5 12.8.2). */
#ifndef MDOC_VERIFY_DEVICE_H
#define MDOC_VERIFY_DEVICE_H

#include "mdoc/model/mso.h"
#include "mdoc/model/response.h"
#include "mdoc/verify/verification.h"

/* mso: NULL if it cannot be read. Device-signed elements become claims. */
int device_verify(struct verification *v, const struct document *doc,
    const struct mso *mso) NODISCARD;

/* elements.c: no element twice among the claims of the document started
 * last, wherever they come from (10.3). */
int elements_check(struct verification *v) NODISCARD;

#endif
