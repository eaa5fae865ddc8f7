/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Threads that do everything at once on one token of SoftHSMv2: sessions come
 * and go, keys sign, agree and are looked for, logins come and go. An answer is
 * right, or one of those that somebody else's logout or closing explains; and
 * what is right is right to the bit. "make check-helgrind" and
 * "make check-tsan" run it, too.
 */
#include "config.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <p11-kit/pkcs11.h>
#include <p11-mdoc/pkcs11-mdoc.h>

#include "tests/support/module-start.h"
#include "tests/support/vectors.h"
#include "vendor-ext/token.h"

#define THREADS      6
#define VECTOR(name) "tests/vectors/device-mac/" name ".hex"

static struct softhsm hsm;
static CK_SESSION_HANDLE keeper; /* stays open, so that logins do */
static struct blob data, tag, secret;
static atomic_bool logins; /* come and go */
static unsigned rounds = 120;

static int
setup(void **state)
{
	struct softhsm_key key = { .label = "device", .token = true };
	CK_FUNCTION_LIST f = { .C_CreateObject = C_CreateObject };
	const char *fewer = secure_getenv("P11_MDOC_STRESS_ROUNDS");
	CK_OBJECT_HANDLE o;

	(void)state;
	if (fewer != NULL)
		rounds = (unsigned)strtoul(fewer, NULL, 10);
	if (!module_start(&hsm, &keeper) ||
	    !vectors_read_own(VECTOR("device-key"), &secret) ||
	    !vectors_read_own(VECTOR("data"), &data) ||
	    !vectors_read_own(VECTOR("tag"), &tag))
		return -1;
	key.d = blob_bytes(&secret);
	return softhsm_import(&f, keeper, &key, &o, NULL) == CKR_OK ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	module_stop();
	blob_reset(&data);
	blob_reset(&tag);
	blob_reset(&secret);
	return 0;
}

/* ---- one thread */

struct worker {
	unsigned number;
	unsigned long random;
	CK_SESSION_HANDLE s;
	CK_OBJECT_HANDLE key;
	unsigned done[2]; /* of the operations: in all; that went well */
	CK_RV wrong;      /* the first answer that nothing explains */
	const char *wrong_what;
};

/*
 * What a logout or a closed session in another thread may lead to. The last two
 * are what SoftHSMv2 says when the token's key goes while it opens a key or
 * stores one.
 */
static bool
is_explained(CK_RV rv)
{
	static const CK_RV codes[] = { CKR_USER_NOT_LOGGED_IN,
		CKR_KEY_HANDLE_INVALID, CKR_OBJECT_HANDLE_INVALID,
		CKR_OPERATION_NOT_INITIALIZED, CKR_USER_ALREADY_LOGGED_IN,
		CKR_SESSION_HANDLE_INVALID, CKR_GENERAL_ERROR,
		CKR_FUNCTION_FAILED };

	for (size_t i = 0; i < nitems(codes); i++)
		if (rv == codes[i])
			return true;
	return false;
}

static bool
good(struct worker *w, const char *what, CK_RV rv)
{
	bool fine = rv == CKR_OK || (atomic_load(&logins) && is_explained(rv));

	if (!fine && w->wrong == CKR_OK) {
		w->wrong = rv;
		w->wrong_what = what;
	}
	return rv == CKR_OK;
}

static void
must(struct worker *w, const char *what, bool right)
{
	if (!right && w->wrong == CKR_OK) {
		w->wrong = CKR_GENERAL_ERROR;
		w->wrong_what = what;
	}
}

static unsigned long
any(struct worker *w, unsigned long below)
{
	w->random = w->random * 6364136223846793005UL + 1442695040888963407UL;
	return (w->random >> 33) % below;
}

