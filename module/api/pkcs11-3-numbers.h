/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The numbers that PKCS#11 3.0 has and p11-kit 0.24's header, which is 2.40,
 * does not. Included by pkcs11-3.h.
 */
#ifndef MODULE_PKCS11_3_NUMBERS_H
#define MODULE_PKCS11_3_NUMBERS_H

#include <p11-kit/pkcs11.h>

#if CRYPTOKI_VERSION_MAJOR < 3

/* Classes */
#define CKO_PROFILE 0x9UL

/* Profiles (CKA_PROFILE_ID) */
#define CKP_INVALID_ID                0x0UL
#define CKP_BASELINE_PROVIDER         0x1UL
#define CKP_EXTENDED_PROVIDER         0x2UL
#define CKP_AUTHENTICATION_TOKEN      0x3UL
#define CKP_PUBLIC_CERTIFICATES_TOKEN 0x4UL
#define CKP_COMPLETE_PROVIDER         0x5UL
#define CKP_HKDF_TLS_TOKEN            0x6UL
#define CKP_VENDOR_DEFINED            0x80000000UL

/* Key types */
#define CKK_CHACHA20         0x33UL
#define CKK_POLY1305         0x34UL
#define CKK_AES_XTS          0x35UL
#define CKK_SHA3_224_HMAC    0x36UL
#define CKK_SHA3_256_HMAC    0x37UL
#define CKK_SHA3_384_HMAC    0x38UL
#define CKK_SHA3_512_HMAC    0x39UL
#define CKK_BLAKE2B_160_HMAC 0x3aUL
#define CKK_BLAKE2B_256_HMAC 0x3bUL
#define CKK_BLAKE2B_384_HMAC 0x3cUL
#define CKK_BLAKE2B_512_HMAC 0x3dUL
#define CKK_SALSA20          0x3eUL
#define CKK_X2RATCHET        0x3fUL
#define CKK_EC_MONTGOMERY    0x41UL
#define CKK_HKDF             0x42UL
#define CKK_SHA512_224_HMAC  0x43UL
#define CKK_SHA512_256_HMAC  0x44UL
#define CKK_SHA512_T_HMAC    0x45UL

/* Attributes */
#define CKA_UNIQUE_ID            0x4UL
#define CKA_SUBPRIME_BITS        0x134UL
#define CKA_PROFILE_ID           0x601UL
#define CKA_X2RATCHET_BAG        0x602UL
#define CKA_X2RATCHET_BAGSIZE    0x603UL
#define CKA_X2RATCHET_BOBS1STMSG 0x604UL
#define CKA_X2RATCHET_CKR        0x605UL
#define CKA_X2RATCHET_CKS        0x606UL
#define CKA_X2RATCHET_DHP        0x607UL
#define CKA_X2RATCHET_DHR        0x608UL
#define CKA_X2RATCHET_DHS        0x609UL
#define CKA_X2RATCHET_HKR        0x60aUL
#define CKA_X2RATCHET_HKS        0x60bUL
#define CKA_X2RATCHET_ISALICE    0x60cUL
#define CKA_X2RATCHET_NHKR       0x60dUL
#define CKA_X2RATCHET_NHKS       0x60eUL
#define CKA_X2RATCHET_NR         0x60fUL
#define CKA_X2RATCHET_NS         0x610UL
#define CKA_X2RATCHET_PNS        0x611UL
#define CKA_X2RATCHET_RK         0x612UL

