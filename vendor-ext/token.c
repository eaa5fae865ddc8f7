/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdlib.h>

#include <stdio.h>

#include "vendor-ext/pkcs11-3.h"
#include "vendor-ext/token.h"

/* More public keys than this with one CKA_ID are not looked at. */
#define MAX_PUBLIC 8

/* Of an attribute; more than any that is read here can have. */
#define MAX_VALUE (16UL << 20)

/* An attribute that changes between the two calls is asked for again. */
#define MAX_TRIES 3

CK_RV
token_get(const struct token *t, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE_TYPE type, struct blob *ret)
{
	struct blob value = BLOB_INIT;
	CK_ATTRIBUTE a = { type, NULL, 0 };
	CK_RV rv = CKR_BUFFER_TOO_SMALL;

	for (int i = 0; i < MAX_TRIES && rv == CKR_BUFFER_TOO_SMALL; i++) {
		a.pValue = NULL;
		a.ulValueLen = 0;
		rv = t->f->C_GetAttributeValue(t->session, object, &a, 1);
		if (rv != CKR_OK)
			goto out;
		if (a.ulValueLen == CK_UNAVAILABLE_INFORMATION) {
			rv = CKR_ATTRIBUTE_TYPE_INVALID;
			goto out;
		}
		if (a.ulValueLen > MAX_VALUE) {
			rv = CKR_DEVICE_ERROR;
			goto out;
		}
		blob_clear(&value);
		a.pValue = blob_extend(&value, a.ulValueLen);
		if (a.pValue == NULL && a.ulValueLen != 0) {
			rv = CKR_HOST_MEMORY;
			goto out;
		}
		rv = t->f->C_GetAttributeValue(t->session, object, &a, 1);
	}
	if (rv != CKR_OK)
		goto out;
	if (a.ulValueLen > value.len) {
		rv = CKR_GENERAL_ERROR;
		goto out;
	}
	blob_truncate(&value, a.ulValueLen);
	blob_move(ret, &value);
out:
	blob_reset(&value);
	return rv;
}

/* An attribute of a size that is known. */
static CK_RV
get_fixed(const struct token *t, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE_TYPE type, void *value, CK_ULONG len)
{
	CK_ATTRIBUTE a = { type, value, len };
	CK_RV rv;

	rv = t->f->C_GetAttributeValue(t->session, object, &a, 1);
	if (rv == CKR_OK && a.ulValueLen != len)
		rv = CKR_ATTRIBUTE_TYPE_INVALID;
	return rv;
}

CK_RV
token_get_flag(const struct token *t, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE_TYPE type, CK_BBOOL *ret)
{
	CK_BBOOL value = CK_FALSE;
	CK_RV rv;

	rv = get_fixed(t, object, type, &value, sizeof(value));
	if (rv == CKR_ATTRIBUTE_TYPE_INVALID)
		value = CK_FALSE;
	else if (rv != CKR_OK)
		return rv;
	*ret = value != CK_FALSE;
	return CKR_OK;
}

bool
token_get_bool(const struct token *t, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE_TYPE type)
{
	CK_BBOOL value;

	return token_get_flag(t, object, type, &value) == CKR_OK && value;
}

CK_RV
token_get_ulong(const struct token *t, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE_TYPE type, CK_ULONG *ret)
{
	CK_ULONG value = 0;
	CK_RV rv;

	rv = get_fixed(t, object, type, &value, sizeof(value));
	if (rv == CKR_OK)
		*ret = value;
	return rv;
}

/* The kind of curve that a key type has. */
static const struct {
	CK_KEY_TYPE type;
	enum curve_kind kind;
} key_types[] = {
	{ CKK_EC, CURVE_WEIERSTRASS },
	{ CKK_EC_EDWARDS, CURVE_EDWARDS },
	{ CKK_EC_MONTGOMERY, CURVE_MONTGOMERY },
};

const struct curve *
token_curve_of(CK_KEY_TYPE type, struct bytes params)
{
	const struct curve *c = curve_by_oid(params);

	for (size_t i = 0; c != NULL && i < nitems(key_types); i++) {
		if (key_types[i].type == type && key_types[i].kind == c->kind)
			return c;
	}
	return NULL;
}

CK_RV
token_key_curve(const struct token *t, CK_OBJECT_HANDLE key,
    const struct curve **ret)
{
	struct blob params = BLOB_INIT;
	const struct curve *c;
	CK_KEY_TYPE type;
	CK_RV rv;

	if ((rv = token_get_ulong(t, key, CKA_KEY_TYPE, &type)) != CKR_OK)
		return rv;
	rv = token_get(t, key, CKA_EC_PARAMS, &params);
	/* A key of another type has none. */
	if (rv == CKR_ATTRIBUTE_TYPE_INVALID)
		return CKR_KEY_TYPE_INCONSISTENT;
	if (rv != CKR_OK)
		return rv;
	c = token_curve_of(type, blob_bytes(&params));
	blob_reset(&params);
	if (c == NULL)
		return CKR_KEY_TYPE_INCONSISTENT;
	*ret = c;
	return CKR_OK;
}