static bool
find_key(struct worker *w)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE a = { CKA_CLASS, &class, sizeof(class) };
	CK_ULONG n = 0;
	bool found;

	if (!good(w, "C_FindObjectsInit", C_FindObjectsInit(w->s, &a, 1)))
		return false;
	found = good(w, "C_FindObjects", C_FindObjects(w->s, &w->key, 1, &n)) &&
	    n == 1;
	(void)good(w, "C_FindObjectsFinal", C_FindObjectsFinal(w->s));
	must(w, "the key is found", found || atomic_load(&logins));
	return found;
}

static bool
sign(struct worker *w, CK_MECHANISM_TYPE type, CK_BYTE *out, CK_ULONG *len)
{
	CK_MECHANISM m = { type, NULL, 0 };
	CK_ULONG n = type == CKM_ECDSA ? 32 : data.len;

	if (!good(w, "C_SignInit", C_SignInit(w->s, &m, w->key)))
		return false;
	if (any(w, 2) == 0 && type != CKM_ECDSA)
		return good(w, "C_SignUpdate",
			   C_SignUpdate(w->s, data.ptr, n)) &&
		    good(w, "C_SignFinal", C_SignFinal(w->s, out, len));
	return good(w, "C_Sign", C_Sign(w->s, data.ptr, n, out, len));
}

static bool
do_sign(struct worker *w)
{
	CK_BYTE out[64];
	CK_ULONG len = sizeof(out);
	CK_MECHANISM_TYPE type =
	    any(w, 2) == 0 ? CKM_ECDSA : CKM_MDOC_DEVICE_SIGNATURE;

	if (!find_key(w) || !sign(w, type, out, &len))
		return false;
	must(w, "64 bytes", len == 64);
	return true;
}

static bool
do_mac(struct worker *w)
{
	CK_BYTE out[64];
	CK_ULONG len = sizeof(out);

	if (!find_key(w) || !sign(w, CKM_MDOC_DEVICE_MAC, out, &len))
		return false;
	must(w, "the tag", len == tag.len && memcmp(out, tag.ptr, len) == 0);
	return true;
}

static bool
do_digest(struct worker *w)
{
	CK_MECHANISM m = { CKM_SHA256, NULL, 0 };
	CK_BYTE once[32], twice[32];
	CK_ULONG n = sizeof(once), k = sizeof(twice);

	if (!good(w, "C_DigestInit", C_DigestInit(w->s, &m)) ||
	    !good(w, "C_Digest",
		C_Digest(w->s, data.ptr, data.len, once, &n)) ||
	    !good(w, "C_DigestInit", C_DigestInit(w->s, &m)) ||
	    !good(w, "C_DigestUpdate",
		C_DigestUpdate(w->s, data.ptr, data.len)) ||
	    !good(w, "C_DigestFinal", C_DigestFinal(w->s, twice, &k)))
		return false;
	must(w, "the digest", memcmp(once, twice, sizeof(once)) == 0);
	return true;
}

static bool
do_object(struct worker *w)
{
	CK_OBJECT_CLASS class = CKO_DATA;
	CK_BBOOL no = CK_FALSE;
	CK_BYTE value[] = { (CK_BYTE)w->number, 1, 2, 3 }, back[8];
	CK_ATTRIBUTE t[] = { { CKA_CLASS, &class, sizeof(class) },
		{ CKA_TOKEN, &no, 1 }, { CKA_PRIVATE, &no, 1 },
		{ CKA_VALUE, value, sizeof(value) } };
	CK_ATTRIBUTE a = { CKA_VALUE, back, sizeof(back) };
	CK_OBJECT_HANDLE o;

	if (!good(w, "C_CreateObject",
		C_CreateObject(w->s, t, nitems(t), &o)) ||
	    !good(w, "C_GetAttributeValue",
		C_GetAttributeValue(w->s, o, &a, 1)))
		return false;
	must(w, "the value",
	    a.ulValueLen == sizeof(value) && memcmp(back, value, 4) == 0);
	return good(w, "C_DestroyObject", C_DestroyObject(w->s, o));
}

