/* SPDX-License-Identifier: BSD-3-Clause */
/* Names of what a device answers, why it does, and what to do about it. */
#include "config.h"

#include <string.h>

#include <p11-mdoc/pkcs11-mdoc.h>

#include "doctor.h"

struct name {
	CK_ULONG value;
	const char *name;
};

#define N(macro)              \
	{                     \
		macro, #macro \
	}

/* clang-format off */
static const struct name errors[] = {
	N(CKR_OK), N(CKR_CANCEL), N(CKR_HOST_MEMORY), N(CKR_SLOT_ID_INVALID),
	N(CKR_GENERAL_ERROR), N(CKR_FUNCTION_FAILED), N(CKR_ARGUMENTS_BAD),
	N(CKR_CANT_LOCK), N(CKR_ATTRIBUTE_READ_ONLY),
	N(CKR_ATTRIBUTE_SENSITIVE), N(CKR_ATTRIBUTE_TYPE_INVALID),
	N(CKR_ATTRIBUTE_VALUE_INVALID), N(CKR_DATA_INVALID),
	N(CKR_DATA_LEN_RANGE), N(CKR_DEVICE_ERROR), N(CKR_DEVICE_MEMORY),
	N(CKR_DEVICE_REMOVED), N(CKR_FUNCTION_CANCELED),
	N(CKR_FUNCTION_NOT_SUPPORTED), N(CKR_KEY_HANDLE_INVALID),
	N(CKR_KEY_SIZE_RANGE), N(CKR_KEY_TYPE_INCONSISTENT),
	N(CKR_KEY_INDIGESTIBLE), N(CKR_KEY_FUNCTION_NOT_PERMITTED),
	N(CKR_KEY_UNEXTRACTABLE), N(CKR_MECHANISM_INVALID),
	N(CKR_MECHANISM_PARAM_INVALID), N(CKR_OBJECT_HANDLE_INVALID),
	N(CKR_OPERATION_ACTIVE), N(CKR_OPERATION_NOT_INITIALIZED),
	N(CKR_PIN_INCORRECT), N(CKR_PIN_INVALID), N(CKR_PIN_LEN_RANGE),
	N(CKR_PIN_EXPIRED), N(CKR_PIN_LOCKED), N(CKR_SESSION_CLOSED),
	N(CKR_SESSION_COUNT), N(CKR_SESSION_HANDLE_INVALID),
	N(CKR_SESSION_READ_ONLY), N(CKR_SIGNATURE_INVALID),
	N(CKR_TEMPLATE_INCOMPLETE), N(CKR_TEMPLATE_INCONSISTENT),
	N(CKR_TOKEN_NOT_PRESENT), N(CKR_TOKEN_NOT_RECOGNIZED),
	N(CKR_TOKEN_WRITE_PROTECTED), N(CKR_USER_ALREADY_LOGGED_IN),
	N(CKR_USER_NOT_LOGGED_IN), N(CKR_USER_PIN_NOT_INITIALIZED),
	N(CKR_USER_TYPE_INVALID), N(CKR_RANDOM_NO_RNG),
	N(CKR_DOMAIN_PARAMS_INVALID), N(CKR_CURVE_NOT_SUPPORTED),
	N(CKR_BUFFER_TOO_SMALL), N(CKR_CRYPTOKI_NOT_INITIALIZED),
	N(CKR_CRYPTOKI_ALREADY_INITIALIZED), N(CKR_FUNCTION_REJECTED),
	N(CKR_VENDOR_DEFINED),
};

static const struct name mechanisms[] = {
	N(CKM_MDOC_DEVICE_SIGNATURE), N(CKM_MDOC_DEVICE_MAC),
	N(CKM_MDOC_READER_AUTHENTICATION), N(CKM_MDOC_ISSUER_AUTHENTICATION),
	N(CKM_MDOC_KEY_DERIVE), N(CKM_MDOC_HPKE_OPEN), N(CKM_ECDSA),
	N(CKM_AES_GCM),
	N(CKM_EC_KEY_PAIR_GEN), N(CKM_ECDH1_DERIVE), N(CKM_SHA256),
	N(CKM_SHA256_HMAC), N(CKM_SHA256_KEY_DERIVATION),
	N(CKM_CONCATENATE_DATA_AND_BASE),
	{ 0x3ac, "CKM_SP800_108_COUNTER_KDF" }, { 0x402a, "CKM_HKDF_DERIVE" },
	{ 0x1055, "CKM_EC_EDWARDS_KEY_PAIR_GEN" },
	{ 0x1056, "CKM_EC_MONTGOMERY_KEY_PAIR_GEN" },
	{ 0x1057, "CKM_EDDSA" },
};

