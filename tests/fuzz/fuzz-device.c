/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdbool.h>
#include <stdlib.h>

#include <p11-kit/pkcs11.h>
#include <p11-mdoc/pkcs11-mdoc.h>

#include "common/util.h"
#include "module/api/pkcs11-3.h"
#include "tests/fuzz/fuzz-device.h"

#define EXPORT __attribute__((visibility("default")))

EXPORT struct fuzz_device fuzz_device;

/* A length or number that cannot be. */
#define LIE (1UL << 40)

/* Keeps the compiler from leaving out a read. */
static volatile uint8_t sink;

static void
touch(const void *p, size_t n)
{
	const uint8_t *b = p;

	for (size_t i = 0; i < n; i++)
		sink = (uint8_t)(sink ^ b[i]);
}

/* Three quarters of the answers are CKR_OK. */
static CK_RV
answer(void)
{
	static const CK_RV codes[] = { CKR_GENERAL_ERROR, CKR_FUNCTION_FAILED,
		CKR_ARGUMENTS_BAD, CKR_ATTRIBUTE_SENSITIVE,
		CKR_ATTRIBUTE_TYPE_INVALID, CKR_ATTRIBUTE_VALUE_INVALID,
		CKR_BUFFER_TOO_SMALL, CKR_CRYPTOKI_NOT_INITIALIZED,
		CKR_DATA_LEN_RANGE, CKR_DEVICE_ERROR, CKR_DEVICE_MEMORY,
		CKR_DEVICE_REMOVED, CKR_FUNCTION_NOT_SUPPORTED, CKR_HOST_MEMORY,
		CKR_KEY_FUNCTION_NOT_PERMITTED, CKR_KEY_HANDLE_INVALID,
		CKR_KEY_SIZE_RANGE, CKR_KEY_TYPE_INCONSISTENT,
		CKR_MECHANISM_INVALID, CKR_MECHANISM_PARAM_INVALID,
		CKR_OBJECT_HANDLE_INVALID, CKR_OPERATION_ACTIVE,
		CKR_OPERATION_NOT_INITIALIZED, CKR_SESSION_COUNT,
		CKR_SESSION_HANDLE_INVALID, CKR_SESSION_READ_ONLY,
		CKR_SIGNATURE_INVALID, CKR_SIGNATURE_LEN_RANGE,
		CKR_SLOT_ID_INVALID, CKR_TEMPLATE_INCONSISTENT,
		CKR_TOKEN_NOT_PRESENT, CKR_USER_NOT_LOGGED_IN };
	uint8_t b = stream_u8(&fuzz_device.answers);

	fuzz_device.calls++;
	return b < 0xc0 ? CKR_OK : codes[(b & 0x3f) % nitems(codes)];
}

static CK_RV
read_in(const void *p, size_t n)
{
	if (p == NULL && n > 0)
		return CKR_ARGUMENTS_BAD;
	touch(p, n);
	return answer();
}

static CK_RV
read_mechanism(const CK_MECHANISM *m)
{
	if (m == NULL)
		return CKR_ARGUMENTS_BAD;
	return read_in(m->pParameter, m->ulParameterLen);
}

static CK_RV
read_template(const CK_ATTRIBUTE *t, CK_ULONG n)
{
	if (t == NULL && n > 0)
		return CKR_ARGUMENTS_BAD;
	for (CK_ULONG i = 0; i < n; i++) {
		if (t[i].pValue == NULL && t[i].ulValueLen > 0)
			return CKR_ATTRIBUTE_VALUE_INVALID;
		touch(t[i].pValue, t[i].ulValueLen);
	}
	return answer();
}

/*
 * Bytes, and how many: 0 as many as would be right for P-256 and SHA-256.
 * Whoever asks for the length may be told a lie.
 */
static CK_RV
write_out(CK_BYTE *out, CK_ULONG *n, CK_RV rv)
{
	CK_ULONG len = stream_u8(&fuzz_device.answers);

	if (n == NULL)
		return CKR_ARGUMENTS_BAD;
	if (len == 0)
		len = *n == 32 ? 32 : 64;
	if (rv == CKR_OK && out != NULL && len > *n)
		rv = CKR_BUFFER_TOO_SMALL;
	if (rv == CKR_OK && out != NULL)
		stream_fill(&fuzz_device.answers, out, len);
	if (rv == CKR_OK || rv == CKR_BUFFER_TOO_SMALL)
		*n = len == 0xff ? LIE : len;
	return rv;
}

