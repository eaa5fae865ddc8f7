/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * session-key: the keys of one mdoc session that a private key in a token
 * takes part in: SKReader and SKDevice (18013-5 12.2.1), EMacKey (12.4.3).
 */
#ifndef VENDOR_EXT_SESSION_KEY_H
#define VENDOR_EXT_SESSION_KEY_H

#include "vendor-ext/agree.h"

struct session_key_input {
	CK_OBJECT_HANDLE key; /* private, CKA_DERIVE */
	const struct curve *curve;
	CK_ULONG role;           /* MDOC_ROLE_* */
	struct bytes peer;       /* COSE_Key; NULL: EReaderKey of transcript */
	struct bytes transcript; /* SessionTranscriptBytes */
	enum agree_path weakest; /* as in agree_input */
	enum agree_path *path;   /* the same */
};

/* What the application wants of the key: template may be NULL. */
struct session_key_wish {
	CK_SESSION_HANDLE session; /* that it will belong to */
	const CK_ATTRIBUTE *template;
	CK_ULONG n;
};

/*
 * The key as a session object: AES-256, or a generic secret of 32 bytes.
 * CKR_DATA_INVALID: transcript, peer or role are not what they should be;
 * CKR_DOMAIN_PARAMS_INVALID: the peer's key is not a point of the key's curve;
 * what the template may not say: see pkcs11-mdoc.h; else as agree_derive.
 * Nothing is kept of a key that turns out weaker than was asked for.
 */
CK_RV session_key_derive(const struct token *t, struct hasher *h,
    const struct session_key_input *in, const struct session_key_wish *wish,
    CK_OBJECT_HANDLE *ret, enum agree_path *ret_path) NODISCARD;

/* What of these errors can be found without the token. */
CK_RV session_key_check(const struct session_key_input *in,
    const struct session_key_wish *wish) NODISCARD;

/*
 * A COSE_Key as a point of this curve; out: CURVE_MAX_POINT bytes. Only a
 * device may compress its key (12.7.2). Errors as above.
 */
CK_RV session_key_peer(struct bytes cose_key, const struct curve *curve,
    bool may_compress, uint8_t *out, size_t *ret_len) NODISCARD;

#endif
