/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "mdoc/verify/policy.h"

/* Clauses of ISO/IEC 18013-5, second edition. */
#define CLAUSE(n) "18013-5 " n

/* clang-format off */
static const struct report_rule checks[CHECK_COUNT] = {
	[CHECK_CBOR] = { "cbor", "cbor", CLAUSE("8.3"), REPORT_PLAIN },
	[CHECK_STRUCTURE] = { "structure", "structure", CLAUSE("10.3"),
		REPORT_PLAIN },
	[CHECK_STATUS] = { "response.status", "policy", CLAUSE("10.3"),
		REPORT_PLAIN },
	[CHECK_DOCUMENTS] = { "response.documents", "structure",
		CLAUSE("10.3"), REPORT_PLAIN },
	[CHECK_DOCUMENTS_OTHER] = { "response.documents", "structure",
		CLAUSE("10.3"), REPORT_PLAIN },
	[CHECK_ISSUER_X5CHAIN] = { "issuer.x5chain", "issuer-sig",
		CLAUSE("12.3.4"), REPORT_TRUST },
	[CHECK_ISSUER_CHAIN] = { "issuer.chain", "issuer-sig",
		CLAUSE("12.8.1"), REPORT_TRUST },
	[CHECK_ISSUER_SIGNATURE] = { "issuer.signature", "issuer-sig",
		CLAUSE("12.8.1"), REPORT_TRUST },
	[CHECK_MSO_VERSION] = { "mso.version", "structure", CLAUSE("12.3.4"),
		REPORT_PLAIN },
	[CHECK_MSO_DOC_TYPE] = { "mso.doc-type", "issuer-sig",
		CLAUSE("12.8.1"), REPORT_TRUST },
	[CHECK_MSO_DIGEST_ALGORITHM] = { "mso.digest-algorithm", "digest",
		CLAUSE("12.3.4"), REPORT_PLAIN },
	[CHECK_MSO_DIGEST] = { "mso.digest", "digest", CLAUSE("12.8.1"),
		REPORT_TRUST },
	[CHECK_MSO_VALIDITY] = { "mso.validity", "validity", CLAUSE("12.8.1"),
		REPORT_TRUST },
	[CHECK_MSO_DATE_FORM] = { "mso.date-form", "policy", CLAUSE("12.3.4"),
		REPORT_PLAIN },
	[CHECK_MSO_STATUS] = { "mso.status", "validity", CLAUSE("12.3.6"),
		REPORT_PLAIN },
	[CHECK_ELEMENTS] = { "elements.unique", "structure", CLAUSE("10.3"),
		REPORT_PLAIN },
	[CHECK_ISSUING_COUNTRY] = { "issuer.country", "issuer-sig",
		CLAUSE("12.8.1"), REPORT_PLAIN },
	[CHECK_ISSUING_JURISDICTION] = { "issuer.jurisdiction", "issuer-sig",
		CLAUSE("12.8.1"), REPORT_PLAIN },
	[CHECK_DEVICE_PRESENT] = { "device.present", "device-auth",
		CLAUSE("10.3"), REPORT_TRUST },
	/* IssuerSigned only: visible, and no hindrance. */
	[CHECK_DEVICE_NOT_ASKED] = { "device.present", "device-auth",
		CLAUSE("10.3"), REPORT_PLAIN },
	[CHECK_DEVICE_SIGNATURE] = { "device.signature", "device-auth",
		CLAUSE("12.8.2"), REPORT_TRUST },
	[CHECK_DEVICE_MAC] = { "device.mac", "device-auth", CLAUSE("12.8.2"),
		REPORT_TRUST },
	[CHECK_DEVICE_AUTHORIZED] = { "device.authorized", "device-auth",
		CLAUSE("12.8.2"), REPORT_PLAIN },
	[CHECK_READER_PRESENT] = { "reader.present", "reader-auth",
		CLAUSE("12.5"), REPORT_TRUST },
	[CHECK_READER_X5CHAIN] = { "reader.x5chain", "reader-auth",
		CLAUSE("12.5"), REPORT_TRUST },
	[CHECK_READER_CHAIN] = { "reader.chain", "reader-auth",
		CLAUSE("12.5"), REPORT_TRUST },
	[CHECK_READER_SIGNATURE] = { "reader.signature", "reader-auth",
		CLAUSE("12.5"), REPORT_TRUST },
	[CHECK_READER_ALL] = { "reader.all", "reader-auth", CLAUSE("12.5"),
		REPORT_TRUST },
};