static CK_RV
write_handle(CK_OBJECT_HANDLE *ret, CK_RV rv)
{
	if (ret == NULL)
		return CKR_ARGUMENTS_BAD;
	if (rv == CKR_OK)
		*ret = 1 + stream_u8(&fuzz_device.answers) % 16U;
	return rv;
}

/* ---- attributes */

static const CK_ULONG classes[] = { CKO_PRIVATE_KEY, CKO_PUBLIC_KEY,
	CKO_SECRET_KEY, CKO_DATA, CKO_CERTIFICATE };
static const CK_ULONG types[] = { CKK_EC, CKK_GENERIC_SECRET, CKK_AES, CKK_RSA,
	0x40, 0x41 };
static const CK_BYTE p256[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03,
	0x01, 0x07 };
static const char application[] = "p11-mdoc credential";

/* What a device would say of the attributes that decide something. */
static size_t
usual(CK_ATTRIBUTE_TYPE type, uint8_t which, CK_BYTE out[32])
{
	CK_BBOOL yes = (which & 3) != 3;
	CK_ULONG v;

	switch (type) {
	case CKA_CLASS:
		v = classes[which % nitems(classes)];
		break;
	case CKA_KEY_TYPE:
		v = types[which % nitems(types)];
		break;
	case CKA_EC_PARAMS:
		memcpy(out, p256, sizeof(p256));
		return sizeof(p256);
	case CKA_ALLOWED_MECHANISMS:
		return 0;
	case CKA_ALWAYS_AUTHENTICATE:
		yes = !yes;
		memcpy(out, &yes, sizeof(yes));
		return sizeof(yes);
	case CKA_VALUE:
		memset(out, which, 32);
		return 32;
	case CKA_APPLICATION:
		memcpy(out, application, sizeof(application) - 1);
		return sizeof(application) - 1;
	default:
		memcpy(out, &yes, sizeof(yes));
		return sizeof(yes);
	}
	memcpy(out, &v, sizeof(v));
	return sizeof(v);
}

static CK_RV
attribute_get(CK_ATTRIBUTE *a)
{
	uint8_t which = stream_u8(&fuzz_device.answers);
	CK_BYTE value[300];
	size_t n;

	/* One in eight: anything of any length, or none at all. */
	if (which == 0xff) {
		a->ulValueLen = CK_UNAVAILABLE_INFORMATION;
		return CKR_ATTRIBUTE_TYPE_INVALID;
	}
	if (which >= 0xe0) {
		n = stream_u16(&fuzz_device.answers) % sizeof(value);
		stream_fill(&fuzz_device.answers, value, n);
	} else {
		n = usual(a->type, which, value);
	}
	if (a->pValue != NULL && a->ulValueLen < n) {
		a->ulValueLen = CK_UNAVAILABLE_INFORMATION;
		return CKR_BUFFER_TOO_SMALL;
	}
	if (a->pValue != NULL)
		memcpy(a->pValue, value, n);
	a->ulValueLen = which == 0xfe ? LIE : (CK_ULONG)n;
	return CKR_OK;
}

static CK_RV
dev_get(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, CK_ATTRIBUTE *t, CK_ULONG n)
{
	CK_RV rv, one;

	(void)s;
	(void)o;
	if (t == NULL)
		return CKR_ARGUMENTS_BAD;
	rv = answer();
	for (CK_ULONG i = 0; rv == CKR_OK && i < n; i++) {
		one = attribute_get(&t[i]);
		if (one != CKR_OK)
			rv = one;
	}
	return rv;
}

/* ---- the library, slots, sessions */

static CK_RV
dev_initialize(void *args)
{
	(void)args;
	fuzz_device.open = 0;
	return CKR_OK;
}

static CK_RV
dev_finalize(void *reserved)
{
	(void)reserved;
	return CKR_OK;
}

static CK_RV
dev_info(CK_INFO *info)
{
	if (info == NULL)
		return CKR_ARGUMENTS_BAD;
	stream_fill(&fuzz_device.answers, info, sizeof(*info));
	return answer();
}

