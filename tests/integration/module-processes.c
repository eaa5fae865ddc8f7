/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * module-processes MODULE TOKEN: prints TAP. fork() and its relatives, two
 * users in one process, and several processes on one token (PIN 1234).
 */
#include "config.h"

#include <sys/wait.h>

#include <dlfcn.h>
#include <pthread.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <p11-kit/p11-kit.h>
#include <p11-kit/pkcs11.h>
#include <p11-mdoc/pkcs11-mdoc.h>

#include "common/util.h"
#include "tests/support/vectors.h"
#include "vendor-ext/token.h"

#define RW        (CKF_SERIAL_SESSION | CKF_RW_SESSION)
#define PROCESSES 5
#define ROUNDS    15
#define THREADS   4
#define FORKS     20

static CK_FUNCTION_LIST *f;
static const char *module, *label;
static CK_SLOT_ID slot;
static CK_SESSION_HANDLE s;
static CK_OBJECT_HANDLE key;
static struct blob data;
static int count, failures;

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

/* ---- a token */

static CK_RV
find_slot(CK_FUNCTION_LIST *l, CK_SLOT_ID *ret)
{
	CK_SLOT_ID slots[32];
	CK_ULONG n = nitems(slots);
	CK_TOKEN_INFO info;
	size_t len = strlen(label);
	CK_RV rv = l->C_GetSlotList(CK_TRUE, slots, &n);

	for (CK_ULONG i = 0; rv == CKR_OK && i < n; i++) {
		if (l->C_GetTokenInfo(slots[i], &info) == CKR_OK &&
		    memcmp(info.label, label, len) == 0 &&
		    info.label[len] == ' ') {
			*ret = slots[i];
			return CKR_OK;
		}
	}
	return rv == CKR_OK ? CKR_TOKEN_NOT_PRESENT : rv;
}

/* The login of a parent is its child's, too, with a device like SoftHSMv2. */
static CK_RV
login(CK_SESSION_HANDLE session)
{
	CK_UTF8CHAR pin[] = "1234";
	CK_RV rv = f->C_Login(session, CKU_USER, pin, 4);

	return rv == CKR_USER_ALREADY_LOGGED_IN ? CKR_OK : rv;
}

static CK_RV
make_key(void)
{
	CK_BYTE p256[] = { 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7 };
	CK_MECHANISM m = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE pub[] = { { CKA_EC_PARAMS, p256, sizeof(p256) } };
	CK_ATTRIBUTE priv[] = { { CKA_SIGN, &yes, 1 }, { CKA_DERIVE, &yes, 1 },
		{ CKA_TOKEN, &yes, 1 } };
	CK_OBJECT_HANDLE o;

	return f->C_GenerateKeyPair(s, &m, pub, nitems(pub), priv, nitems(priv),
	    &o, &key);
}

static CK_RV
find_one(CK_SESSION_HANDLE session, CK_ATTRIBUTE *t, CK_ULONG n_t,
    CK_OBJECT_HANDLE *ret)
{
	CK_ULONG n = 0;
	CK_RV rv;

	rv = f->C_FindObjectsInit(session, t, n_t);
	if (rv == CKR_OK)
		rv = f->C_FindObjects(session, ret, 1, &n);
	if (rv == CKR_OK)
		rv = f->C_FindObjectsFinal(session);
	return rv == CKR_OK && n == 0 ? CKR_OBJECT_HANDLE_INVALID : rv;
}

static CK_RV
find_key(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *ret)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE a = { CKA_CLASS, &class, sizeof(class) };

	return find_one(session, &a, 1, ret);
}

static CK_RV
sign(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE with, CK_MECHANISM_TYPE type)
{
	CK_MECHANISM m = { type, NULL, 0 };
	CK_BYTE out[128];
	CK_ULONG len = sizeof(out), n = type == CKM_ECDSA ? 32 : data.len;
	CK_RV rv = f->C_SignInit(session, &m, with);

	return rv == CKR_OK ? f->C_Sign(session, data.ptr, n, out, &len) : rv;
}

/* C_Initialize to C_Finalize; the number of the step that failed, or 0. */
static int
whole_life(void)
{
	CK_SESSION_HANDLE mine;
	CK_OBJECT_HANDLE k;

	if (f->C_Initialize(NULL) != CKR_OK)
		return 11;
	if (find_slot(f, &slot) != CKR_OK)
		return 12;
	if (f->C_OpenSession(slot, RW, NULL, NULL, &mine) != CKR_OK)
		return 13;
	if (login(mine) != CKR_OK)
		return 14;
	if (find_key(mine, &k) != CKR_OK)
		return 15;
	if (sign(mine, k, CKM_ECDSA) != CKR_OK)
		return 16;
	if (sign(mine, k, CKM_MDOC_DEVICE_MAC) != CKR_OK)
		return 17;
	if (f->C_CloseSession(mine) != CKR_OK)
		return 18;
	return f->C_Finalize(NULL) == CKR_OK ? 0 : 19;
}