#define FAILS    MDOC_FAIL, MDOC_FAIL
/* Tolerated by default; refused by policy in strict mode. */
#define WARNS    MDOC_WARN, MDOC_FAIL
/* Allowed by the text or harmless; noted. */
#define NOTED    MDOC_PASS, MDOC_WARN

/*
 * base: first of the rows; who: "issuer" or "reader"; sig, date: layers. What
 * is a warning by default has the layer "policy".
 */
#define CHAIN_ROWS(base, who, sig, date)                                      \
	[(base) + CHAIN_X5CHAIN_ABSENT] = {                                   \
		{ who ".x5chain", sig, CLAUSE("12.3.4"), REPORT_PLAIN },      \
		FAILS, "no certificate in the COSE header (label 33)" },      \
	[(base) + CHAIN_X5CHAIN_PROTECTED] = {                                \
		{ who ".x5chain", "policy", CLAUSE("12.3.4"), REPORT_PLAIN }, \
		NOTED, "x5chain is in the protected header" },                \
	[(base) + CHAIN_CERTIFICATE] = {                                      \
		{ who ".x5chain", sig, CLAUSE("B.1"), REPORT_PLAIN },         \
		FAILS, "certificate cannot be read" },                        \
	[(base) + CHAIN_X5T] = {                                              \
		{ who ".x5chain", sig, CLAUSE("12.3.4"), REPORT_PLAIN },      \
		FAILS, "x5t (34) is not the hash of the certificate" },       \
	[(base) + CHAIN_NO_ANCHOR] = {                                        \
		{ who ".chain", sig, CLAUSE("12.8.1"), REPORT_PLAIN },        \
		FAILS, "no trust anchor has issued the certificate" },        \
	[(base) + CHAIN_SIGNATURE_ALGORITHM] = {                              \
		{ who ".chain", sig, CLAUSE("B.1"), REPORT_PLAIN },           \
		FAILS, "certificate is not signed with ECDSA and SHA-2" },    \
	[(base) + CHAIN_SIGNATURE] = {                                        \
		{ who ".chain", sig, CLAUSE("12.8.1"), REPORT_PLAIN },        \
		FAILS, "signature of the certificate does not hold" },        \
	[(base) + CHAIN_ISSUER_NOT_CA] = {                                    \
		{ who ".chain", sig, CLAUSE("B.1.2"), REPORT_PLAIN },         \
		FAILS, "basicConstraints of the issuer: not a CA" },          \
	[(base) + CHAIN_ISSUER_KEY_USAGE] = {                                 \
		{ who ".chain", sig, CLAUSE("B.1.2"), REPORT_PLAIN },         \
		FAILS, "keyUsage of the issuer lacks keyCertSign" },          \
	[(base) + CHAIN_PATH_LENGTH] = {                                      \
		{ who ".chain", sig, CLAUSE("B.1.2"), REPORT_PLAIN },         \
		FAILS, "path length constraint exceeded" },                   \
	[(base) + CHAIN_UNKNOWN_CRITICAL] = {                                 \
		{ who ".chain", sig, "RFC 5280 4.2", REPORT_PLAIN },          \
		FAILS, "unknown critical extension" },                        \
	[(base) + CHAIN_LEAF_IS_CA] = {                                       \
		{ who ".chain", sig, CLAUSE("B.1"), REPORT_PLAIN },           \
		FAILS, "the certificate is one of a CA" },                    \
	[(base) + CHAIN_KEY_USAGE] = {                                        \
		{ who ".chain", sig, CLAUSE("B.1"), REPORT_PLAIN },           \
		FAILS, "keyUsage lacks digitalSignature" },                   \
	[(base) + CHAIN_EKU] = {                                              \
		{ who ".chain", sig, CLAUSE("B.1"), REPORT_PLAIN },           \
		FAILS, "extendedKeyUsage does not allow this use" },          \
	[(base) + CHAIN_COUNTRY] = {                                          \
		{ who ".chain", sig, CLAUSE("12.8.1"), REPORT_PLAIN },        \
		FAILS, "countryName differs from the issuer's" },             \
	[(base) + CHAIN_STATE] = {                                            \
		{ who ".chain", sig, CLAUSE("12.8.1"), REPORT_PLAIN },        \
		FAILS, "stateOrProvinceName differs from the issuer's" },     \
	[(base) + CHAIN_NOT_YET] = {                                          \
		{ who ".chain", date, CLAUSE("12.8.1"), REPORT_PLAIN },       \
		FAILS, "a certificate is not yet valid" },                    \
	[(base) + CHAIN_EXPIRED] = {                                          \
		{ who ".chain", date, CLAUSE("12.8.1"), REPORT_EXPIRY },      \
		FAILS, "a certificate has expired" },                         \
	[(base) + CHAIN_ROOT] = {                                             \
		{ who ".x5chain", "policy", CLAUSE("12.3.4"), REPORT_PLAIN }, \
		WARNS, "x5chain ends with the root certificate" },            \
	[(base) + CHAIN_EXTRA] = {                                            \
		{ who ".x5chain", "policy", CLAUSE("12.3.4"), REPORT_PLAIN }, \
		WARNS, "x5chain has certificates that are not used" },        \
	[(base) + CHAIN_INTERMEDIATE] = {                                     \
		{ who ".chain", "policy", CLAUSE("B.1.2"), REPORT_PLAIN },    \
		WARNS, "there is a CA between anchor and certificate" },      \
	[(base) + CHAIN_PINNED] = {                                           \
		{ who ".chain", "policy", CLAUSE("12.8.1"), REPORT_PLAIN },   \
		WARNS, "the certificate itself is the trust anchor" },        \
	[(base) + CHAIN_EKU_NOT_CRITICAL] = {                                 \
		{ who ".chain", "policy", CLAUSE("B.1"), REPORT_PLAIN },      \
		WARNS, "extendedKeyUsage is not critical" },                  \
	[(base) + CHAIN_EKU_OTHER] = {                                        \
		{ who ".chain", "policy", CLAUSE("B.1"), REPORT_PLAIN },      \
		WARNS, "extendedKeyUsage has none of 18013-5" },              \
	[(base) + CHAIN_KEY_USAGE_MORE] = {                                   \
		{ who ".chain", "policy", CLAUSE("B.1"), REPORT_PLAIN },      \
		WARNS, "keyUsage allows more than digitalSignature" },        \
	[(base) + CHAIN_NO_COUNTRY] = {                                       \
		{ who ".chain", "policy", CLAUSE("B.1"), REPORT_PLAIN },      \
		WARNS, "neither certificate has a countryName" },             \
	[(base) + CHAIN_AKI_ABSENT] = {                                       \
		{ who ".chain", "policy", CLAUSE("B.1"), REPORT_PLAIN },      \
		WARNS, "no authorityKeyIdentifier" },                         \
	[(base) + CHAIN_SKI_ABSENT] = {                                       \
		{ who ".chain", "policy", CLAUSE("B.1"), REPORT_PLAIN },      \
		WARNS, "no subjectKeyIdentifier" },                           \
	[(base) + CHAIN_ALT_NAME_ABSENT] = {                                  \
		{ who ".chain", "policy", CLAUSE("B.1"), REPORT_PLAIN },      \
		WARNS, "no issuerAltName" },                                  \
	[(base) + CHAIN_CRL_ABSENT] = {                                       \
		{ who ".chain", "policy", CLAUSE("B.1"), REPORT_PLAIN },      \
		WARNS, "no cRLDistributionPoints" },                          \
	[(base) + CHAIN_FORBIDDEN] = {                                        \
		{ who ".chain", "policy", CLAUSE("B.1"), REPORT_PLAIN },      \
		WARNS, "an extension that the profile forbids" },             \
	[(base) + CHAIN_PERIOD] = {                                           \
		{ who ".chain", "policy", CLAUSE("B.1"), REPORT_PLAIN },      \
		WARNS, "valid for longer than the profile allows" }