/* Mechanisms */
#define CKM_DSA_SHA3_224                    0x18UL
#define CKM_DSA_SHA3_256                    0x19UL
#define CKM_DSA_SHA3_384                    0x1aUL
#define CKM_DSA_SHA3_512                    0x1bUL
#define CKM_SHA3_256_RSA_PKCS               0x60UL
#define CKM_SHA3_384_RSA_PKCS               0x61UL
#define CKM_SHA3_512_RSA_PKCS               0x62UL
#define CKM_SHA3_256_RSA_PKCS_PSS           0x63UL
#define CKM_SHA3_384_RSA_PKCS_PSS           0x64UL
#define CKM_SHA3_512_RSA_PKCS_PSS           0x65UL
#define CKM_SHA3_224_RSA_PKCS               0x66UL
#define CKM_SHA3_224_RSA_PKCS_PSS           0x67UL
#define CKM_SHA3_256                        0x2b0UL
#define CKM_SHA3_256_HMAC                   0x2b1UL
#define CKM_SHA3_256_HMAC_GENERAL           0x2b2UL
#define CKM_SHA3_256_KEY_GEN                0x2b3UL
#define CKM_SHA3_224                        0x2b5UL
#define CKM_SHA3_224_HMAC                   0x2b6UL
#define CKM_SHA3_224_HMAC_GENERAL           0x2b7UL
#define CKM_SHA3_224_KEY_GEN                0x2b8UL
#define CKM_SHA3_384                        0x2c0UL
#define CKM_SHA3_384_HMAC                   0x2c1UL
#define CKM_SHA3_384_HMAC_GENERAL           0x2c2UL
#define CKM_SHA3_384_KEY_GEN                0x2c3UL
#define CKM_SHA3_512                        0x2d0UL
#define CKM_SHA3_512_HMAC                   0x2d1UL
#define CKM_SHA3_512_HMAC_GENERAL           0x2d2UL
#define CKM_SHA3_512_KEY_GEN                0x2d3UL
#define CKM_SHA3_256_KEY_DERIVATION         0x397UL
#define CKM_SHA3_224_KEY_DERIVATION         0x398UL
#define CKM_SHA3_384_KEY_DERIVATION         0x399UL
#define CKM_SHA3_512_KEY_DERIVATION         0x39aUL
#define CKM_SHAKE_128_KEY_DERIVATION        0x39bUL
#define CKM_SHAKE_256_KEY_DERIVATION        0x39cUL
#define CKM_SP800_108_COUNTER_KDF           0x3acUL
#define CKM_SP800_108_FEEDBACK_KDF          0x3adUL
#define CKM_SP800_108_DOUBLE_PIPELINE_KDF   0x3aeUL
#define CKM_ECDSA_SHA3_224                  0x1047UL
#define CKM_ECDSA_SHA3_256                  0x1048UL
#define CKM_ECDSA_SHA3_384                  0x1049UL
#define CKM_ECDSA_SHA3_512                  0x104aUL
#define CKM_EC_MONTGOMERY_KEY_PAIR_GEN      0x1056UL
#define CKM_CHACHA20_KEY_GEN                0x1225UL
#define CKM_CHACHA20                        0x1226UL
#define CKM_POLY1305_KEY_GEN                0x1227UL
#define CKM_POLY1305                        0x1228UL
#define CKM_EC_KEY_PAIR_GEN_W_EXTRA_BITS    0x140bUL
#define CKM_DSA_PROBABILISTIC_PARAMETER_GEN 0x2003UL
#define CKM_DSA_FIPS_G_GEN                  0x2005UL
#define CKM_AES_KEY_WRAP_KWP                0x210bUL
#define CKM_SHA_1_KEY_GEN                   0x4003UL
#define CKM_SHA224_KEY_GEN                  0x4004UL
#define CKM_SHA256_KEY_GEN                  0x4005UL
#define CKM_SHA384_KEY_GEN                  0x4006UL
#define CKM_SHA512_KEY_GEN                  0x4007UL
#define CKM_SHA512_224_KEY_GEN              0x4008UL
#define CKM_SHA512_256_KEY_GEN              0x4009UL
#define CKM_SHA512_T_KEY_GEN                0x400aUL
#define CKM_NULL                            0x400bUL
#define CKM_BLAKE2B_160                     0x400cUL
#define CKM_BLAKE2B_160_HMAC                0x400dUL
#define CKM_BLAKE2B_160_HMAC_GENERAL        0x400eUL
#define CKM_BLAKE2B_160_KEY_DERIVE          0x400fUL
#define CKM_BLAKE2B_160_KEY_GEN             0x4010UL
#define CKM_BLAKE2B_256                     0x4011UL
#define CKM_BLAKE2B_256_HMAC                0x4012UL
#define CKM_BLAKE2B_256_HMAC_GENERAL        0x4013UL
#define CKM_BLAKE2B_256_KEY_DERIVE          0x4014UL
#define CKM_BLAKE2B_256_KEY_GEN             0x4015UL
#define CKM_BLAKE2B_384                     0x4016UL
#define CKM_BLAKE2B_384_HMAC                0x4017UL
#define CKM_BLAKE2B_384_HMAC_GENERAL        0x4018UL
#define CKM_BLAKE2B_384_KEY_DERIVE          0x4019UL
#define CKM_BLAKE2B_384_KEY_GEN             0x401aUL
#define CKM_BLAKE2B_512                     0x401bUL
#define CKM_BLAKE2B_512_HMAC                0x401cUL
#define CKM_BLAKE2B_512_HMAC_GENERAL        0x401dUL
#define CKM_BLAKE2B_512_KEY_DERIVE          0x401eUL
#define CKM_BLAKE2B_512_KEY_GEN             0x401fUL
#define CKM_SALSA20                         0x4020UL
#define CKM_CHACHA20_POLY1305               0x4021UL
#define CKM_SALSA20_POLY1305                0x4022UL
#define CKM_X3DH_INITIALIZE                 0x4023UL
#define CKM_X3DH_RESPOND                    0x4024UL
#define CKM_X2RATCHET_INITIALIZE            0x4025UL
#define CKM_X2RATCHET_RESPOND               0x4026UL
#define CKM_X2RATCHET_ENCRYPT               0x4027UL
#define CKM_X2RATCHET_DECRYPT               0x4028UL
#define CKM_XEDDSA                          0x4029UL
#define CKM_HKDF_DERIVE                     0x402aUL
#define CKM_HKDF_DATA                       0x402bUL
#define CKM_HKDF_KEY_GEN                    0x402cUL
#define CKM_SALSA20_KEY_GEN                 0x402dUL

