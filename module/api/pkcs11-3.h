/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What PKCS#11 3.0 adds and p11-kit's header does not have before 0.25, and
 * the functions of 3.2 (there from 0.26), in the words of the specification.
 * A newer header wins.
 */
#ifndef MODULE_PKCS11_3_H
#define MODULE_PKCS11_3_H

#include <p11-kit/pkcs11.h>

#include "module/api/functions.h"
#include "module/api/pkcs11-3-numbers.h"

#define PKCS11_FIELD(name) CK_##name name;
#define PKCS11_DECLARE(name, ...)                \
	typedef CK_RV (*CK_##name)(__VA_ARGS__); \
	CK_RV name(__VA_ARGS__)

#if CRYPTOKI_VERSION_MAJOR < 3

typedef CK_ULONG CK_PROFILE_ID;

typedef struct CK_INTERFACE {
	CK_UTF8CHAR *pInterfaceName;
	void *pFunctionList; /* begins with a CK_VERSION */
	CK_FLAGS flags;
} CK_INTERFACE;

/* ---- parameters of mechanisms */

typedef struct CK_EDDSA_PARAMS {
	CK_BBOOL phFlag;
	CK_ULONG ulContextDataLen;
	CK_BYTE *pContextData;
} CK_EDDSA_PARAMS;

typedef CK_ULONG CK_XEDDSA_HASH_TYPE;

typedef struct CK_XEDDSA_PARAMS {
	CK_XEDDSA_HASH_TYPE hash;
} CK_XEDDSA_PARAMS;

typedef struct CK_HKDF_PARAMS {
	CK_BBOOL bExtract;
	CK_BBOOL bExpand;
	CK_MECHANISM_TYPE prfHashMechanism;
	CK_ULONG ulSaltType;
	CK_BYTE *pSalt;
	CK_ULONG ulSaltLen;
	CK_OBJECT_HANDLE hSaltKey;
	CK_BYTE *pInfo;
	CK_ULONG ulInfoLen;
} CK_HKDF_PARAMS;

typedef struct CK_CHACHA20_PARAMS {
	CK_BYTE *pBlockCounter;
	CK_ULONG blockCounterBits;
	CK_BYTE *pNonce;
	CK_ULONG ulNonceBits;
} CK_CHACHA20_PARAMS;

typedef struct CK_SALSA20_PARAMS {
	CK_BYTE *pBlockCounter;
	CK_BYTE *pNonce;
	CK_ULONG ulNonceBits;
} CK_SALSA20_PARAMS;

typedef struct CK_SALSA20_CHACHA20_POLY1305_PARAMS {
	CK_BYTE *pNonce;
	CK_ULONG ulNonceLen;
	CK_BYTE *pAAD;
	CK_ULONG ulAADLen;
} CK_SALSA20_CHACHA20_POLY1305_PARAMS;

/* SP 800-108 */
typedef CK_MECHANISM_TYPE CK_SP800_108_PRF_TYPE;
typedef CK_ULONG CK_PRF_DATA_TYPE;
typedef CK_ULONG CK_SP800_108_DKM_LENGTH_METHOD;

#define CK_SP800_108_ITERATION_VARIABLE         0x1UL
#define CK_SP800_108_OPTIONAL_COUNTER           0x2UL
#define CK_SP800_108_DKM_LENGTH                 0x3UL
#define CK_SP800_108_BYTE_ARRAY                 0x4UL
#define CK_SP800_108_DKM_LENGTH_SUM_OF_KEYS     0x1UL
#define CK_SP800_108_DKM_LENGTH_SUM_OF_SEGMENTS 0x2UL

typedef struct CK_PRF_DATA_PARAM {
	CK_PRF_DATA_TYPE type;
	void *pValue;
	CK_ULONG ulValueLen;
} CK_PRF_DATA_PARAM;

typedef struct CK_SP800_108_COUNTER_FORMAT {
	CK_BBOOL bLittleEndian;
	CK_ULONG ulWidthInBits;
} CK_SP800_108_COUNTER_FORMAT;

typedef struct CK_SP800_108_DKM_LENGTH_FORMAT {
	CK_SP800_108_DKM_LENGTH_METHOD dkmLengthMethod;
	CK_BBOOL bLittleEndian;
	CK_ULONG ulWidthInBits;
} CK_SP800_108_DKM_LENGTH_FORMAT;

typedef struct CK_DERIVED_KEY {
	CK_ATTRIBUTE *pTemplate;
	CK_ULONG ulAttributeCount;
	CK_OBJECT_HANDLE *phKey;
} CK_DERIVED_KEY;

typedef struct CK_SP800_108_KDF_PARAMS {
	CK_SP800_108_PRF_TYPE prfType;
	CK_ULONG ulNumberOfDataParams;
	CK_PRF_DATA_PARAM *pDataParams;
	CK_ULONG ulAdditionalDerivedKeys;
	CK_DERIVED_KEY *pAdditionalDerivedKeys;
} CK_SP800_108_KDF_PARAMS;

typedef struct CK_SP800_108_FEEDBACK_KDF_PARAMS {
	CK_SP800_108_PRF_TYPE prfType;
	CK_ULONG ulNumberOfDataParams;
	CK_PRF_DATA_PARAM *pDataParams;
	CK_ULONG ulIVLen;
	CK_BYTE *pIV;
	CK_ULONG ulAdditionalDerivedKeys;
	CK_DERIVED_KEY *pAdditionalDerivedKeys;
} CK_SP800_108_FEEDBACK_KDF_PARAMS;

/* X3DH and the double ratchet */
typedef CK_ULONG CK_X3DH_KDF_TYPE;
typedef CK_ULONG CK_X2RATCHET_KDF_TYPE;

typedef struct CK_X3DH_INITIATE_PARAMS {
	CK_X3DH_KDF_TYPE kdf;
	CK_OBJECT_HANDLE pPeer_identity;
	CK_OBJECT_HANDLE pPeer_prekey;
	CK_BYTE *pPrekey_signature;
	CK_BYTE *pOnetime_key;
	CK_OBJECT_HANDLE pOwn_identity;
	CK_OBJECT_HANDLE pOwn_ephemeral;
} CK_X3DH_INITIATE_PARAMS;

typedef struct CK_X3DH_RESPOND_PARAMS {
	CK_X3DH_KDF_TYPE kdf;
	CK_BYTE *pIdentity_id;
	CK_BYTE *pPrekey_id;
	CK_BYTE *pOnetime_id;
	CK_OBJECT_HANDLE pInitiator_identity;
	CK_BYTE *pInitiator_ephemeral;
} CK_X3DH_RESPOND_PARAMS;

typedef struct CK_X2RATCHET_INITIALIZE_PARAMS {
	CK_BYTE *sk;
	CK_OBJECT_HANDLE peer_public_prekey;
	CK_OBJECT_HANDLE peer_public_identity;
	CK_OBJECT_HANDLE own_public_identity;
	CK_BBOOL bEncryptedHeader;
	CK_ULONG eCurve;
	CK_MECHANISM_TYPE aeadMechanism;
	CK_X2RATCHET_KDF_TYPE kdfMechanism;
} CK_X2RATCHET_INITIALIZE_PARAMS;

typedef struct CK_X2RATCHET_RESPOND_PARAMS {
	CK_BYTE *sk;
	CK_OBJECT_HANDLE own_prekey;
	CK_OBJECT_HANDLE initiator_identity;
	CK_OBJECT_HANDLE own_public_identity;
	CK_BBOOL bEncryptedHeader;
	CK_ULONG eCurve;
	CK_MECHANISM_TYPE aeadMechanism;
	CK_X2RATCHET_KDF_TYPE kdfMechanism;
} CK_X2RATCHET_RESPOND_PARAMS;

/* ---- parameters of single messages */

typedef CK_ULONG CK_GENERATOR_FUNCTION;

typedef struct CK_GCM_MESSAGE_PARAMS {
	CK_BYTE *pIv;
	CK_ULONG ulIvLen;
	CK_ULONG ulIvFixedBits;
	CK_GENERATOR_FUNCTION ivGenerator;
	CK_BYTE *pTag;
	CK_ULONG ulTagBits;
} CK_GCM_MESSAGE_PARAMS;

typedef struct CK_CCM_MESSAGE_PARAMS {
	CK_ULONG ulDataLen;
	CK_BYTE *pNonce;
	CK_ULONG ulNonceLen;
	CK_ULONG ulNonceFixedBits;
	CK_GENERATOR_FUNCTION nonceGenerator;
	CK_BYTE *pMAC;
	CK_ULONG ulMACLen;
} CK_CCM_MESSAGE_PARAMS;

typedef struct CK_SALSA20_CHACHA20_POLY1305_MSG_PARAMS {
	CK_BYTE *pNonce;
	CK_ULONG ulNonceLen;
	CK_BYTE *pTag;
} CK_SALSA20_CHACHA20_POLY1305_MSG_PARAMS;

/* ---- functions */

PKCS11_DECLARE(C_GetInterfaceList, CK_INTERFACE *list, CK_ULONG *n);
PKCS11_DECLARE(C_GetInterface, CK_UTF8CHAR *name, CK_VERSION *version,
    CK_INTERFACE **ret, CK_FLAGS flags);
PKCS11_DECLARE(C_LoginUser, CK_SESSION_HANDLE session, CK_USER_TYPE user,
    CK_UTF8CHAR *pin, CK_ULONG pin_len, CK_UTF8CHAR *name, CK_ULONG name_len);
PKCS11_DECLARE(C_SessionCancel, CK_SESSION_HANDLE session, CK_FLAGS flags);

PKCS11_DECLARE(C_MessageEncryptInit, CK_SESSION_HANDLE session,
    CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key);
PKCS11_DECLARE(C_EncryptMessage, CK_SESSION_HANDLE session, void *parameter,
    CK_ULONG parameter_len, CK_BYTE *aad, CK_ULONG aad_len, CK_BYTE *in,
    CK_ULONG in_len, CK_BYTE *out, CK_ULONG *out_len);
PKCS11_DECLARE(C_EncryptMessageBegin, CK_SESSION_HANDLE session,
    void *parameter, CK_ULONG parameter_len, CK_BYTE *aad, CK_ULONG aad_len);
PKCS11_DECLARE(C_EncryptMessageNext, CK_SESSION_HANDLE session, void *parameter,
    CK_ULONG parameter_len, CK_BYTE *in, CK_ULONG in_len, CK_BYTE *out,
    CK_ULONG *out_len, CK_FLAGS flags);
PKCS11_DECLARE(C_MessageEncryptFinal, CK_SESSION_HANDLE session);

PKCS11_DECLARE(C_MessageDecryptInit, CK_SESSION_HANDLE session,
    CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key);
PKCS11_DECLARE(C_DecryptMessage, CK_SESSION_HANDLE session, void *parameter,
    CK_ULONG parameter_len, CK_BYTE *aad, CK_ULONG aad_len, CK_BYTE *in,
    CK_ULONG in_len, CK_BYTE *out, CK_ULONG *out_len);
PKCS11_DECLARE(C_DecryptMessageBegin, CK_SESSION_HANDLE session,
    void *parameter, CK_ULONG parameter_len, CK_BYTE *aad, CK_ULONG aad_len);
PKCS11_DECLARE(C_DecryptMessageNext, CK_SESSION_HANDLE session, void *parameter,
    CK_ULONG parameter_len, CK_BYTE *in, CK_ULONG in_len, CK_BYTE *out,
    CK_ULONG *out_len, CK_FLAGS flags);
PKCS11_DECLARE(C_MessageDecryptFinal, CK_SESSION_HANDLE session);

PKCS11_DECLARE(C_MessageSignInit, CK_SESSION_HANDLE session,
    CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key);
PKCS11_DECLARE(C_SignMessage, CK_SESSION_HANDLE session, void *parameter,
    CK_ULONG parameter_len, CK_BYTE *in, CK_ULONG in_len, CK_BYTE *out,
    CK_ULONG *out_len);
PKCS11_DECLARE(C_SignMessageBegin, CK_SESSION_HANDLE session, void *parameter,
    CK_ULONG parameter_len);
PKCS11_DECLARE(C_SignMessageNext, CK_SESSION_HANDLE session, void *parameter,
    CK_ULONG parameter_len, CK_BYTE *in, CK_ULONG in_len, CK_BYTE *out,
    CK_ULONG *out_len);
PKCS11_DECLARE(C_MessageSignFinal, CK_SESSION_HANDLE session);

PKCS11_DECLARE(C_MessageVerifyInit, CK_SESSION_HANDLE session,
    CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key);
PKCS11_DECLARE(C_VerifyMessage, CK_SESSION_HANDLE session, void *parameter,
    CK_ULONG parameter_len, CK_BYTE *in, CK_ULONG in_len, CK_BYTE *signature,
    CK_ULONG signature_len);
PKCS11_DECLARE(C_VerifyMessageBegin, CK_SESSION_HANDLE session, void *parameter,
    CK_ULONG parameter_len);
PKCS11_DECLARE(C_VerifyMessageNext, CK_SESSION_HANDLE session, void *parameter,
    CK_ULONG parameter_len, CK_BYTE *in, CK_ULONG in_len, CK_BYTE *signature,
    CK_ULONG signature_len);
PKCS11_DECLARE(C_MessageVerifyFinal, CK_SESSION_HANDLE session);

typedef struct CK_FUNCTION_LIST_3_0 {
	CK_VERSION version;
	FUNCTIONS_2_40(PKCS11_FIELD)
	FUNCTIONS_3_0(PKCS11_FIELD)
} CK_FUNCTION_LIST_3_0;

#endif

#if CRYPTOKI_VERSION_MAJOR < 3 || \
    (CRYPTOKI_VERSION_MAJOR == 3 && CRYPTOKI_VERSION_MINOR < 2)

typedef CK_ULONG CK_SESSION_VALIDATION_FLAGS_TYPE;

typedef struct CK_ASYNC_DATA {
	CK_ULONG ulVersion;
	CK_BYTE *pValue;
	CK_ULONG ulValue;
	CK_OBJECT_HANDLE hObject;
	CK_OBJECT_HANDLE hAdditionalObject;
} CK_ASYNC_DATA;

PKCS11_DECLARE(C_EncapsulateKey, CK_SESSION_HANDLE session,
    CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key, CK_ATTRIBUTE *template,
    CK_ULONG n, CK_BYTE *out, CK_ULONG *out_len, CK_OBJECT_HANDLE *ret);
PKCS11_DECLARE(C_DecapsulateKey, CK_SESSION_HANDLE session,
    CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key, CK_ATTRIBUTE *template,
    CK_ULONG n, CK_BYTE *in, CK_ULONG in_len, CK_OBJECT_HANDLE *ret);
PKCS11_DECLARE(C_VerifySignatureInit, CK_SESSION_HANDLE session,
    CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key, CK_BYTE *signature,
    CK_ULONG signature_len);
PKCS11_DECLARE(C_VerifySignature, CK_SESSION_HANDLE session, CK_BYTE *in,
    CK_ULONG in_len);
PKCS11_DECLARE(C_VerifySignatureUpdate, CK_SESSION_HANDLE session, CK_BYTE *in,
    CK_ULONG in_len);
PKCS11_DECLARE(C_VerifySignatureFinal, CK_SESSION_HANDLE session);
PKCS11_DECLARE(C_GetSessionValidationFlags, CK_SESSION_HANDLE session,
    CK_SESSION_VALIDATION_FLAGS_TYPE type, CK_FLAGS *ret);
PKCS11_DECLARE(C_AsyncComplete, CK_SESSION_HANDLE session,
    CK_UTF8CHAR *function, CK_ASYNC_DATA *ret);
PKCS11_DECLARE(C_AsyncGetID, CK_SESSION_HANDLE session, CK_UTF8CHAR *function,
    CK_ULONG *ret);
PKCS11_DECLARE(C_AsyncJoin, CK_SESSION_HANDLE session, CK_UTF8CHAR *function,
    CK_ULONG id, CK_BYTE *data, CK_ULONG data_len);
PKCS11_DECLARE(C_WrapKeyAuthenticated, CK_SESSION_HANDLE session,
    CK_MECHANISM *mechanism, CK_OBJECT_HANDLE wrapping, CK_OBJECT_HANDLE key,
    CK_BYTE *aad, CK_ULONG aad_len, CK_BYTE *out, CK_ULONG *out_len);
PKCS11_DECLARE(C_UnwrapKeyAuthenticated, CK_SESSION_HANDLE session,
    CK_MECHANISM *mechanism, CK_OBJECT_HANDLE unwrapping, CK_BYTE *in,
    CK_ULONG in_len, CK_ATTRIBUTE *template, CK_ULONG n, CK_BYTE *aad,
    CK_ULONG aad_len, CK_OBJECT_HANDLE *ret);

typedef struct CK_FUNCTION_LIST_3_2 {
	CK_VERSION version;
	FUNCTIONS_2_40(PKCS11_FIELD)
	FUNCTIONS_3_0(PKCS11_FIELD)
	FUNCTIONS_3_2(PKCS11_FIELD)
} CK_FUNCTION_LIST_3_2;

#endif

#endif
