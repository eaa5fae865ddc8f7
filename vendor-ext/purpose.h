/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * purpose: the rule of a purpose-bound private key, kept beside it in the
 * token and named by its CKA_ID:
 *
 * - the rule: a CKO_DATA with CKA_APPLICATION "p11-mdoc purpose", which stays
 *   as it is for the life of the key, so that whoever looks finds it;
 * - its state, if it counts uses or has to remember a method: a CKO_DATA with
 *   CKA_APPLICATION "p11-mdoc purpose state". It is never changed either, for
 *   tokens write an object again in place (SoftHSMv2 empties its file first).
 *   A new one is made before the old one goes, so that a crash leaves the
 *   stricter one or both; of several the strictest counts, and a rule whose
 *   state is gone permits nothing.
 *
 * CKA_LABEL of both is CKA_ID in hex, CKA_VALUE a deterministic CBOR record.
 */
#ifndef VENDOR_EXT_PURPOSE_H
#define VENDOR_EXT_PURPOSE_H

#include "vendor-ext/tbs.h"
#include "vendor-ext/token.h"

#define PURPOSE_APPLICATION       "p11-mdoc purpose"
#define PURPOSE_STATE_APPLICATION "p11-mdoc purpose state"
#define PURPOSE_NO_LIMIT          UINT64_MAX
/* Longest CKA_ID of a key that can have a rule. */
#define PURPOSE_MAX_ID 128
/* Longest CKA_MDOC_DOC_TYPES. */
#define PURPOSE_MAX_DOC_TYPES 4096

struct purpose {
	struct blob key_id;
	CK_ULONG purposes;     /* MDOC_PURPOSE_*; 0: nothing is permitted */
	struct blob doc_types; /* UTF-8, separated by NUL; empty: any */
	CK_ULONG method;       /* MDOC_METHOD_* */
	uint64_t uses_left;
	uint64_t generation; /* of the state */
};

/* What is about to be done with the key. */
enum purpose_use {
	PURPOSE_SIGN,
	PURPOSE_MAC,
	PURPOSE_OTHER /* the reader's: a derived key, an opened message */
};

/* What is wanted of the key, by one of its purposes. */
struct purpose_want {
	CK_ULONG purpose;      /* one of MDOC_PURPOSE_* */
	struct bytes doc_type; /* NULL: what is done names none */
	enum purpose_use use;
};

/* Which purpose signs this structure? */
CK_ULONG purpose_of(enum tbs_kind kind);

/*
 * Are these values a rule? CKR_ATTRIBUTE_VALUE_INVALID;
 * CKR_TEMPLATE_INCONSISTENT: a method is a matter of device keys.
 */
CK_RV purpose_validate(const struct purpose *p) NODISCARD;

/* Must uses be written down? */
bool purpose_has_state(const struct purpose *p);
/*
 * Does the rule allow this? CKR_KEY_FUNCTION_NOT_PERMITTED, and *ret_why says
 * the reason in a static text.
 */
CK_RV purpose_check(const struct purpose *p, const struct purpose_want *w,
    const char **ret_why) NODISCARD;

/* The next docType of a list, which is shortened; false at its end. */
bool purpose_next_type(struct bytes *list, struct bytes *ret);
bool purpose_has_type(struct bytes list, struct bytes wanted);

/* Has the token any rule that this session sees? */
CK_RV purpose_any(const struct token *t, bool *ret) NODISCARD;
/*
 * The rule of the keys with this CKA_ID. *ret holds nothing before, and
 * nothing if there is none. A record that cannot be read permits nothing.
 */
CK_RV purpose_find(const struct token *t, struct bytes key_id,
    struct purpose *ret, bool *ret_found) NODISCARD;
/* Writes rule and state, as token objects. t: a read-write session. */
CK_RV purpose_create(const struct token *t, const struct purpose *p,
    CK_BBOOL private) NODISCARD;
/*
 * Checks again and writes down one use, before it is made. For t and *ret_why
 * see above.
 *
 * Callers that share a lock are exact. Those that do not (other machines on
 * one token) cannot use up the same state twice, for only one of them can
 * destroy it, but may lose a use.
 */
CK_RV purpose_spend(const struct token *t, struct bytes key_id,
    const struct purpose_want *w, const char **ret_why) NODISCARD;
/* Removes the state and the rule; CKR_OK if there is none. */
CK_RV purpose_remove(const struct token *t, struct bytes key_id) NODISCARD;
/* Is this the application name of a rule or of a state? */
bool purpose_is_ours(struct bytes application);

void purpose_reset(struct purpose *p);

#endif