/* clang-format on */

static const char *
name_of(const struct name *names, size_t n, CK_ULONG value, char *text,
    size_t size)
{
	for (size_t i = 0; i < n; i++) {
		if (names[i].value == value)
			return names[i].name;
	}
	snprintf(text, size, "0x%lx", value);
	return text;
}

const char *
doctor_rv_name(CK_RV rv)
{
	static _Thread_local char text[24];

	return name_of(errors, sizeof errors / sizeof errors[0], rv, text,
	    sizeof text);
}

const char *
doctor_mechanism_name(CK_MECHANISM_TYPE type)
{
	static _Thread_local char text[24];

	return name_of(mechanisms, sizeof mechanisms / sizeof mechanisms[0],
	    type, text, sizeof text);
}

/* NULL: any. The first that fits. */
struct remedy {
	const char *device; /* part of the path of the device's module */
	const char *function;
	const char *mechanism;
	const char *error;
	const char *cause;
	const char *remedy;
};

#define NAME_A_KEY                                   \
	"name a key that is there: p11-mdoc doctor " \
	"'pkcs11:token=LABEL;object=KEY'; p11-mdoc key list shows them"
#define LOG_IN  "add ?pin-source=file:PATH to the URI, or --pin-source"
#define NO_PATH "no key path that is allowed works with this key"
#define SEE_PATHS                                                          \
	"see why not under key path; a key needs CKA_DERIVE from when it " \
	"is made; minimum-path in p11-mdoc.conf(5) may forbid a path"
#define OTHER_CURVE "use a curve that is there; P-256 is what every peer has"