/* Key derivation functions */
#define CKD_SHA3_224_KDF       0xaUL
#define CKD_SHA3_256_KDF       0xbUL
#define CKD_SHA3_384_KDF       0xcUL
#define CKD_SHA3_512_KDF       0xdUL
#define CKD_SHA1_KDF_SP800     0xeUL
#define CKD_SHA224_KDF_SP800   0xfUL
#define CKD_SHA256_KDF_SP800   0x10UL
#define CKD_SHA384_KDF_SP800   0x11UL
#define CKD_SHA512_KDF_SP800   0x12UL
#define CKD_SHA3_224_KDF_SP800 0x13UL
#define CKD_SHA3_256_KDF_SP800 0x14UL
#define CKD_SHA3_384_KDF_SP800 0x15UL
#define CKD_SHA3_512_KDF_SP800 0x16UL
#define CKD_BLAKE2B_160_KDF    0x17UL
#define CKD_BLAKE2B_256_KDF    0x18UL
#define CKD_BLAKE2B_384_KDF    0x19UL
#define CKD_BLAKE2B_512_KDF    0x1aUL

/* Mask generation and IV generators */
#define CKG_NO_GENERATE          0x0UL
#define CKG_GENERATE             0x1UL
#define CKG_GENERATE_COUNTER     0x2UL
#define CKG_GENERATE_RANDOM      0x3UL
#define CKG_GENERATE_COUNTER_XOR 0x4UL
#define CKG_MGF1_SHA3_224        0x6UL
#define CKG_MGF1_SHA3_256        0x7UL
#define CKG_MGF1_SHA3_384        0x8UL
#define CKG_MGF1_SHA3_512        0x9UL

/* Flags */
#define CKF_END_OF_MESSAGE      0x1UL
#define CKF_HKDF_SALT_NULL      0x1UL
#define CKF_INTERFACE_FORK_SAFE 0x1UL
#define CKF_HKDF_SALT_DATA      0x2UL
#define CKF_MESSAGE_ENCRYPT     0x2UL
#define CKF_HKDF_SALT_KEY       0x4UL
#define CKF_MESSAGE_DECRYPT     0x4UL
#define CKF_MESSAGE_SIGN        0x8UL
#define CKF_MESSAGE_VERIFY      0x10UL
#define CKF_MULTI_MESSAGE       0x20UL
#define CKF_FIND_OBJECTS        0x40UL
#define CKF_EC_F_2M             0x200000UL
#define CKF_EC_ECPARAMETERS     0x400000UL
#define CKF_ERROR_STATE         0x1000000UL

/* Return values */
#define CKR_TOKEN_RESOURCE_EXCEEDED 0x201UL
#define CKR_OPERATION_CANCEL_FAILED 0x202UL

/* Sources of a salt */
#define CKZ_SALT_SPECIFIED 0x1UL

/* Pseudo-random functions of PBKDF2 */
#define CKP_PKCS5_PBKD2_HMAC_SHA1       0x1UL
#define CKP_PKCS5_PBKD2_HMAC_GOSTR3411  0x2UL
#define CKP_PKCS5_PBKD2_HMAC_SHA224     0x3UL
#define CKP_PKCS5_PBKD2_HMAC_SHA256     0x4UL
#define CKP_PKCS5_PBKD2_HMAC_SHA384     0x5UL
#define CKP_PKCS5_PBKD2_HMAC_SHA512     0x6UL
#define CKP_PKCS5_PBKD2_HMAC_SHA512_224 0x7UL
#define CKP_PKCS5_PBKD2_HMAC_SHA512_256 0x8UL

#endif

#endif
