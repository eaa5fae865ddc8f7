/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pkcs11-3: what vendor code uses of PKCS#11 3.0 and p11-kit 0.24's header,
 * which is 2.40, does not have. Structures have names of their own, so that
 * those of a newer header do not collide.
 */
#ifndef VENDOR_EXT_PKCS11_3_H
#define VENDOR_EXT_PKCS11_3_H

#include <p11-kit/pkcs11.h>

#ifndef CKK_EC_EDWARDS
#define CKK_EC_EDWARDS 0x40UL
#endif
#ifndef CKK_EC_MONTGOMERY
#define CKK_EC_MONTGOMERY 0x41UL
#endif
#ifndef CKM_SP800_108_COUNTER_KDF
#define CKM_SP800_108_COUNTER_KDF 0x3acUL
#endif
#ifndef CKM_SP800_108_FEEDBACK_KDF
#define CKM_SP800_108_FEEDBACK_KDF 0x3adUL
#endif
#ifndef CKM_EC_MONTGOMERY_KEY_PAIR_GEN
#define CKM_EC_MONTGOMERY_KEY_PAIR_GEN 0x1056UL
#endif
#ifndef CKM_EDDSA
#define CKM_EDDSA 0x1057UL
#endif
#ifndef CKM_HKDF_DERIVE
#define CKM_HKDF_DERIVE 0x402aUL
#endif
#ifndef CKM_HKDF_DATA
#define CKM_HKDF_DATA 0x402bUL
#endif
#ifndef CKD_SHA256_KDF_SP800
#define CKD_SHA256_KDF_SP800 0x10UL
#define CKD_SHA384_KDF_SP800 0x11UL
#define CKD_SHA512_KDF_SP800 0x12UL
#endif
#ifndef CKK_HKDF
#define CKK_HKDF 0x42UL
#endif
#ifndef CKK_CHACHA20
#define CKK_CHACHA20 0x33UL
#endif

/* Return values, those of 3.1 and 3.2 too. */
#ifndef CKR_TOKEN_RESOURCE_EXCEEDED
#define CKR_TOKEN_RESOURCE_EXCEEDED 0x201UL
#endif
#ifndef CKR_OPERATION_CANCEL_FAILED
#define CKR_OPERATION_CANCEL_FAILED 0x202UL
#endif
#ifndef CKR_KEY_EXHAUSTED
#define CKR_KEY_EXHAUSTED 0x203UL
#endif
#ifndef CKR_PENDING
#define CKR_PENDING 0x204UL
#endif
#ifndef CKR_SESSION_ASYNC_NOT_SUPPORTED
#define CKR_SESSION_ASYNC_NOT_SUPPORTED 0x205UL
#endif
#ifndef CKR_SEED_RANDOM_REQUIRED
#define CKR_SEED_RANDOM_REQUIRED 0x206UL
#endif
#ifndef CKR_OPERATION_NOT_VALIDATED
#define CKR_OPERATION_NOT_VALIDATED 0x207UL
#endif
#ifndef CKR_TOKEN_NOT_INITIALIZED
#define CKR_TOKEN_NOT_INITIALIZED 0x208UL
#endif
#ifndef CKR_PARAMETER_SET_NOT_SUPPORTED
#define CKR_PARAMETER_SET_NOT_SUPPORTED 0x209UL
#endif

/* CK_EDDSA_PARAMS, 3.0 6.3.16 */
struct pkcs11_eddsa_params {
	CK_BBOOL prehash;
	CK_ULONG context_len;
	CK_BYTE *context;
};

/* CK_HKDF_PARAMS, 3.0 6.62.2 */
#define PKCS11_HKDF_SALT_NULL 1UL
#define PKCS11_HKDF_SALT_NULL 1UL
#define PKCS11_HKDF_SALT_DATA 2UL
#define PKCS11_HKDF_SALT_KEY  4UL
#define PKCS11_HKDF_SALT_KEY  4UL

struct pkcs11_hkdf_params {
	CK_BBOOL extract;
	CK_BBOOL expand;
	CK_MECHANISM_TYPE prf;
	CK_ULONG salt_type;
	CK_BYTE *salt;
	CK_ULONG salt_len;
	CK_OBJECT_HANDLE salt_key;
	CK_BYTE *info;
	CK_ULONG info_len;
};

/* CK_SP800_108_KDF_PARAMS and its parts, 3.0 6.42.2 */
#define PKCS11_KDF_COUNTER    1UL /* in counter mode */
#define PKCS11_KDF_PREVIOUS   1UL /* in feedback mode: the iteration variable */
#define PKCS11_KDF_BYTE_ARRAY 4UL

struct pkcs11_kdf_counter {
	CK_BBOOL little_endian;
	CK_ULONG bits;
};

struct pkcs11_kdf_data {
	CK_ULONG type;
	void *value;
	CK_ULONG len;
};

struct pkcs11_kdf_params {
	CK_MECHANISM_TYPE prf;
	CK_ULONG data_count;
	struct pkcs11_kdf_data *data;
	CK_ULONG more_count;
	void *more;
};

struct pkcs11_kdf_feedback_params {
	CK_MECHANISM_TYPE prf;
	CK_ULONG data_count;
	struct pkcs11_kdf_data *data;
	CK_ULONG iv_len;
	CK_BYTE *iv;
	CK_ULONG more_count;
	void *more;
};

#endif