static const struct remedy remedies[] = {
	{ NULL, NULL, NULL, "CKR_USER_NOT_LOGGED_IN",
	    "the token wants a login for this", LOG_IN },
	{ NULL, "C_GenerateKeyPair", NULL, "CKR_FUNCTION_NOT_SUPPORTED",
	    "the token makes no keys through PKCS#11, so nothing can be tried "
	    "without one of its own",
	    NAME_A_KEY },
	{ NULL, "C_GenerateKeyPair", NULL, "CKR_ATTRIBUTE_VALUE_INVALID",
	    "the token makes no key pairs that live as long as a session, and "
	    "others would have to be written into it",
	    NAME_A_KEY },
	{ NULL, "C_GenerateKeyPair", NULL, "CKR_TEMPLATE_INCONSISTENT",
	    "the token makes no key pairs that live as long as a session, and "
	    "others would have to be written into it",
	    NAME_A_KEY },
	{ NULL, "C_GenerateKeyPair", NULL, "CKR_TOKEN_WRITE_PROTECTED",
	    "the token is read-only, also for keys of a session", NAME_A_KEY },
	{ "p11-kit-client", NULL, "CKM_EC_EDWARDS_KEY_PAIR_GEN",
	    "CKR_MECHANISM_INVALID",
	    "p11-kit's remoting lets this mechanism through in no version yet "
	    "(p11-kit #778)",
	    "run p11-mdoc.so on the server's side of p11-kit server" },
	{ NULL, "C_GenerateKeyPair", "CKM_EC_KEY_PAIR_GEN",
	    "CKR_MECHANISM_INVALID", "the device has no elliptic curves",
	    "mdoc needs ECDSA: another device, or newer firmware" },
	{ NULL, "C_GenerateKeyPair", "CKM_EC_EDWARDS_KEY_PAIR_GEN", NULL,
	    "the device has no keys on this Edwards curve (PKCS#11 3.0)",
	    OTHER_CURVE },
	{ NULL, "C_GenerateKeyPair", "CKM_EC_MONTGOMERY_KEY_PAIR_GEN", NULL,
	    "the device has no keys on this Montgomery curve (PKCS#11 3.0)",
	    OTHER_CURVE },
	{ NULL, "C_GenerateKeyPair", NULL, "CKR_CURVE_NOT_SUPPORTED",
	    "the device does not have this curve", OTHER_CURVE },
	{ NULL, "C_GenerateKeyPair", NULL, "CKR_DOMAIN_PARAMS_INVALID",
	    "the device does not have this curve", OTHER_CURVE },
	{ "p11-kit-client", NULL, "CKM_MDOC_DEVICE_MAC", NULL,
	    "p11-kit 0.24's remoting hides CKM_ECDH1_DERIVE (p11-kit #778)",
	    "run p11-mdoc.so on the server's side of p11-kit server" },
	{ "p11-kit-client", NULL, "CKM_ECDH1_DERIVE", "CKR_MECHANISM_INVALID",
	    "p11-kit 0.24's remoting hides CKM_ECDH1_DERIVE (p11-kit #778)",
	    "run p11-mdoc.so on the server's side of p11-kit server" },
	{ NULL, NULL, "CKM_MDOC_DEVICE_MAC", "CKR_MECHANISM_INVALID",
	    "the device has no key agreement (CKM_ECDH1_DERIVE)",
	    "authenticate by device signature, or use a device with ECDH" },
	{ NULL, NULL, "CKM_MDOC_DEVICE_MAC", "CKR_KEY_FUNCTION_NOT_PERMITTED",
	    NO_PATH, SEE_PATHS },
	{ NULL, NULL, "CKM_MDOC_KEY_DERIVE", "CKR_KEY_FUNCTION_NOT_PERMITTED",
	    NO_PATH, SEE_PATHS },
	{ NULL, NULL, "CKM_MDOC_HPKE_OPEN", "CKR_KEY_FUNCTION_NOT_PERMITTED",
	    NO_PATH, SEE_PATHS },
	{ NULL, NULL, "CKM_ECDH1_DERIVE", "CKR_MECHANISM_INVALID",
	    "the device has no key agreement (CKM_ECDH1_DERIVE)",
	    "authenticate by device signature, or use a device with ECDH" },
	{ NULL, NULL, "CKM_ECDH1_DERIVE", "CKR_MECHANISM_PARAM_INVALID",
	    "the device refuses CKD_NULL, as some do in a FIPS mode",
	    "allow ECDH without a KDF in the device's policy" },
	{ NULL, "C_DeriveKey", "CKM_ECDH1_DERIVE", NULL,
	    "the device does not agree on keys (CKM_ECDH1_DERIVE)",
	    "authenticate by device signature, or use a device with ECDH" },
	{ "softhsm", NULL, "CKM_HKDF_DERIVE", NULL,
	    "SoftHSMv2 has no HKDF (SoftHSMv2 #878)",
	    "path C is the best of SoftHSMv2; NSS softokn and devices of "
	    "PKCS#11 3.0 have path A" },
	{ NULL, NULL, "CKM_HKDF_DERIVE", "CKR_MECHANISM_INVALID",
	    "the device has no HKDF (PKCS#11 3.0)",
	    "ask for firmware with CKM_HKDF_DERIVE" },
	{ NULL, NULL, "CKM_CONCATENATE_DATA_AND_BASE", "CKR_MECHANISM_INVALID",
	    "the device cannot put data before a key inside of it",
	    "path B needs CKM_CONCATENATE_DATA_AND_BASE, "
	    "CKM_SHA256_KEY_DERIVATION and CKM_SP800_108_COUNTER_KDF" },
	{ NULL, NULL, "CKM_SHA256_KEY_DERIVATION", "CKR_MECHANISM_INVALID",
	    "the device cannot hash a key into a key",
	    "path B needs CKM_SHA256_KEY_DERIVATION" },
	{ NULL, NULL, "CKM_SP800_108_COUNTER_KDF", "CKR_MECHANISM_INVALID",
	    "the device has no counter KDF (SP 800-108)",
	    "path B needs CKM_SP800_108_COUNTER_KDF" },
	{ NULL, "C_DigestKey", NULL, NULL,
	    "the device does not digest a key that has to stay inside",
	    "path C needs C_DigestKey on sensitive keys" },
	{ NULL, NULL, "CKM_AES_GCM", NULL,
	    "the device has no AES-GCM for keys of a session",
	    "libmdoc encrypts in memory then, with keys of path C" },
	{ NULL, NULL, NULL, "CKR_ATTRIBUTE_SENSITIVE",
	    "the device gives no shared secret away",
	    "that is as it should be: path D is the weakest one" },
	{ NULL, NULL, NULL, "CKR_KEY_FUNCTION_NOT_PERMITTED",
	    "the attributes of the key, or what it is bound to, forbid it",
	    "p11-mdoc key list shows what a key may do; it is decided when a "
	    "key is made" },
	{ NULL, "C_SignInit", NULL, "CKR_MECHANISM_INVALID",
	    "the device does not have the mechanism, nor what p11-mdoc.so "
	    "would make it from",
	    "P11_MDOC_DEBUG=3 shows what the device is asked" },
	{ NULL, NULL, NULL, "CKR_SESSION_COUNT",
	    "the sessions of the token are used up",
	    "end other programs that use it, or raise the limit" },
	{ NULL, NULL, NULL, "CKR_PIN_INCORRECT", "wrong PIN",
	    "mind the counter of tries; doctor does not try again" },
	{ NULL, NULL, NULL, "CKR_PIN_LOCKED", "the PIN is locked",
	    "the security officer can set a new one" },
	{ NULL, NULL, NULL, "CKR_USER_PIN_NOT_INITIALIZED",
	    "the token has no user PIN yet",
	    "the security officer sets it: p11-mdoc token init, or the "
	    "vendor's tool" },
	{ NULL, NULL, NULL, "CKR_TOKEN_NOT_PRESENT", "the token is gone",
	    "insert it, and start again" },
	{ NULL, NULL, NULL, "CKR_DEVICE_REMOVED", "the token is gone",
	    "insert it, and start again" },
	{ "softhsm", "C_Initialize", NULL, NULL,
	    "SoftHSMv2 cannot read its configuration or its tokens",
	    "set SOFTHSM2_CONF, or join the group softhsm" },
	{ NULL, "C_Initialize", NULL, NULL, "the module does not start",
	    "see the messages; is the device there, and does init-args fit?" },
	{ NULL, NULL, NULL, "CKR_DEVICE_ERROR", "the device failed",
	    "its own log may know; P11_MDOC_DEBUG=3 shows each call" },
	{ NULL, NULL, NULL, "CKR_GENERAL_ERROR", "the device failed",
	    "its own log may know; P11_MDOC_DEBUG=3 shows each call" },
	{ NULL, NULL, NULL, "CKR_FUNCTION_FAILED", "the device failed",
	    "its own log may know; P11_MDOC_DEBUG=3 shows each call" },
	{ NULL, NULL, NULL, NULL, "the token refuses it",
	    "P11_MDOC_DEBUG=3 shows what the device is asked; its manual may "
	    "say when it answers so" },
};