static int
status_of(pid_t pid)
{
	int status = -1;

	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void
alive(const char *after)
{
	CK_SESSION_INFO info;

	check(f->C_GetSessionInfo(s, &info) == CKR_OK &&
		info.state == CKS_RW_USER_FUNCTIONS &&
		sign(s, key, CKM_ECDSA) == CKR_OK &&
		sign(s, key, CKM_MDOC_DEVICE_MAC) == CKR_OK,
	    "the parent's session works after %s", after);
}

/* ---- fork and the like */

/* Nothing of the parent's is there; the child may begin anew. */
static int
child(bool finalises)
{
	CK_SESSION_INFO info;
	CK_ULONG n;

	alarm(30);
	if (f->C_GetSessionInfo(s, &info) != CKR_CRYPTOKI_NOT_INITIALIZED)
		return 1;
	if (f->C_GetSlotList(CK_TRUE, NULL, &n) != CKR_CRYPTOKI_NOT_INITIALIZED)
		return 2;
	if (sign(s, key, CKM_MDOC_DEVICE_MAC) != CKR_CRYPTOKI_NOT_INITIALIZED)
		return 3;
	if (finalises && f->C_Finalize(NULL) != CKR_OK)
		return 4;
	if (finalises && f->C_Finalize(NULL) != CKR_CRYPTOKI_NOT_INITIALIZED)
		return 5;
	return whole_life();
}

static void
forks(void)
{
	char *argv[] = { (char[]){ "true" }, NULL };
	pid_t pid;

	for (int i = 0; i < 2; i++) {
		pid = fork();
		if (pid == 0)
			_exit(child(i == 1));
		check(status_of(pid) == 0, "a child begins anew%s",
		    i == 1 ? ", after C_Finalize" : "");
		alive("fork");
	}
	/* A grandchild of a child that uses it */
	pid = fork();
	if (pid == 0) {
		alarm(30);
		if (f->C_Initialize(NULL) != CKR_OK)
			_exit(1);
		pid = fork();
		if (pid == 0)
			_exit(child(false));
		_exit(status_of(pid));
	}
	check(status_of(pid) == 0, "and a child of a child");
	alive("two forks");
	check(posix_spawnp(&pid, "true", NULL, NULL, argv, environ) == 0 &&
		status_of(pid) == 0,
	    "posix_spawn");
	alive("posix_spawn");
	check(system("exit 3") == 3 << 8, "system");
	alive("system");
}

static atomic_bool stop;

static void *
be_busy(void *p)
{
	unsigned *bad = p;
	CK_SESSION_HANDLE mine;

	while (!atomic_load(&stop)) {
		*bad += f->C_OpenSession(slot, RW, NULL, NULL, &mine) != CKR_OK;
		*bad += sign(mine, key, CKM_ECDSA) != CKR_OK;
		*bad += sign(mine, key, CKM_MDOC_DEVICE_MAC) != CKR_OK;
		*bad += f->C_CloseSession(mine) != CKR_OK;
	}
	return NULL;
}

/*
 * What a child of a busy parent may do at least. To begin anew is left out:
 * what other threads held of p11-kit's and the device's locks when it was made
 * is held for ever.
 */
static void
forks_while_busy(void)
{
	unsigned bad[THREADS] = { 0 }, good = 0, wrong = 0;
	pthread_t thread[THREADS];
	CK_SESSION_INFO info;
	pid_t pid;

	atomic_store(&stop, false);
	for (int i = 0; i < THREADS; i++)
		pthread_create(&thread[i], NULL, be_busy, &bad[i]);
	for (int i = 0; i < FORKS; i++) {
		pid = fork();
		if (pid == 0) {
			alarm(20);
			if (f->C_GetSessionInfo(s, &info) !=
			    CKR_CRYPTOKI_NOT_INITIALIZED)
				_exit(1);
			_exit(f->C_Finalize(NULL) == CKR_OK ? 0 : 2);
		}
		good += status_of(pid) == 0;
	}
	atomic_store(&stop, true);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(thread[i], NULL);
		wrong += bad[i];
	}
	check(good == FORKS, "%u of %d children of a busy parent", good, FORKS);
	check(wrong == 0, "whose threads were not disturbed");
}

/* ---- users in one process */

