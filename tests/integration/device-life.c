/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * device-life MODULE FAR NEAR: prints TAP. Two devices below the module: FAR is
 * the label of a token behind a connection, NEAR of one in this process. The
 * commands in LOSE, SERVE, HANG and RESUME do to the far one what they say. The
 * PIN of both is 1234.
 */
#include "config.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <p11-kit/pkcs11.h>
#include <p11-mdoc/pkcs11-mdoc.h>

#include "common/util.h"
#include "tests/support/vectors.h"
#include "vendor-ext/token.h"

#define RW (CKF_SERIAL_SESSION | CKF_RW_SESSION)

static CK_FUNCTION_LIST *f;
static struct blob data;
static int count, failures;

/* One token, with a key that stays in it. */
struct side {
	const char *label;
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE key;
};

static struct side far, near;

/* ---- words */

__attribute__((format(printf, 2, 3))) static void
check(bool good, const char *format, ...)
{
	va_list ap;

	printf("%sok %d - ", good ? "" : "not ", ++count);
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
	failures += !good;
}

static void
is(CK_RV rv, CK_RV wanted, const char *what)
{
	check(rv == wanted, "%s: %s", what, token_rv_name(wanted));
	if (rv != wanted)
		printf("# got %s\n", token_rv_name(rv));
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* A command for the rig, from the environment. */
static void
order(const char *name)
{
	const char *command = secure_getenv(name);

	if (command == NULL || system(command) != 0) {
		printf("Bail out! %s fails\n", name);
		exit(99);
	}
}

/* ---- a token */

static CK_RV
find_slot(struct side *x)
{
	CK_SLOT_ID slots[32];
	CK_ULONG n = nitems(slots);
	CK_TOKEN_INFO info;
	size_t len = strlen(x->label);
	CK_RV rv = f->C_GetSlotList(CK_TRUE, slots, &n);

	for (CK_ULONG i = 0; rv == CKR_OK && i < n; i++) {
		if (f->C_GetTokenInfo(slots[i], &info) == CKR_OK &&
		    memcmp(info.label, x->label, len) == 0 &&
		    info.label[len] == ' ') {
			x->slot = slots[i];
			return CKR_OK;
		}
	}
	return rv == CKR_OK ? CKR_TOKEN_NOT_PRESENT : rv;
}

static CK_RV
make_key(struct side *x)
{
	CK_BYTE p256[] = { 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7 };
	CK_MECHANISM m = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE pub[] = { { CKA_EC_PARAMS, p256, sizeof(p256) } };
	CK_ATTRIBUTE priv[] = { { CKA_SIGN, &yes, 1 }, { CKA_TOKEN, &yes, 1 } };
	CK_OBJECT_HANDLE o;

	return f->C_GenerateKeyPair(x->session, &m, pub, nitems(pub), priv,
	    nitems(priv), &o, &x->key);
}

static CK_RV
find_key(struct side *x)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE a = { CKA_CLASS, &class, sizeof(class) };
	CK_ULONG n = 0;
	CK_RV rv;

	rv = f->C_FindObjectsInit(x->session, &a, 1);
	if (rv == CKR_OK)
		rv = f->C_FindObjects(x->session, &x->key, 1, &n);
	if (rv == CKR_OK)
		rv = f->C_FindObjectsFinal(x->session);
	return rv == CKR_OK && n == 0 ? CKR_OBJECT_HANDLE_INVALID : rv;
}

static CK_RV
start(struct side *x)
{
	CK_UTF8CHAR pin[] = "1234";
	CK_RV rv;

	rv = f->C_OpenSession(x->slot, RW, NULL, NULL, &x->session);
	if (rv == CKR_OK)
		rv = f->C_Login(x->session, CKU_USER, pin, 4);
	return rv == CKR_USER_ALREADY_LOGGED_IN ? CKR_OK : rv;
}

static CK_RV
sign_in(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE key, CK_MECHANISM_TYPE type)
{
	CK_MECHANISM m = { type, NULL, 0 };
	CK_BYTE out[128];
	CK_ULONG len = sizeof(out), n = type == CKM_ECDSA ? 32 : data.len;
	CK_RV rv = f->C_SignInit(s, &m, key);

	return rv == CKR_OK ? f->C_Sign(s, data.ptr, n, out, &len) : rv;
}

static CK_RV
sign(const struct side *x)
{
	return sign_in(x->session, x->key, CKM_ECDSA);
}

/* ---- threads that work while things happen */

static atomic_bool stop;

struct work {
	struct side *side;
	unsigned done;
	CK_RV rv; /* the first that is not CKR_OK ends it */
	double longest;
};

static void *
work(void *p)
{
	struct work *w = p;
	double before;

	while (!atomic_load(&stop) && w->rv == CKR_OK) {
		before = now();
		w->rv = sign(w->side);
		if (now() - before > w->longest)
			w->longest = now() - before;
		w->done++;
	}
	return NULL;
}

/* How a call ends when the device is not there any more. */
static bool
is_loss(CK_RV rv)
{
	return rv == CKR_DEVICE_ERROR || rv == CKR_DEVICE_REMOVED ||
	    rv == CKR_SESSION_HANDLE_INVALID;
}

static void
loses(CK_RV rv, const char *what)
{
	check(is_loss(rv), "%s: %s", what, token_rv_name(rv));
}

static bool
comes_back(double seconds)
{
	double until = now() + seconds;

	while (start(&far) != CKR_OK) {
		if (now() > until)
			return false;
		usleep(50000);
	}
	return true;
}