/* Of what came with CKR_OK, or did not come back. */
static const struct remedy wrong = { NULL, NULL, NULL, NULL,
	"what the device gives is not what PKCS#11 asks for",
	"do not use it for this; its maker wants to know function and "
	"mechanism" };
static const struct remedy lost = { NULL, NULL, NULL, NULL,
	"a fault of the module, or of what is below it",
	"try a newer version; its maker wants to know function and mechanism" };

static bool
fits(const char *wanted, const json_t *o, const char *member)
{
	const char *is = json_string_value(json_object_get(o, member));

	return wanted == NULL || (is != NULL && !strcmp(wanted, is));
}

static const struct remedy *
find(const json_t *o, const char *device)
{
	const size_t n = sizeof remedies / sizeof remedies[0];
	const struct remedy *r;

	for (size_t i = 0; i < n; i++) {
		r = &remedies[i];
		if (fits(r->function, o, "function") &&
		    fits(r->mechanism, o, "mechanism") &&
		    fits(r->error, o, "error") &&
		    (r->device == NULL ||
			(device != NULL && strstr(device, r->device) != NULL)))
			return r;
	}
	return NULL;
}

void
doctor_explain(json_t *o, const char *device)
{
	const struct remedy *r = NULL;

	if (json_object_get(o, "lost") != NULL)
		r = &lost;
	else if (fits("CKR_OK", o, "error"))
		r = &wrong;
	else if (json_object_get(o, "error") != NULL)
		r = find(o, device);
	json_object_del(o, "lost");
	if (r == NULL)
		return;
	json_object_set_new(o, "cause", json_string(r->cause));
	json_object_set_new(o, "remedy", json_string(r->remedy));
}