static void
two_users(void)
{
	CK_FUNCTION_LIST *a = p11_kit_module_load(module, 0);
	CK_FUNCTION_LIST *b = p11_kit_module_load(module, 0);
	CK_SESSION_HANDLE of_a = 0, of_b = 0;
	CK_SESSION_INFO info;

	if (a == NULL || b == NULL) {
		check(false, "p11-kit loads it: %s", p11_kit_message());
		return;
	}
	is(p11_kit_module_initialize(a), CKR_OK, "one user, by p11-kit");
	is(p11_kit_module_initialize(b), CKR_OK, "and another");
	is(a->C_OpenSession(slot, RW, NULL, NULL, &of_a), CKR_OK,
	    "a session of the one");
	is(b->C_OpenSession(slot, RW, NULL, NULL, &of_b), CKR_OK,
	    "a session of the other");
	is(p11_kit_module_finalize(a), CKR_OK, "the one ends");
	is(b->C_GetSessionInfo(of_b, &info), CKR_OK, "the other goes on");
	is(f->C_GetSessionInfo(of_a, &info), CKR_SESSION_HANDLE_INVALID,
	    "without the session of the one");
	is(p11_kit_module_finalize(b), CKR_OK, "the other ends");
	p11_kit_module_release(a);
	p11_kit_module_release(b);
}

/* ---- processes */

static CK_RV
credential(CK_SESSION_HANDLE mine, CK_BYTE number, const char **step)
{
	CK_OBJECT_CLASS class = CKO_MDOC_CREDENTIAL;
	CK_BBOOL yes = CK_TRUE;
	CK_BYTE value[] = { 0xa0 }, back[4];
	char name[] = "processes", doc_type[] = "org.iso.18013.5.1.mDL";
	CK_ULONG from = 1700000000, until = 1900000000;
	CK_ATTRIBUTE t[] = { { CKA_CLASS, &class, sizeof(class) },
		{ CKA_ID, &number, 1 }, { CKA_TOKEN, &yes, 1 },
		{ CKA_LABEL, name, 9 }, { CKA_MDOC_DOC_TYPE, doc_type, 21 },
		{ CKA_MDOC_VALID_FROM, &from, sizeof(from) },
		{ CKA_MDOC_VALID_UNTIL, &until, sizeof(until) },
		{ CKA_VALUE, value, sizeof(value) } };
	CK_ATTRIBUTE a = { CKA_VALUE, back, sizeof(back) };
	CK_OBJECT_HANDLE o;
	CK_RV rv;

	*step = "C_CreateObject";
	rv = f->C_CreateObject(mine, t, nitems(t), &o);
	if (rv == CKR_OK) {
		*step = "C_FindObjects";
		rv = find_one(mine, t, 2, &o);
	}
	if (rv == CKR_OK) {
		*step = "C_GetAttributeValue";
		rv = f->C_GetAttributeValue(mine, o, &a, 1);
	}
	if (rv == CKR_OK && (a.ulValueLen != 1 || back[0] != 0xa0))
		rv = CKR_DATA_INVALID;
	if (rv == CKR_OK) {
		*step = "C_DestroyObject";
		rv = f->C_DestroyObject(mine, o);
	}
	return rv;
}

/*
 * SoftHSMv2 2.6.1 writes the token's file anew at each login, and a process
 * that starts in that instant does not see the token: it has to begin again.
 */
static CK_RV
enter(CK_SESSION_HANDLE *ret)
{
	CK_RV rv = CKR_OK;

	for (int i = 0; i < 200; i++) {
		rv = f->C_Initialize(NULL);
		if (rv == CKR_OK)
			rv = f->C_OpenSession(slot, RW, NULL, NULL, ret);
		if (rv == CKR_OK)
			rv = login(*ret);
		if (rv == CKR_OK)
			break;
		(void)f->C_Finalize(NULL);
		usleep(20000);
	}
	return rv;
}

/* Says which step failed in which round. */
static int
worker(CK_BYTE number)
{
	CK_SESSION_HANDLE mine;
	const char *step = NULL;
	CK_OBJECT_HANDLE k;
	CK_RV rv;

	alarm(100);
	rv = enter(&mine);
	if (rv == CKR_OK)
		rv = find_key(mine, &k);
	if (rv != CKR_OK)
		printf("# process %d: %s\n", number, token_rv_name(rv));
	for (int i = 0; rv == CKR_OK && i < ROUNDS; i++) {
		step = "signature";
		rv = sign(mine, k, CKM_ECDSA);
		if (rv == CKR_OK) {
			step = "MAC";
			rv = sign(mine, k, CKM_MDOC_DEVICE_MAC);
		}
		if (rv == CKR_OK)
			rv = credential(mine, number, &step);
		if (rv != CKR_OK)
			printf("# process %d, round %d: %s: %s\n", number, i,
			    step, token_rv_name(rv));
	}
	fflush(stdout);
	return rv == CKR_OK && f->C_Finalize(NULL) == CKR_OK ? 0 : 1;
}