/* ---- the story */

static void
begin(void)
{
	is(f->C_Initialize(NULL), CKR_OK, "C_Initialize");
	is(find_slot(&far), CKR_OK, "the far token");
	is(find_slot(&near), CKR_OK, "the near token");
	is(start(&far), CKR_OK, "a session on the far one");
	is(start(&near), CKR_OK, "a session on the near one");
}

static void
lose(void)
{
	struct work far_work = { .side = &far }, near_work = { .side = &near };
	CK_SESSION_HANDLE old = far.session;
	pthread_t far_thread, near_thread;
	CK_SESSION_INFO info;
	struct side other = far;
	CK_ULONG n = 0;

	is(start(&other), CKR_OK, "a second session on the far one");
	atomic_store(&stop, false);
	pthread_create(&near_thread, NULL, work, &near_work);
	pthread_create(&far_thread, NULL, work, &far_work);
	usleep(200000);
	order("LOSE");
	pthread_join(far_thread, NULL);
	check(far_work.done > 1, "the far one signed %u times", far_work.done);
	loses(far_work.rv, "lost in mid-operation: C_Sign");
	loses(sign(&other), "its other session");
	loses(sign_in(other.session, other.key, CKM_MDOC_DEVICE_SIGNATURE),
	    "and with a vendor mechanism");
	is(f->C_GetSlotList(CK_TRUE, NULL, &n), CKR_OK, "C_GetSlotList");
	check(n >= 1, "lists %lu", n);
	loses(start(&far), "C_OpenSession on the far one");
	order("SERVE");
	check(comes_back(20), "served again, it takes a session and a login");
	is(find_key(&far), CKR_OK, "its key is found");
	is(sign(&far), CKR_OK, "and signs");
	is(f->C_GetSessionInfo(old, &info), CKR_SESSION_HANDLE_INVALID,
	    "the session of before");
	is(f->C_GetSessionInfo(other.session, &info),
	    CKR_SESSION_HANDLE_INVALID, "and the other");
	atomic_store(&stop, true);
	pthread_join(near_thread, NULL);
	is(near_work.rv, CKR_OK, "the near one signed all the time");
	check(near_work.longest < 2, "%u times, the longest took %.3f s",
	    near_work.done, near_work.longest);
}

/* It cannot be told from one that is slow, so nothing is taken from it. */
static void
hang(void)
{
	struct work far_work = { .side = &far };
	CK_SESSION_HANDLE s = 0;
	pthread_t far_thread;
	double before;
	CK_ULONG n = 0;

	order("HANG");
	atomic_store(&stop, false);
	pthread_create(&far_thread, NULL, work, &far_work);
	usleep(100000);
	before = now();
	is(sign(&near), CKR_OK, "while the far one hangs, the near one");
	is(f->C_OpenSession(near.slot, RW, NULL, NULL, &s), CKR_OK,
	    "and C_OpenSession");
	is(f->C_CloseSession(s), CKR_OK, "and C_CloseSession");
	check(now() - before < 3, "within %.3f s", now() - before);
	before = now();
	is(f->C_GetSlotList(CK_TRUE, NULL, &n), CKR_OK, "C_GetSlotList");
	check(now() - before < 8, "within %.1f s", now() - before);
	check(n >= 2, "still lists %lu", n);
	before = now();
	is(f->C_GetSlotList(CK_TRUE, NULL, &n), CKR_OK, "C_GetSlotList again");
	check(now() - before < 2, "within %.3f s", now() - before);
	before = now();
	is(f->C_Finalize(NULL), CKR_FUNCTION_FAILED, "C_Finalize");
	check(now() - before < 10, "within %.1f s", now() - before);
	is(f->C_GetSlotList(CK_TRUE, NULL, &n), CKR_CRYPTOKI_NOT_INITIALIZED,
	    "C_GetSlotList");
	order("RESUME");
	atomic_store(&stop, true);
	pthread_join(far_thread, NULL);
	check(true, "the call that hung ended: %s", token_rv_name(far_work.rv));
	begin();
	is(find_key(&far), CKR_OK, "the far key is found");
	is(sign(&far), CKR_OK, "and signs");
	is(find_key(&near), CKR_OK, "the near key is found");
	is(sign(&near), CKR_OK, "and signs");
	is(f->C_Finalize(NULL), CKR_OK, "C_Finalize");
}

static bool
load(const char *module)
{
	void *library = dlopen(module, RTLD_NOW | RTLD_LOCAL);

	union {
		void *object;
		CK_C_GetFunctionList function;
	} u;

	if (library == NULL) {
		printf("Bail out! %s\n", dlerror());
		return false;
	}
	u.object = dlsym(library, "C_GetFunctionList");
	return u.object != NULL && u.function(&f) == CKR_OK;
}

int
main(int argc, char **argv)
{
	if (argc != 4) {
		fprintf(stderr, "usage: %s MODULE FAR NEAR\n", argv[0]);
		return 2;
	}
	far.label = argv[2];
	near.label = argv[3];
	if (!load(argv[1]) ||
	    !vectors_read_own("tests/vectors/device-mac/data.hex", &data))
		return 99;
	begin();
	is(make_key(&far), CKR_OK, "a key in the far one");
	is(make_key(&near), CKR_OK, "a key in the near one");
	lose();
	hang();
	blob_reset(&data);
	printf("1..%d\n", count);
	return failures > 0;
}