#define COSE_ROWS(base, id, sig, clause)                                      \
	[(base) + COSE_PAYLOAD] = {                                           \
		{ id, "structure", clause, REPORT_PLAIN },                    \
		FAILS, "payload" },                                           \
	[(base) + COSE_ALG_ABSENT] = {                                        \
		{ id, sig, clause, REPORT_PLAIN },                            \
		FAILS, "no algorithm in the protected header" },              \
	[(base) + COSE_ALG] = {                                               \
		{ id, sig, clause, REPORT_PLAIN },                            \
		FAILS, "algorithm does not fit the key" },                    \
	[(base) + COSE_KEY] = {                                               \
		{ id, sig, clause, REPORT_PLAIN },                            \
		FAILS, "key cannot be used" },                                \
	[(base) + COSE_FORM] = {                                              \
		{ id, sig, clause, REPORT_PLAIN },                            \
		FAILS, "wrong length" },                                      \
	[(base) + COSE_WRONG] = {                                             \
		{ id, sig, clause, REPORT_PLAIN },                            \
		FAILS, "does not hold" },                                     \
	[(base) + COSE_ALG_FULL] = {                                          \
		{ id, "policy", clause, REPORT_PLAIN },                       \
		WARNS, "fully-specified algorithm identifier" },              \
	[(base) + COSE_TAGGED] = {                                            \
		{ id, "policy", clause, REPORT_PLAIN },                       \
		WARNS, "COSE structure has a tag" },                          \
	[(base) + COSE_ODD_LABEL] = {                                         \
		{ id, "policy", clause, REPORT_PLAIN },                       \
		WARNS, "unreadable unprotected header skipped" }