/* Before C_Initialize, so that each child is like a program of its own. */
static void
processes(void)
{
	unsigned good = 0;
	pid_t pid[PROCESSES];
	CK_OBJECT_CLASS class = CKO_MDOC_CREDENTIAL;
	CK_ATTRIBUTE a = { CKA_CLASS, &class, sizeof(class) };
	CK_OBJECT_HANDLE o;

	for (int i = 0; i < PROCESSES; i++) {
		pid[i] = fork();
		if (pid[i] == 0)
			_exit(worker((CK_BYTE)(i + 1)));
	}
	for (int i = 0; i < PROCESSES; i++)
		good += status_of(pid[i]) == 0;
	check(good == PROCESSES,
	    "%u of %d processes signed, stored and destroyed %d times", good,
	    PROCESSES, ROUNDS);
	is(f->C_Initialize(NULL), CKR_OK, "C_Initialize");
	is(f->C_OpenSession(slot, RW, NULL, NULL, &s), CKR_OK, "a session");
	is(login(s), CKR_OK, "a login");
	is(find_one(s, &a, 1, &o), CKR_OBJECT_HANDLE_INVALID,
	    "nothing is left of it");
	is(find_key(s, &key), CKR_OK, "the key is");
}

/* ---- the token is initialised anew under our feet, by another process */

static void
reinitialised(void)
{
	CK_UTF8CHAR so_pin[] = "12345678";
	CK_SLOT_ID there;
	CK_RV rv;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		alarm(30);
		if (f->C_Finalize(NULL) != CKR_OK)
			_exit(1);
		/* A program of its own: the parent's sessions are not its. */
		execl("/proc/self/exe", "module-processes", module, label,
		    "anew", (char *)NULL);
		_exit(2);
	}
	check(status_of(pid) == 0, "another process initialises the token");
	rv = sign(s, key, CKM_ECDSA);
	check(rv != CKR_OK, "the key of before does not sign: %s",
	    token_rv_name(rv));
	rv = sign(s, key, CKM_MDOC_DEVICE_MAC);
	check(rv != CKR_OK, "nor does it authenticate: %s", token_rv_name(rv));
	is(f->C_Finalize(NULL), CKR_OK, "C_Finalize");
	is(f->C_Initialize(NULL), CKR_OK, "C_Initialize");
	label = "anew";
	is(find_slot(f, &there), CKR_OK, "the new token");
	is(f->C_OpenSession(there, RW, NULL, NULL, &s), CKR_OK, "a session");
	is(f->C_Login(s, CKU_SO, so_pin, 8), CKR_OK, "a login");
}

static int
init_token(void)
{
	CK_UTF8CHAR so_pin[] = "12345678", padded[32];

	memset(padded, ' ', sizeof(padded));
	memcpy(padded, "anew", 4);
	if (f->C_Initialize(NULL) != CKR_OK || find_slot(f, &slot) != CKR_OK ||
	    f->C_InitToken(slot, so_pin, 8, padded) != CKR_OK)
		return 1;
	return f->C_Finalize(NULL) == CKR_OK ? 0 : 1;
}

static bool
load(void)
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
	if (argc < 3) {
		fprintf(stderr, "usage: %s MODULE TOKEN\n", argv[0]);
		return 2;
	}
	module = argv[1];
	label = argv[2];
	if (!load() ||
	    !vectors_read_own("tests/vectors/device-mac/data.hex", &data))
		return 99;
	if (argc > 3)
		return init_token();
	is(f->C_Initialize(NULL), CKR_OK, "C_Initialize");
	is(f->C_Initialize(NULL), CKR_CRYPTOKI_ALREADY_INITIALIZED,
	    "C_Initialize again");
	is(find_slot(f, &slot), CKR_OK, "the token");
	is(f->C_OpenSession(slot, RW, NULL, NULL, &s), CKR_OK, "a session");
	is(login(s), CKR_OK, "a login");
	is(make_key(), CKR_OK, "a key");
	forks();
	forks_while_busy();
	alive("many forks");
	is(f->C_Finalize(NULL), CKR_OK, "C_Finalize");
	two_users();
	processes();
	reinitialised();
	is(f->C_Finalize(NULL), CKR_OK, "C_Finalize");
	blob_reset(&data);
	printf("1..%d\n", count);
	return failures > 0;
}