static CK_RV
dev_slots(CK_BBOOL present, CK_SLOT_ID *list, CK_ULONG *n)
{
	CK_ULONG slots = 1 + stream_u8(&fuzz_device.answers) % 4U;
	CK_RV rv = answer();

	(void)present;
	if (n == NULL)
		return CKR_ARGUMENTS_BAD;
	if (rv == CKR_OK && list != NULL && *n < slots)
		rv = CKR_BUFFER_TOO_SMALL;
	for (CK_ULONG i = 0; list != NULL && rv == CKR_OK && i < slots; i++)
		list[i] = i;
	if (rv == CKR_OK || rv == CKR_BUFFER_TOO_SMALL)
		*n = slots;
	return rv;
}

static CK_RV
dev_slot_info(CK_SLOT_ID slot, CK_SLOT_INFO *info)
{
	(void)slot;
	if (info == NULL)
		return CKR_ARGUMENTS_BAD;
	stream_fill(&fuzz_device.answers, info, sizeof(*info));
	return answer();
}

static CK_RV
dev_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
	(void)slot;
	if (info == NULL)
		return CKR_ARGUMENTS_BAD;
	stream_fill(&fuzz_device.answers, info, sizeof(*info));
	return answer();
}

static const CK_MECHANISM_TYPE mechanisms[] = { CKM_ECDSA, CKM_ECDH1_DERIVE,
	CKM_SHA256, CKM_SHA256_HMAC, CKM_AES_GCM, CKM_EC_KEY_PAIR_GEN,
	CKM_MDOC_DEVICE_MAC };

static CK_RV
dev_mechanisms(CK_SLOT_ID slot, CK_MECHANISM_TYPE *list, CK_ULONG *n)
{
	CK_ULONG count =
	    stream_u8(&fuzz_device.answers) % (nitems(mechanisms) + 1);
	CK_RV rv = answer();

	(void)slot;
	if (n == NULL)
		return CKR_ARGUMENTS_BAD;
	if (rv == CKR_OK && list != NULL && *n < count)
		rv = CKR_BUFFER_TOO_SMALL;
	if (rv == CKR_OK && list != NULL)
		memcpy(list, mechanisms, count * sizeof(*list));
	if (rv == CKR_OK || rv == CKR_BUFFER_TOO_SMALL)
		*n = count;
	return rv;
}

static CK_RV
dev_mechanism_info(CK_SLOT_ID slot, CK_MECHANISM_TYPE type,
    CK_MECHANISM_INFO *info)
{
	(void)slot;
	(void)type;
	if (info == NULL)
		return CKR_ARGUMENTS_BAD;
	*info = (CK_MECHANISM_INFO){ 1, 4096, ~0UL };
	return answer();
}

static CK_RV
dev_wait(CK_FLAGS flags, CK_SLOT_ID *slot, void *reserved)
{
	CK_RV rv = answer();

	(void)reserved;
	if (slot == NULL)
		return CKR_ARGUMENTS_BAD;
	/* A wait that ends at once, and one day for good. */
	if (rv == CKR_OK && !(flags & CKF_DONT_BLOCK) &&
	    fuzz_device.answers.len == 0)
		return CKR_FUNCTION_NOT_SUPPORTED;
	if (rv == CKR_OK)
		*slot = stream_u8(&fuzz_device.answers) % 4U;
	return rv;
}

static CK_RV
dev_open(CK_SLOT_ID slot, CK_FLAGS flags, void *app, CK_NOTIFY notify,
    CK_SESSION_HANDLE *ret)
{
	static CK_SESSION_HANDLE next;
	CK_RV rv = answer();

	(void)slot;
	(void)flags;
	(void)app;
	(void)notify;
	if (ret == NULL)
		return CKR_ARGUMENTS_BAD;
	if (rv == CKR_OK) {
		*ret = ++next;
		fuzz_device.open++;
	}
	return rv;
}

static CK_RV
dev_close(CK_SESSION_HANDLE s)
{
	(void)s;
	/* Always: what is open is counted. */
	fuzz_device.open--;
	return CKR_OK;
}

static CK_RV
dev_close_all(CK_SLOT_ID slot)
{
	(void)slot;
	return answer();
}

static CK_RV
dev_session_info(CK_SESSION_HANDLE s, CK_SESSION_INFO *info)
{
	(void)s;
	if (info == NULL)
		return CKR_ARGUMENTS_BAD;
	stream_fill(&fuzz_device.answers, info, sizeof(*info));
	return answer();
}

/* ---- shapes that many functions share */

/* clang-format off */
#define DEV(name, params, ...) \
	static CK_RV name params { __VA_ARGS__ }
#define UNUSED(x) (void)(x)