static bool
do_credentials(struct worker *w)
{
	CK_OBJECT_CLASS class = CKO_MDOC_CREDENTIAL;
	CK_ATTRIBUTE a = { CKA_CLASS, &class, sizeof(class) };
	CK_OBJECT_HANDLE o;
	CK_ULONG n = 9;

	if (!good(w, "C_FindObjectsInit", C_FindObjectsInit(w->s, &a, 1)) ||
	    !good(w, "C_FindObjects", C_FindObjects(w->s, &o, 1, &n)))
		return false;
	must(w, "no credentials", n == 0);
	return good(w, "C_FindObjectsFinal", C_FindObjectsFinal(w->s));
}

static bool
do_slots(struct worker *w)
{
	CK_TOKEN_INFO info;
	CK_ULONG n = 0;

	return good(w, "C_GetSlotList", C_GetSlotList(CK_TRUE, NULL, &n)) &&
	    good(w, "C_GetMechanismList",
		C_GetMechanismList(hsm.slot, NULL, &n)) &&
	    good(w, "C_GetTokenInfo", C_GetTokenInfo(hsm.slot, &info));
}

static bool
do_session(struct worker *w)
{
	CK_SESSION_INFO info;
	CK_SESSION_HANDLE s;

	if (!good(w, "C_OpenSession",
		C_OpenSession(hsm.slot, MODULE_RW, NULL, NULL, &s)) ||
	    !good(w, "C_GetSessionInfo", C_GetSessionInfo(s, &info)))
		return false;
	must(w, "the slot", info.slotID == hsm.slot);
	/* The new one is used from now on. */
	if (!good(w, "C_CloseSession", C_CloseSession(w->s)))
		return false;
	w->s = s;
	return true;
}

/* One application, one login: what one thread does, all feel. */
static bool
do_login(struct worker *w)
{
	if (!atomic_load(&logins))
		return true;
	if (any(w, 3) == 0)
		return good(w, "C_Logout", C_Logout(w->s));
	return good(w, "C_Login",
	    C_Login(w->s, CKU_USER, softhsm_pin, SOFTHSM_PIN_LEN));
}

static void *
work(void *p)
{
	static bool (*const what[])(struct worker *) = { do_sign, do_mac,
		do_digest, do_object, do_credentials, do_slots, do_session,
		do_login };
	struct worker *w = p;

	if (!good(w, "C_OpenSession",
		C_OpenSession(hsm.slot, MODULE_RW, NULL, NULL, &w->s)))
		return NULL;
	for (unsigned i = 0; i < rounds && w->wrong == CKR_OK; i++) {
		w->done[0]++;
		w->done[1] += what[any(w, nitems(what))](w);
	}
	(void)good(w, "C_CloseSession", C_CloseSession(w->s));
	return NULL;
}

static void
run(unsigned least)
{
	struct worker w[THREADS] = { 0 };
	pthread_t thread[THREADS];
	unsigned done = 0, well = 0;

	for (unsigned i = 0; i < THREADS; i++) {
		w[i].number = i;
		w[i].random = i + 1;
		assert_int_equal(pthread_create(&thread[i], NULL, work, &w[i]),
		    0);
	}
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	for (unsigned i = 0; i < THREADS; i++) {
		if (w[i].wrong != CKR_OK)
			fail_msg("%s: %s", w[i].wrong_what,
			    token_rv_name(w[i].wrong));
		done += w[i].done[0];
		well += w[i].done[1];
	}
	print_message("# %u of %u operations went well\n", well, done);
	assert_int_equal(done, THREADS * rounds);
	assert_true(well * 100 >= done * least);
}

static void
test_steady(void **state)
{
	(void)state;
	run(100);
}

static void
test_logins(void **state)
{
	CK_RV rv;

	(void)state;
	atomic_store(&logins, true);
	run(30);
	atomic_store(&logins, false);
	/* Whatever the last one did, the token works. */
	rv = C_Login(keeper, CKU_USER, softhsm_pin, SOFTHSM_PIN_LEN);
	assert_true(rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN);
	run(100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steady),
		cmocka_unit_test(test_logins),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