static const struct policy deviations[DEV_COUNT] = {
	[DEV_CBOR] = { { "cbor", "cbor", CLAUSE("8.3"), REPORT_PLAIN },
		FAILS, "" },
	[DEV_STRUCTURE] = { { "structure", "structure", CLAUSE("10.3"),
		REPORT_PLAIN }, FAILS, "" },
	[DEV_VERSION_MINOR] = { { "structure", "structure", CLAUSE("10.3"),
		REPORT_PLAIN }, NOTED, "unknown minor version" },
	[DEV_STATUS] = { { "response.status", "policy", CLAUSE("10.3"),
		REPORT_PLAIN }, FAILS, "the mdoc reports an error" },
	[DEV_STATUS_DOCUMENTS] = { { "response.status", "structure",
		CLAUSE("10.3"), REPORT_PLAIN },
		FAILS, "an error status comes without documents" },
	[DEV_MSO_VERSION_MINOR] = { { "mso.version", "policy",
		CLAUSE("12.3.4"), REPORT_PLAIN },
		NOTED, "unknown minor version" },
	[DEV_MSO_DOC_TYPE] = { { "mso.doc-type", "issuer-sig",
		CLAUSE("12.8.1"), REPORT_PLAIN },
		FAILS, "docType of the MSO is not that of the document" },
	[DEV_DIGEST_ALGORITHM] = { { "mso.digest-algorithm", "digest",
		CLAUSE("12.3.4"), REPORT_PLAIN },
		FAILS, "unknown digest algorithm" },
	[DEV_DIGEST_NAME_SPACE] = { { "mso.digest", "digest",
		CLAUSE("12.8.1"), REPORT_PLAIN },
		FAILS, "the MSO has no digests for this namespace" },
	[DEV_DIGEST_ABSENT] = { { "mso.digest", "digest", CLAUSE("12.8.1"),
		REPORT_PLAIN }, FAILS, "the MSO has no such digestID" },
	[DEV_DIGEST_WRONG] = { { "mso.digest", "digest", CLAUSE("12.8.1"),
		REPORT_PLAIN }, FAILS, "the digest differs" },
	[DEV_ELEMENT_TWICE] = { { "elements.unique", "structure",
		CLAUSE("10.3"), REPORT_PLAIN },
		FAILS, "a data element is there twice" },
	[DEV_SIGNED_OUTSIDE] = { { "mso.validity", "validity",
		CLAUSE("12.8.1"), REPORT_PLAIN },
		FAILS, "signed outside the certificate's validity" },
	[DEV_NOT_YET] = { { "mso.validity", "validity", CLAUSE("12.8.1"),
		REPORT_PLAIN }, FAILS, "not yet valid" },
	[DEV_EXPIRED] = { { "mso.validity", "validity", CLAUSE("12.8.1"),
		REPORT_EXPIRY }, FAILS, "expired" },
	[DEV_UNTIL_BEFORE_FROM] = { { "mso.validity", "validity",
		CLAUSE("12.3.4"), REPORT_PLAIN },
		FAILS, "validUntil is not later than validFrom" },
	[DEV_FROM_BEFORE_SIGNED] = { { "mso.validity", "policy",
		CLAUSE("12.3.4"), REPORT_PLAIN },
		WARNS, "validFrom is earlier than signed" },
	/* A reader may refuse it; Annex D itself is such a case. */
	[DEV_UNTIL_AFTER_DS] = { { "mso.validity", "policy", CLAUSE("12.3.4"),
		REPORT_PLAIN },
		WARNS, "validUntil is later than the certificate's notAfter" },
	[DEV_DATE_FRACTION] = { { "mso.date-form", "policy", CLAUSE("12.3.4"),
		REPORT_PLAIN }, WARNS, "fractional seconds" },
	[DEV_DATE_OFFSET] = { { "mso.date-form", "policy", CLAUSE("12.3.4"),
		REPORT_PLAIN }, WARNS, "a UTC offset other than Z" },
	[DEV_COUNTRY] = { { "issuer.country", "issuer-sig", CLAUSE("12.8.1"),
		REPORT_PLAIN }, FAILS,
		"issuing_country is not the certificate's countryName" },
	[DEV_JURISDICTION] = { { "issuer.jurisdiction", "issuer-sig",
		CLAUSE("12.8.1"), REPORT_PLAIN }, FAILS,
		"issuing_jurisdiction is not the certificate's "
		"stateOrProvinceName" },
	[DEV_DEVICE_ABSENT] = { { "device.present", "device-auth",
		CLAUSE("10.3"), REPORT_PLAIN }, FAILS, "no deviceSigned" },
	[DEV_DEVICE_UNAUTHORIZED] = { { "device.authorized", "device-auth",
		CLAUSE("12.8.2"), REPORT_PLAIN }, FAILS,
		"keyAuthorizations do not allow this element" },
	[DEV_MAC_CURVE] = { { "device.mac", "device-auth", CLAUSE("12.4.3"),
		REPORT_PLAIN }, FAILS,
		"EReaderKey and device key are on different curves" },
	CHAIN_ROWS(DEV_ISSUER_CHAIN, "issuer", "issuer-sig", "validity"),
	CHAIN_ROWS(DEV_READER_CHAIN, "reader", "reader-auth", "reader-auth"),
	COSE_ROWS(DEV_ISSUER_COSE, "issuer.signature", "issuer-sig",
	    CLAUSE("12.3.4")),
	COSE_ROWS(DEV_DEVICE_COSE, "device.signature", "device-auth",
	    CLAUSE("12.4.2")),
	COSE_ROWS(DEV_MAC_COSE, "device.mac", "device-auth",
	    CLAUSE("12.4.3")),
	COSE_ROWS(DEV_READER_COSE, "reader.signature", "reader-auth",
	    CLAUSE("12.5")),
	COSE_ROWS(DEV_READER_ALL_COSE, "reader.all", "reader-auth",
	    CLAUSE("12.5")),
};

/* clang-format on */

const struct report_rule *
policy_check(enum check check)
{
	return &checks[check];
}

const struct policy *
policy_deviation(enum deviation deviation)
{
	return &deviations[deviation];
}