/*
 * PKCS#11 2.40 6.3.3 wants an OCTET STRING around the point, 3.0 the bytes
 * alone for Edwards and Montgomery keys; tokens do either with both.
 */
static bool
unwrap_point(struct bytes der, size_t len, struct bytes *ret)
{
	struct bytes point = der;
	uint8_t tag, first, n;

	if (der.len == len) {
		*ret = der;
		return true;
	}
	if (!bytes_take_u8(&point, &tag) || tag != 0x04 ||
	    !bytes_take_u8(&point, &first))
		return false;
	n = first;
	if (first == 0x81 && !bytes_take_u8(&point, &n))
		return false;
	if (n != len || point.len != len || (first != 0x81 && n >= 0x80))
		return false;
	*ret = point;
	return true;
}

CK_RV
token_key_point(const struct token *t, CK_OBJECT_HANDLE key, struct blob *ret)
{
	struct blob der = BLOB_INIT;
	const struct curve *c;
	struct bytes point;
	size_t len;
	CK_RV rv;

	if ((rv = token_key_curve(t, key, &c)) != CKR_OK ||
	    (rv = token_get(t, key, CKA_EC_POINT, &der)) != CKR_OK)
		goto out;
	len =
	    c->kind == CURVE_WEIERSTRASS ? 1 + 2 * c->field_len : c->field_len;
	if (!unwrap_point(blob_bytes(&der), len, &point))
		rv = CKR_ATTRIBUTE_VALUE_INVALID;
	else if (!blob_set(ret, point))
		rv = CKR_HOST_MEMORY;
out:
	blob_reset(&der);
	return rv;
}

/* A token may hand over fewer than it has; none means the end. */
static CK_RV
find_more(const struct token *t, CK_OBJECT_HANDLE *ret, CK_ULONG max,
    CK_ULONG *found)
{
	CK_ULONG some;
	CK_RV rv = CKR_OK;

	do {
		some = 0;
		if (*found == max)
			break;
		rv = t->f->C_FindObjects(t->session, ret + *found, max - *found,
		    &some);
		if (rv == CKR_OK && some > max - *found)
			rv = CKR_DEVICE_ERROR;
		if (rv == CKR_OK)
			*found += some;
	} while (rv == CKR_OK && some != 0);
	return rv;
}

static CK_RV
find_end(const struct token *t, CK_RV rv)
{
	CK_RV final = t->f->C_FindObjectsFinal(t->session);

	return rv == CKR_OK ? final : rv;
}

CK_RV
token_find(const struct token *t, CK_ATTRIBUTE *template, CK_ULONG n,
    CK_OBJECT_HANDLE *ret, CK_ULONG max, CK_ULONG *ret_n)
{
	CK_ULONG found = 0;
	CK_RV rv;

	rv = t->f->C_FindObjectsInit(t->session, template, n);
	if (rv != CKR_OK)
		return rv;
	rv = find_end(t, find_more(t, ret, max, &found));
	if (rv == CKR_OK)
		*ret_n = found;
	return rv;
}

CK_RV
token_find_all(const struct token *t, CK_ATTRIBUTE *template, CK_ULONG n,
    CK_OBJECT_HANDLE **ret, CK_ULONG *ret_n)
{
	CK_OBJECT_HANDLE *all = NULL, *more;
	CK_ULONG max = 0, found = 0;
	CK_RV rv;

	rv = t->f->C_FindObjectsInit(t->session, template, n);
	if (rv != CKR_OK)
		return rv;
	while (rv == CKR_OK && found == max) {
		max = max == 0 ? 32 : 2 * max;
		more = max <= TOKEN_MAX_FOUND
		    ? reallocarray(all, max, sizeof(*all))
		    : NULL;
		if (more == NULL) {
			rv = max <= TOKEN_MAX_FOUND ? CKR_HOST_MEMORY
						    : CKR_DEVICE_ERROR;
			break;
		}
		all = more;
		rv = find_more(t, all, max, &found);
	}
	rv = find_end(t, rv);
	if (rv == CKR_OK) {
		*ret = all;
		*ret_n = found;
		all = NULL;
	}
	free(all);
	return rv;
}

/* The one point that all of these have. */
static CK_RV
common_point(const struct token *t, const CK_OBJECT_HANDLE *keys, CK_ULONG n,
    struct blob *ret)
{
	struct blob point = BLOB_INIT, other = BLOB_INIT;
	CK_RV rv = CKR_ATTRIBUTE_TYPE_INVALID;