DEV(dev_session, (CK_SESSION_HANDLE s), UNUSED(s); return answer();)
DEV(dev_in, (CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG n),
    UNUSED(s); return read_in(in, n);)
DEV(dev_out, (CK_SESSION_HANDLE s, CK_BYTE *out, CK_ULONG *n),
    UNUSED(s); return write_out(out, n, answer());)
DEV(dev_in_out, (CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG in_len,
    CK_BYTE *out, CK_ULONG *n),
    UNUSED(s); return write_out(out, n, read_in(in, in_len));)
DEV(dev_in_in, (CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG in_len,
    CK_BYTE *sig, CK_ULONG sig_len),
    UNUSED(s);
    CK_RV rv = read_in(in, in_len);
    return rv == CKR_OK ? read_in(sig, sig_len) : rv;)
DEV(dev_key, (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE key),
    UNUSED(s); UNUSED(key); return read_mechanism(m);)
DEV(dev_digest_init, (CK_SESSION_HANDLE s, CK_MECHANISM *m),
    UNUSED(s); return read_mechanism(m);)
DEV(dev_object, (CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o),
    UNUSED(s); UNUSED(o); return answer();)
DEV(dev_size, (CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, CK_ULONG *n),
    UNUSED(s); UNUSED(o); return write_out(NULL, n, answer());)
DEV(dev_set, (CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, CK_ATTRIBUTE *t,
    CK_ULONG n),
    UNUSED(s); UNUSED(o); return read_template(t, n);)
DEV(dev_create, (CK_SESSION_HANDLE s, CK_ATTRIBUTE *t, CK_ULONG n,
    CK_OBJECT_HANDLE *ret),
    UNUSED(s); return write_handle(ret, read_template(t, n));)
DEV(dev_copy, (CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, CK_ATTRIBUTE *t,
    CK_ULONG n, CK_OBJECT_HANDLE *ret),
    UNUSED(s); UNUSED(o); return write_handle(ret, read_template(t, n));)
DEV(dev_find_init, (CK_SESSION_HANDLE s, CK_ATTRIBUTE *t, CK_ULONG n),
    UNUSED(s); return read_template(t, n);)
DEV(dev_pin, (CK_SESSION_HANDLE s, CK_BYTE *a, CK_ULONG a_len, CK_BYTE *b,
    CK_ULONG b_len),
    return dev_in_in(s, a, a_len, b, b_len);)
DEV(dev_login, (CK_SESSION_HANDLE s, CK_USER_TYPE user, CK_BYTE *pin,
    CK_ULONG n),
    UNUSED(s); UNUSED(user); return read_in(pin, n);)
DEV(dev_set_state, (CK_SESSION_HANDLE s, CK_BYTE *state, CK_ULONG n,
    CK_OBJECT_HANDLE a, CK_OBJECT_HANDLE b),
    UNUSED(s); UNUSED(a); UNUSED(b); return read_in(state, n);)
DEV(dev_init_token, (CK_SLOT_ID slot, CK_BYTE *pin, CK_ULONG n,
    CK_BYTE *label),
    UNUSED(slot);
    if (label == NULL)
	    return CKR_ARGUMENTS_BAD;
    touch(label, 32);
    return read_in(pin, n);)
DEV(dev_generate, (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_ATTRIBUTE *t,
    CK_ULONG n, CK_OBJECT_HANDLE *ret),
    UNUSED(s);
    CK_RV rv = read_mechanism(m);
    return rv == CKR_OK ? write_handle(ret, read_template(t, n)) : rv;)
DEV(dev_pair, (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_ATTRIBUTE *pub,
    CK_ULONG n_pub, CK_ATTRIBUTE *priv, CK_ULONG n_priv, CK_OBJECT_HANDLE *a,
    CK_OBJECT_HANDLE *b),
    CK_RV rv = dev_generate(s, m, pub, n_pub, a);
    return rv == CKR_OK ? write_handle(b, read_template(priv, n_priv)) : rv;)
DEV(dev_wrap, (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE a,
    CK_OBJECT_HANDLE b, CK_BYTE *out, CK_ULONG *n),
    UNUSED(s); UNUSED(a); UNUSED(b);
    return write_out(out, n, read_mechanism(m));)
DEV(dev_unwrap, (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE key,
    CK_BYTE *in, CK_ULONG in_len, CK_ATTRIBUTE *t, CK_ULONG n,
    CK_OBJECT_HANDLE *ret),
    UNUSED(key);
    CK_RV rv = read_in(in, in_len);
    return rv == CKR_OK ? dev_generate(s, m, t, n, ret) : rv;)
