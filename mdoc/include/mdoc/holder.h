/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * holder.h: credentials as their holder keeps them, and presenting them.
 * mdoc_holder(3).
 */
#ifndef MDOC_HOLDER_H
#define MDOC_HOLDER_H

#include <mdoc/key.h>

/* clang-format off */
MDOC_C_BEGIN
MDOC_VISIBLE
/* clang-format on */

/* An IssuerSigned that was read and indexed once. */
typedef struct mdoc_credential mdoc_credential;

/* Copied. Also takes a DeviceResponse-like {"documents": [...]} of one
 * document. The device key is checked against the MSO when it is set. */
int mdoc_credential_new(mdoc_ctx *ctx, mdoc_bytes issuer_signed,
    mdoc_credential **ret);
void mdoc_credential_free(mdoc_credential **credential);
mdoc_bytes mdoc_credential_doc_type(const mdoc_credential *credential);
mdoc_bytes mdoc_credential_issuer_signed(const mdoc_credential *credential);
/* The device key of the MSO, as COSE_Key. */
mdoc_bytes mdoc_credential_device_key(const mdoc_credential *credential);
/* Borrowed until the credential is freed. MDOC_E_KEY: not the MSO's key. */
int mdoc_credential_set_key(mdoc_credential *credential, mdoc_key *key);

/*
 * In a token: CKO_MDOC_CREDENTIAL. The URI names the token, its "object" is
 * the label. mdoc_credential_load finds the device key by CKA_ID and sets it.
 */
int mdoc_credential_store(mdoc_credential *credential, const char *uri,
    mdoc_key *device_key);
int mdoc_credential_load(mdoc_ctx *ctx, const char *uri, mdoc_credential **ret);

typedef struct mdoc_credential_info {
	const char *label;
	mdoc_bytes doc_type;
	mdoc_bytes key_id;
	int64_t valid_from;
	int64_t valid_until;
	size_t size;
} mdoc_credential_info;

int mdoc_credential_list(mdoc_ctx *ctx, const char *uri,
    int (*fn)(void *arg, const mdoc_credential_info *info), void *arg);
int mdoc_credential_delete(mdoc_ctx *ctx, const char *uri);

enum mdoc_device_auth {
	MDOC_DEVICE_AUTH_AUTO, /* MAC where the key and the reader allow it */
	MDOC_DEVICE_AUTH_SIGNATURE,
	MDOC_DEVICE_AUTH_MAC
};

/*
 * DeviceAuth (18013-5 10.3.3) for a docType: the map with deviceSignature or
 * deviceMac. transcript: either form; a MAC is for the EReaderKey inside it.
 * device_name_spaces: CBOR map; absent: {}. *ret_path (may be NULL): the key
 * path, or 'S' for a signature, 'M' for a key in memory.
 */
int mdoc_device_auth(mdoc_key *device_key, enum mdoc_device_auth mode,
    mdoc_bytes transcript, const char *doc_type, mdoc_bytes device_name_spaces,
    mdoc_buf *ret, char *ret_path);

/* Asks the holder: 1 yes, 0 no. Not called for elements that are absent. */
typedef int mdoc_consent_fn(void *arg, mdoc_bytes doc_type,
    mdoc_bytes name_space, mdoc_bytes element, int intent_to_retain);

/* Set size to sizeof(mdoc_present_params) and the rest to 0 before use. */
typedef struct mdoc_present_params {
	size_t size;
	mdoc_bytes request;    /* DeviceRequest */
	mdoc_bytes transcript; /* either form */
	enum mdoc_device_auth mode;
	mdoc_consent_fn *consent; /* NULL: everything asked for is given */
	void *consent_arg;
} mdoc_present_params;

/*
 * The DeviceResponse to a request from credentials whose keys are set. A
 * docType that none of them has becomes a documentErrors entry. *ret_path as
 * above, of the last document.
 */
int mdoc_present(mdoc_ctx *ctx, mdoc_credential *const *credentials, size_t n,
    const mdoc_present_params *params, mdoc_buf *ret, char *ret_path);

/* A DeviceResponse that is only a status: 10 general error, 11 the request was
 * not CBOR, 12 not a DeviceRequest (18013-5 10.3.2). */
int mdoc_present_error(mdoc_ctx *ctx, unsigned status, mdoc_buf *ret);

/* clang-format off */
MDOC_USUAL
MDOC_C_END
/* clang-format on */

#endif