	for (CK_ULONG i = 0; i < n; i++) {
		rv = token_key_point(t, keys[i], i == 0 ? &point : &other);
		if (rv != CKR_OK)
			break;
		if (i > 0 &&
		    !bytes_equal(blob_bytes(&point), blob_bytes(&other))) {
			rv = CKR_ATTRIBUTE_TYPE_INVALID;
			break;
		}
	}
	if (rv == CKR_OK)
		blob_move(ret, &point);
	blob_reset(&point);
	blob_reset(&other);
	return rv;
}

CK_RV
token_key_public(const struct token *t, CK_OBJECT_HANDLE key, struct blob *ret)
{
	CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
	CK_OBJECT_HANDLE found[MAX_PUBLIC];
	struct blob id = BLOB_INIT;
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_ID, NULL, 0 },
	};
	CK_ULONG n = 0;
	CK_RV rv;

	if (token_key_point(t, key, ret) == CKR_OK)
		return CKR_OK;
	rv = token_get(t, key, CKA_ID, &id);
	/* Without one, any key without one would do. */
	if (rv == CKR_OK && id.len == 0)
		rv = CKR_ATTRIBUTE_TYPE_INVALID;
	if (rv == CKR_OK) {
		template[1].pValue = id.ptr;
		template[1].ulValueLen = (CK_ULONG)id.len;
		rv = token_find(t, template, nitems(template), found,
		    nitems(found), &n);
	}
	if (rv == CKR_OK)
		rv = common_point(t, found, n, ret);
	blob_reset(&id);
	return rv;
}

bool
token_is_refusal(CK_RV rv)
{
	static const CK_RV refusals[] = {
		CKR_ACTION_PROHIBITED,
		CKR_ARGUMENTS_BAD,
		CKR_ATTRIBUTE_READ_ONLY,
		CKR_ATTRIBUTE_SENSITIVE,
		CKR_ATTRIBUTE_TYPE_INVALID,
		CKR_ATTRIBUTE_VALUE_INVALID,
		CKR_CURVE_NOT_SUPPORTED,
		CKR_DOMAIN_PARAMS_INVALID,
		CKR_FUNCTION_NOT_SUPPORTED,
		CKR_KEY_FUNCTION_NOT_PERMITTED,
		CKR_KEY_INDIGESTIBLE,
		CKR_KEY_SIZE_RANGE,
		CKR_KEY_TYPE_INCONSISTENT,
		CKR_KEY_UNEXTRACTABLE,
		CKR_MECHANISM_INVALID,
		CKR_MECHANISM_PARAM_INVALID,
		CKR_PUBLIC_KEY_INVALID,
		CKR_TEMPLATE_INCOMPLETE,
		CKR_TEMPLATE_INCONSISTENT,
	};

	for (size_t i = 0; i < nitems(refusals); i++) {
		if (refusals[i] == rv)
			return true;
	}
	return false;
}