DEV(dev_derive, (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE base,
    CK_ATTRIBUTE *t, CK_ULONG n, CK_OBJECT_HANDLE *ret),
    UNUSED(base); return dev_generate(s, m, t, n, ret);)
DEV(dev_random, (CK_SESSION_HANDLE s, CK_BYTE *out, CK_ULONG n),
    UNUSED(s);
    if (out == NULL && n > 0)
	    return CKR_ARGUMENTS_BAD;
    stream_fill(&fuzz_device.answers, out, n);
    return answer();)

/* What 3.0 and 3.2 have more. */
DEV(dev_login_user, (CK_SESSION_HANDLE s, CK_USER_TYPE user, CK_BYTE *pin,
    CK_ULONG n, CK_BYTE *name, CK_ULONG name_len),
    UNUSED(user); return dev_in_in(s, pin, n, name, name_len);)
DEV(dev_number, (CK_SESSION_HANDLE s, CK_ULONG number),
    UNUSED(s); UNUSED(number); return answer();)
DEV(dev_message, (CK_SESSION_HANDLE s, void *parameter, CK_ULONG parameter_len,
    CK_BYTE *aad, CK_ULONG aad_len, CK_BYTE *in, CK_ULONG in_len, CK_BYTE *out,
    CK_ULONG *n),
    CK_RV rv = dev_in_in(s, parameter, parameter_len, aad, aad_len);
    return rv == CKR_OK ? dev_in_out(s, in, in_len, out, n) : rv;)
DEV(dev_message_begin, (CK_SESSION_HANDLE s, void *parameter,
    CK_ULONG parameter_len, CK_BYTE *aad, CK_ULONG aad_len),
    return dev_in_in(s, parameter, parameter_len, aad, aad_len);)
DEV(dev_message_next, (CK_SESSION_HANDLE s, void *parameter,
    CK_ULONG parameter_len, CK_BYTE *in, CK_ULONG in_len, CK_BYTE *out,
    CK_ULONG *n, CK_FLAGS flags),
    UNUSED(flags);
    CK_RV rv = read_in(parameter, parameter_len);
    return rv == CKR_OK ? dev_in_out(s, in, in_len, out, n) : rv;)
DEV(dev_begin, (CK_SESSION_HANDLE s, void *parameter, CK_ULONG parameter_len),
    UNUSED(s); return read_in(parameter, parameter_len);)
DEV(dev_sign_message, (CK_SESSION_HANDLE s, void *parameter,
    CK_ULONG parameter_len, CK_BYTE *in, CK_ULONG in_len, CK_BYTE *out,
    CK_ULONG *n),
    CK_RV rv = read_in(parameter, parameter_len);
    return rv == CKR_OK ? dev_in_out(s, in, in_len, out, n) : rv;)
DEV(dev_verify_message, (CK_SESSION_HANDLE s, void *parameter,
    CK_ULONG parameter_len, CK_BYTE *in, CK_ULONG in_len, CK_BYTE *sig,
    CK_ULONG sig_len),
    CK_RV rv = read_in(parameter, parameter_len);
    return rv == CKR_OK ? dev_in_in(s, in, in_len, sig, sig_len) : rv;)
DEV(dev_encapsulate, (CK_SESSION_HANDLE s, CK_MECHANISM *m,
    CK_OBJECT_HANDLE key, CK_ATTRIBUTE *t, CK_ULONG n, CK_BYTE *out,
    CK_ULONG *out_len, CK_OBJECT_HANDLE *ret),
    UNUSED(key);
    CK_RV rv = dev_generate(s, m, t, n, ret);
    return write_out(out, out_len, rv);)
DEV(dev_decapsulate, (CK_SESSION_HANDLE s, CK_MECHANISM *m,
    CK_OBJECT_HANDLE key, CK_ATTRIBUTE *t, CK_ULONG n, CK_BYTE *in,
    CK_ULONG in_len, CK_OBJECT_HANDLE *ret),
    return dev_unwrap(s, m, key, in, in_len, t, n, ret);)
DEV(dev_signature_init, (CK_SESSION_HANDLE s, CK_MECHANISM *m,
    CK_OBJECT_HANDLE key, CK_BYTE *sig, CK_ULONG sig_len),
    UNUSED(s); UNUSED(key);
    CK_RV rv = read_mechanism(m);
    return rv == CKR_OK ? read_in(sig, sig_len) : rv;)
