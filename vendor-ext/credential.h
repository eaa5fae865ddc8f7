/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * credential: an mdoc in a token (CKO_MDOC_CREDENTIAL), carried by a private
 * CKO_DATA: CKA_APPLICATION "p11-mdoc credential", CKA_LABEL, CKA_OBJECT_ID
 * unused, CKA_VALUE a deterministic CBOR record.
 */
#ifndef VENDOR_EXT_CREDENTIAL_H
#define VENDOR_EXT_CREDENTIAL_H

#include "vendor-ext/token.h"

#define CREDENTIAL_APPLICATION "p11-mdoc credential"
#define CREDENTIAL_NO_LIMIT    UINT64_MAX

struct credential {
	struct blob label;
	struct blob key_id; /* CKA_ID of the device key */
	struct blob doc_type;
	struct blob issuer_signed;
	int64_t valid_from; /* seconds since 1970 */
	int64_t valid_until;
	uint64_t uses_left;
};

/*
 * Creates the object (on_token: CKA_TOKEN). CKR_ATTRIBUTE_VALUE_INVALID if
 * issuer_signed is not CBOR or doc_type not UTF-8.
 */
CK_RV credential_create(const struct token *t, const struct credential *c,
    CK_BBOOL on_token, CK_OBJECT_HANDLE *ret) NODISCARD;
/*
 * *ret holds nothing before. CKR_OBJECT_HANDLE_INVALID: not a credential;
 * CKR_DATA_INVALID: its record cannot be read.
 */
CK_RV credential_load(const struct token *t, CK_OBJECT_HANDLE object,
    struct credential *ret) NODISCARD;
/*
 * All credentials, or those of a docType, label or device key (NULL: any).
 */
CK_RV credential_find(const struct token *t, struct bytes doc_type,
    struct bytes label, struct bytes key_id, CK_OBJECT_HANDLE *ret,
    CK_ULONG max, CK_ULONG *ret_n) NODISCARD;
/*
 * New content for the object, which gets a new handle. The new one is made
 * before the old one goes: a crash leaves one of them, or both.
 */
CK_RV credential_update(const struct token *t, CK_OBJECT_HANDLE object,
    const struct credential *c, CK_OBJECT_HANDLE *ret) NODISCARD;
void credential_reset(struct credential *c);

#endif