/* clang-format off */
#define NAME(rv) { (rv), #rv }
static const struct {
	CK_RV rv;
	const char *name;
} names[] = {
	NAME(CKR_OK),
	NAME(CKR_CANCEL),
	NAME(CKR_HOST_MEMORY),
	NAME(CKR_SLOT_ID_INVALID),
	NAME(CKR_GENERAL_ERROR),
	NAME(CKR_FUNCTION_FAILED),
	NAME(CKR_ARGUMENTS_BAD),
	NAME(CKR_NO_EVENT),
	NAME(CKR_NEED_TO_CREATE_THREADS),
	NAME(CKR_CANT_LOCK),
	NAME(CKR_ATTRIBUTE_READ_ONLY),
	NAME(CKR_ATTRIBUTE_SENSITIVE),
	NAME(CKR_ATTRIBUTE_TYPE_INVALID),
	NAME(CKR_ATTRIBUTE_VALUE_INVALID),
	NAME(CKR_ACTION_PROHIBITED),
	NAME(CKR_DATA_INVALID),
	NAME(CKR_DATA_LEN_RANGE),
	NAME(CKR_DEVICE_ERROR),
	NAME(CKR_DEVICE_MEMORY),
	NAME(CKR_DEVICE_REMOVED),
	NAME(CKR_ENCRYPTED_DATA_INVALID),
	NAME(CKR_ENCRYPTED_DATA_LEN_RANGE),
	NAME(CKR_FUNCTION_CANCELED),
	NAME(CKR_FUNCTION_NOT_PARALLEL),
	NAME(CKR_FUNCTION_NOT_SUPPORTED),
	NAME(CKR_KEY_HANDLE_INVALID),
	NAME(CKR_KEY_SIZE_RANGE),
	NAME(CKR_KEY_TYPE_INCONSISTENT),
	NAME(CKR_KEY_NOT_NEEDED),
	NAME(CKR_KEY_CHANGED),
	NAME(CKR_KEY_NEEDED),
	NAME(CKR_KEY_INDIGESTIBLE),
	NAME(CKR_KEY_FUNCTION_NOT_PERMITTED),
	NAME(CKR_KEY_NOT_WRAPPABLE),
	NAME(CKR_KEY_UNEXTRACTABLE),
	NAME(CKR_MECHANISM_INVALID),
	NAME(CKR_MECHANISM_PARAM_INVALID),
	NAME(CKR_OBJECT_HANDLE_INVALID),
	NAME(CKR_OPERATION_ACTIVE),
	NAME(CKR_OPERATION_NOT_INITIALIZED),
	NAME(CKR_PIN_INCORRECT),
	NAME(CKR_PIN_INVALID),
	NAME(CKR_PIN_LEN_RANGE),
	NAME(CKR_PIN_EXPIRED),
	NAME(CKR_PIN_LOCKED),
	NAME(CKR_SESSION_CLOSED),
	NAME(CKR_SESSION_COUNT),
	NAME(CKR_SESSION_HANDLE_INVALID),
	NAME(CKR_SESSION_PARALLEL_NOT_SUPPORTED),
	NAME(CKR_SESSION_READ_ONLY),
	NAME(CKR_SESSION_EXISTS),
	NAME(CKR_SESSION_READ_ONLY_EXISTS),
	NAME(CKR_SESSION_READ_WRITE_SO_EXISTS),
	NAME(CKR_SIGNATURE_INVALID),
	NAME(CKR_SIGNATURE_LEN_RANGE),
	NAME(CKR_TEMPLATE_INCOMPLETE),
	NAME(CKR_TEMPLATE_INCONSISTENT),
	NAME(CKR_TOKEN_NOT_PRESENT),
	NAME(CKR_TOKEN_NOT_RECOGNIZED),
	NAME(CKR_TOKEN_WRITE_PROTECTED),
	NAME(CKR_UNWRAPPING_KEY_HANDLE_INVALID),
	NAME(CKR_UNWRAPPING_KEY_SIZE_RANGE),
	NAME(CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT),
	NAME(CKR_USER_ALREADY_LOGGED_IN),
	NAME(CKR_USER_NOT_LOGGED_IN),
	NAME(CKR_USER_PIN_NOT_INITIALIZED),
	NAME(CKR_USER_TYPE_INVALID),
	NAME(CKR_USER_ANOTHER_ALREADY_LOGGED_IN),
	NAME(CKR_USER_TOO_MANY_TYPES),
	NAME(CKR_WRAPPED_KEY_INVALID),
	NAME(CKR_WRAPPED_KEY_LEN_RANGE),
	NAME(CKR_WRAPPING_KEY_HANDLE_INVALID),
	NAME(CKR_WRAPPING_KEY_SIZE_RANGE),
	NAME(CKR_WRAPPING_KEY_TYPE_INCONSISTENT),
	NAME(CKR_RANDOM_SEED_NOT_SUPPORTED),
	NAME(CKR_RANDOM_NO_RNG),
	NAME(CKR_DOMAIN_PARAMS_INVALID),
	NAME(CKR_CURVE_NOT_SUPPORTED),
	NAME(CKR_BUFFER_TOO_SMALL),
	NAME(CKR_SAVED_STATE_INVALID),
	NAME(CKR_INFORMATION_SENSITIVE),
	NAME(CKR_STATE_UNSAVEABLE),
	NAME(CKR_CRYPTOKI_NOT_INITIALIZED),
	NAME(CKR_CRYPTOKI_ALREADY_INITIALIZED),
	NAME(CKR_MUTEX_BAD),
	NAME(CKR_MUTEX_NOT_LOCKED),
	NAME(CKR_FUNCTION_REJECTED),
	NAME(CKR_TOKEN_RESOURCE_EXCEEDED),
	NAME(CKR_OPERATION_CANCEL_FAILED),
	NAME(CKR_KEY_EXHAUSTED),
	NAME(CKR_PENDING),
	NAME(CKR_SESSION_ASYNC_NOT_SUPPORTED),
	NAME(CKR_SEED_RANDOM_REQUIRED),
	NAME(CKR_OPERATION_NOT_VALIDATED),
	NAME(CKR_TOKEN_NOT_INITIALIZED),
	NAME(CKR_PARAMETER_SET_NOT_SUPPORTED),
	NAME(CKR_VENDOR_DEFINED),
};

/* clang-format on */

const char *
token_rv_name(CK_RV rv)
{
	static _Thread_local char text[sizeof("CKR_0x") + 2 * sizeof(rv)];

	for (size_t i = 0; i < nitems(names); i++) {
		if (names[i].rv == rv)
			return names[i].name;
	}
	(void)snprintf(text, sizeof(text), "CKR_0x%lx", rv);
	return text;
}
