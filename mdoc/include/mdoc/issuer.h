/* SPDX-License-Identifier: BSD-3-Clause */
/* issuer.h: making IssuerSigned. mdoc_issuer(3). */
#ifndef MDOC_ISSUER_H
#define MDOC_ISSUER_H

#include <mdoc/key.h>

/* clang-format off */
MDOC_C_BEGIN
MDOC_VISIBLE
/* clang-format on */

typedef struct mdoc_issuer mdoc_issuer;

int mdoc_issuer_new(mdoc_ctx *ctx, const char *doc_type, mdoc_issuer **ret);
void mdoc_issuer_free(mdoc_issuer **issuer);

/*
 * One data element; value is CBOR and copied. digestIDs are unique within a
 * namespace and do not tell which elements exist (18013-5 12.3.4).
 */
int mdoc_issuer_add(mdoc_issuer *issuer, const char *name_space,
    const char *element, mdoc_bytes value);

/*
 * {"docType": ..., "namespaces": {NS: {ELEMENT: VALUE}}}. A value is a JSON
 * value whose CBOR type the profile of the docType gives (full-date, tdate,
 * bstr), {"file": NAME} (relative to folder; byte string), {"hex": ...},
 * {"base64": ...} or {"cbor": hex}. Errors name the element or line.
 */
int
mdoc_issuer_add_json(mdoc_issuer *issuer, mdoc_bytes json, const char *folder);
/* The docType of such a JSON document, for mdoc_issuer_new: a NUL follows. */
int mdoc_issuer_json_doc_type(mdoc_ctx *ctx, mdoc_bytes json, mdoc_buf *ret);

/* Calls fn for each element that the profile of the docType calls mandatory
 * and that is not there; a return value other than 0 ends it. */
int mdoc_issuer_missing(mdoc_issuer *issuer,
    int (*fn)(void *arg, const char *name_space, const char *element),
    void *arg);

/* Mandatory. Copied: the key may be freed. */
int mdoc_issuer_set_device_key(mdoc_issuer *issuer, const mdoc_key *key);
/* Seconds; from >= signed_at, until > from. Mandatory. */
int mdoc_issuer_set_validity(mdoc_issuer *issuer, int64_t signed_at,
    int64_t from, int64_t until);
/* Dates outside those of the document-signer certificate are an error of
 * mdoc_issuer_sign unless this is on: a reader would or may refuse them. */
void mdoc_issuer_set_insecure_dates(mdoc_issuer *issuer, int on);
/* "SHA-256" (default), "SHA-384", "SHA-512" */
int mdoc_issuer_set_digest(mdoc_issuer *issuer, const char *algorithm);

/*
 * Fresh salts, one signature. x5chain: document-signer certificate first,
 * the root not in it. May be called again for another copy.
 */
int mdoc_issuer_sign(mdoc_issuer *issuer, mdoc_key *ds_key,
    const mdoc_bytes *x5chain, size_t n, mdoc_buf *ret_issuer_signed);

/* clang-format off */
MDOC_USUAL
MDOC_C_END
/* clang-format on */

#endif