DEV(dev_validation, (CK_SESSION_HANDLE s, CK_ULONG type, CK_FLAGS *ret),
    UNUSED(type); return dev_size(s, 0, ret);)
DEV(dev_async, (CK_SESSION_HANDLE s, CK_UTF8CHAR *function, CK_ASYNC_DATA *ret),
    UNUSED(s);
    if (function == NULL || ret == NULL)
	    return CKR_ARGUMENTS_BAD;
    stream_fill(&fuzz_device.answers, ret, sizeof(*ret));
    return answer();)
DEV(dev_async_id, (CK_SESSION_HANDLE s, CK_UTF8CHAR *function, CK_ULONG *ret),
    UNUSED(function); return dev_size(s, 0, ret);)
DEV(dev_async_join, (CK_SESSION_HANDLE s, CK_UTF8CHAR *function, CK_ULONG id,
    CK_BYTE *data, CK_ULONG n),
    UNUSED(s); UNUSED(function); UNUSED(id); return read_in(data, n);)
DEV(dev_wrap_aead, (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE a,
    CK_OBJECT_HANDLE b, CK_BYTE *aad, CK_ULONG aad_len, CK_BYTE *out,
    CK_ULONG *n),
    CK_RV rv = read_in(aad, aad_len);
    return rv == CKR_OK ? dev_wrap(s, m, a, b, out, n) : rv;)
DEV(dev_unwrap_aead, (CK_SESSION_HANDLE s, CK_MECHANISM *m,
    CK_OBJECT_HANDLE key, CK_BYTE *in, CK_ULONG in_len, CK_ATTRIBUTE *t,
    CK_ULONG n, CK_BYTE *aad, CK_ULONG aad_len, CK_OBJECT_HANDLE *ret),
    CK_RV rv = read_in(aad, aad_len);
    return rv == CKR_OK ? dev_unwrap(s, m, key, in, in_len, t, n, ret) : rv;)

/* clang-format on */

static CK_RV
dev_find(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE *list, CK_ULONG max, CK_ULONG *n)
{
	/*
	 * One object and an end where nothing is said, for searches without an
	 * end cost too much. More than there is room for may be a lie.
	 */
	static bool found;
	CK_ULONG count = !found;
	CK_RV rv = answer();

	(void)s;
	if (list == NULL || n == NULL)
		return CKR_ARGUMENTS_BAD;
	if (fuzz_device.answers.len > 0) {
		count = stream_u8(&fuzz_device.answers);
		count = count >= 0xf0 ? LIE : (count + 1) % 8;
	}
	found = count > 0;
	for (CK_ULONG i = 0; rv == CKR_OK && i < count && i < max; i++)
		list[i] = 1 + stream_u8(&fuzz_device.answers) % 16U;
	if (rv == CKR_OK)
		*n = count;
	return rv;
}

static CK_FUNCTION_LIST functions = {
	.version = { 2, 40 },
	.C_Initialize = dev_initialize,
	.C_Finalize = dev_finalize,
	.C_GetInfo = dev_info,
	.C_GetFunctionList = C_GetFunctionList,
	.C_GetSlotList = dev_slots,
	.C_GetSlotInfo = dev_slot_info,
	.C_GetTokenInfo = dev_token_info,
	.C_GetMechanismList = dev_mechanisms,
	.C_GetMechanismInfo = dev_mechanism_info,
	.C_InitToken = dev_init_token,
	.C_InitPIN = dev_in,
	.C_SetPIN = dev_pin,
	.C_OpenSession = dev_open,
	.C_CloseSession = dev_close,
	.C_CloseAllSessions = dev_close_all,
	.C_GetSessionInfo = dev_session_info,
	.C_GetOperationState = dev_out,
	.C_SetOperationState = dev_set_state,
	.C_Login = dev_login,
	.C_Logout = dev_session,
	.C_CreateObject = dev_create,
	.C_CopyObject = dev_copy,
	.C_DestroyObject = dev_object,
	.C_GetObjectSize = dev_size,
	.C_GetAttributeValue = dev_get,
	.C_SetAttributeValue = dev_set,
	.C_FindObjectsInit = dev_find_init,
	.C_FindObjects = dev_find,
	.C_FindObjectsFinal = dev_session,
	.C_EncryptInit = dev_key,
	.C_Encrypt = dev_in_out,
	.C_EncryptUpdate = dev_in_out,
	.C_EncryptFinal = dev_out,
	.C_DecryptInit = dev_key,
	.C_Decrypt = dev_in_out,
	.C_DecryptUpdate = dev_in_out,
	.C_DecryptFinal = dev_out,
	.C_DigestInit = dev_digest_init,
	.C_Digest = dev_in_out,
	.C_DigestUpdate = dev_in,
	.C_DigestKey = dev_object,
	.C_DigestFinal = dev_out,
	.C_SignInit = dev_key,
	.C_Sign = dev_in_out,
	.C_SignUpdate = dev_in,
	.C_SignFinal = dev_out,
	.C_SignRecoverInit = dev_key,
	.C_SignRecover = dev_in_out,
	.C_VerifyInit = dev_key,
	.C_Verify = dev_in_in,
	.C_VerifyUpdate = dev_in,
	.C_VerifyFinal = dev_in,
	.C_VerifyRecoverInit = dev_key,
	.C_VerifyRecover = dev_in_out,
	.C_DigestEncryptUpdate = dev_in_out,
	.C_DecryptDigestUpdate = dev_in_out,
	.C_SignEncryptUpdate = dev_in_out,
	.C_DecryptVerifyUpdate = dev_in_out,
	.C_GenerateKey = dev_generate,
	.C_GenerateKeyPair = dev_pair,
	.C_WrapKey = dev_wrap,
	.C_UnwrapKey = dev_unwrap,
	.C_DeriveKey = dev_derive,
	.C_SeedRandom = dev_in,
	.C_GenerateRandom = dev_random,
	.C_GetFunctionStatus = dev_session,
	.C_CancelFunction = dev_session,
	.C_WaitForSlotEvent = dev_wait,
};

EXPORT CK_RV
C_GetFunctionList(CK_FUNCTION_LIST **ret)
{
	*ret = &functions;
	return CKR_OK;
}

/* What 2.40 has is reached by the list of 2.40. */
static CK_FUNCTION_LIST_3_2 functions_3_2 = {
	.version = { 3, 2 },
	.C_LoginUser = dev_login_user,
	.C_SessionCancel = dev_number,
	.C_MessageEncryptInit = dev_key,
	.C_EncryptMessage = dev_message,
	.C_EncryptMessageBegin = dev_message_begin,
	.C_EncryptMessageNext = dev_message_next,
	.C_MessageEncryptFinal = dev_session,
	.C_MessageDecryptInit = dev_key,
	.C_DecryptMessage = dev_message,
	.C_DecryptMessageBegin = dev_message_begin,
	.C_DecryptMessageNext = dev_message_next,
	.C_MessageDecryptFinal = dev_session,
	.C_MessageSignInit = dev_key,
	.C_SignMessage = dev_sign_message,
	.C_SignMessageBegin = dev_begin,
	.C_SignMessageNext = dev_sign_message,
	.C_MessageSignFinal = dev_session,
	.C_MessageVerifyInit = dev_key,
	.C_VerifyMessage = dev_verify_message,
	.C_VerifyMessageBegin = dev_begin,
	.C_VerifyMessageNext = dev_verify_message,
	.C_MessageVerifyFinal = dev_session,
	.C_EncapsulateKey = dev_encapsulate,
	.C_DecapsulateKey = dev_decapsulate,
	.C_VerifySignatureInit = dev_signature_init,
	.C_VerifySignature = dev_in,
	.C_VerifySignatureUpdate = dev_in,
	.C_VerifySignatureFinal = dev_session,
	.C_GetSessionValidationFlags = dev_validation,
	.C_AsyncComplete = dev_async,
	.C_AsyncGetID = dev_async_id,
	.C_AsyncJoin = dev_async_join,
	.C_WrapKeyAuthenticated = dev_wrap_aead,
	.C_UnwrapKeyAuthenticated = dev_unwrap_aead,
};

EXPORT CK_RV
C_GetInterface(CK_UTF8CHAR *name, CK_VERSION *version, CK_INTERFACE **ret,
    CK_FLAGS flags)
{
	static CK_INTERFACE i = { NULL, &functions_3_2, 0 };

	(void)flags;
	if (version == NULL || version->major != 3 || version->minor != 2)
		return CKR_FUNCTION_FAILED;
	i.pInterfaceName = name;
	*ret = &i;
	return CKR_OK;
}
