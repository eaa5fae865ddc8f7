/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Purpose-bound keys where processes compete, and where they are killed. Every
 * part runs in a child of its own, as PKCS#11 wants it.
 */
#include "config.h"

#include <sys/wait.h>

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/support/bound.h"
#include "tests/support/module-start.h"
#include "vendor-ext/purpose.h"

#define PROCESSES 4
#define THREADS   2
#define USES      60
#define KILLS     25

static struct softhsm hsm;
static struct blob peer, data;
static bool no_lock;

/* The lock between processes, as it is on a machine that has none. */
int __wrap_flock(int fd, int operation);
int __real_flock(int fd, int operation);

int
__wrap_flock(int fd, int operation)
{
	if (!no_lock)
		return __real_flock(fd, operation);
	errno = ENOLCK;
	return -1;
}

static int
setup(void **state)
{
	(void)state;
	if (!softhsm_new(&hsm, "module") || !softhsm_start(&hsm, "module"))
		return -1;
	softhsm_stop(&hsm);
	if (!module_configure(&hsm, NULL))
		return -1;
	bound_peer(curve_by_cose(1), &peer);
	bound_device_data(BOUND_DOC_TYPE, curve_by_cose(1), blob_bytes(&peer),
	    &data);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	blob_reset(&peer);
	blob_reset(&data);
	return 0;
}

/* ---- in a child: what is wrong ends it */

static void
need(bool good, const char *what)
{
	if (good)
		return;
	printf("# child %d: %s\n", (int)getpid(), what);
	fflush(stdout);
	_exit(1);
}

static CK_SESSION_HANDLE
start(void)
{
	CK_SESSION_HANDLE s;
	CK_RV rv;

	need(C_Initialize(NULL) == CKR_OK, "C_Initialize");
	need(C_OpenSession(hsm.slot, MODULE_RW, NULL, NULL, &s) == CKR_OK,
	    "C_OpenSession");
	rv = C_Login(s, CKU_USER, softhsm_pin, SOFTHSM_PIN_LEN);
	need(rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN, "C_Login");
	return s;
}

static CK_ULONG
find_by(CK_SESSION_HANDLE s, CK_ATTRIBUTE *t, CK_ULONG n_t,
    CK_OBJECT_HANDLE *ret)
{
	CK_OBJECT_HANDLE found[256];
	CK_ULONG n = 0;

	need(C_FindObjectsInit(s, t, n_t) == CKR_OK, "C_FindObjectsInit");
	need(C_FindObjects(s, found, nitems(found), &n) == CKR_OK,
	    "C_FindObjects");
	need(C_FindObjectsFinal(s) == CKR_OK, "C_FindObjectsFinal");
	if (n > 0 && ret != NULL)
		*ret = found[0];
	return n;
}

static CK_ULONG
find(CK_SESSION_HANDLE s, CK_OBJECT_CLASS class, CK_OBJECT_HANDLE *ret)
{
	CK_ATTRIBUTE t = { CKA_CLASS, &class, sizeof(class) };

	return find_by(s, &t, 1, ret);
}

/*
 * Rules and states. Where processes create objects at once, SoftHSMv2 fails
 * now and then and leaves an object of the class with nothing in it.
 */
static CK_ULONG
records(CK_SESSION_HANDLE s)
{
	static char rule[] = PURPOSE_APPLICATION;
	static char state[] = PURPOSE_STATE_APPLICATION;
	CK_ATTRIBUTE rules = { CKA_APPLICATION, rule, sizeof(rule) - 1 };
	CK_ATTRIBUTE states = { CKA_APPLICATION, state, sizeof(state) - 1 };

	return find_by(s, &rules, 1, NULL) + find_by(s, &states, 1, NULL);
}

static CK_ULONG
number(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE key, CK_ATTRIBUTE_TYPE type)
{
	CK_ULONG value = 0;
	CK_ATTRIBUTE a = { type, &value, sizeof(value) };

	need(C_GetAttributeValue(s, key, &a, 1) == CKR_OK,
	    "C_GetAttributeValue");
	return value;
}

static CK_RV
sign(CK_SESSION_HANDLE s, CK_MECHANISM_TYPE type, CK_OBJECT_HANDLE key)
{
	CK_BYTE out[128];
	CK_ULONG len = sizeof(out);

	return bound_sign(s, type, key, blob_bytes(&data), out, &len);
}

static void
destroy_all(CK_SESSION_HANDLE s)
{
	CK_OBJECT_HANDLE object;

	while (find(s, CKO_PRIVATE_KEY, &object) > 0)
		need(C_DestroyObject(s, object) == CKR_OK, "C_DestroyObject");
	while (find(s, CKO_PUBLIC_KEY, &object) > 0)
		need(C_DestroyObject(s, object) == CKR_OK, "C_DestroyObject");
}

/* ---- children */

typedef void child_fn(int report);

/* In the parent: a child, and where it reports. */
static pid_t
child(child_fn *run, int *ret_pipe)
{
	int ends[2];
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	fflush(stdout);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(ends[0]);
		run(ends[1]);
		_exit(0);
	}
	close(ends[1]);
	*ret_pipe = ends[0];
	return pid;
}

/*
 * Children that compete are started one after the other, for SoftHSMv2 writes
 * its token's file at a login, and a process that opens it then finds no token.
 * They begin when all are there.
 */
static int gate[2];

static void
gate_make(void)
{
	assert_int_equal(pipe(gate), 0);
}

static void
gate_pass(int report)
{
	char c;

	close(gate[1]);
	need(write(report, "s", 1) == 1, "write");
	need(read(gate[0], &c, 1) == 0, "the gate opens");
}

static void
gate_await(int report)
{
	char c;

	assert_int_equal(read(report, &c, 1), 1);
}

static void
gate_open(void)
{
	close(gate[0]);
	close(gate[1]);
}

/* How many bytes it has reported; it may have been killed. */
static size_t
reported(int fd)
{
	char bytes[256];
	size_t sum = 0;
	ssize_t n;

	while ((n = read(fd, bytes, sizeof(bytes))) > 0)
		sum += (size_t)n;
	close(fd);
	return sum;
}

static int
wait_for(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void
run(child_fn *f)
{
	int report;
	pid_t pid = child(f, &report);

	reported(report);
	assert_int_equal(wait_for(pid), 0);
}

/* ---- several processes, several threads */

static void
make_counted(int report)
{
	const struct bound_key k = {
		.id = "k", .purpose = MDOC_PURPOSE_DEVICE, .uses = USES
	};
	CK_SESSION_HANDLE s = start();
	CK_OBJECT_HANDLE key;

	(void)report;
	destroy_all(s);
	need(bound_generate(s, &k, &key, NULL) == CKR_OK, "C_GenerateKeyPair");
}

static int user_report;

static void *
use_thread(void *arg)
{
	CK_SESSION_HANDLE s;
	CK_OBJECT_HANDLE key;
	CK_RV rv;

	(void)arg;
	need(C_OpenSession(hsm.slot, MODULE_RW, NULL, NULL, &s) == CKR_OK,
	    "C_OpenSession");
	need(find(s, CKO_PRIVATE_KEY, &key) == 1, "one key");
	do {
		rv = sign(s, CKM_MDOC_DEVICE_SIGNATURE, key);
		if (rv == CKR_OK)
			need(write(user_report, "x", 1) == 1, "write");
		/* Without a lock, others may be faster again and again. */
	} while (rv == CKR_OK || (no_lock && rv == CKR_FUNCTION_FAILED));
	if (rv != CKR_KEY_FUNCTION_NOT_PERMITTED)
		printf("# 0x%lx\n", rv);
	need(rv == CKR_KEY_FUNCTION_NOT_PERMITTED, "no use is left");
	return NULL;
}

static void
use_up(int report)
{
	pthread_t threads[THREADS];

	user_report = report;
	start();
	gate_pass(report);
	for (size_t i = 0; i < THREADS; i++)
		need(pthread_create(&threads[i], NULL, use_thread, NULL) == 0,
		    "pthread_create");
	for (size_t i = 0; i < THREADS; i++)
		need(pthread_join(threads[i], NULL) == 0, "pthread_join");
}

static size_t
compete(void)
{
	int reports[PROCESSES];
	pid_t pids[PROCESSES];
	size_t sum = 0;

	run(make_counted);
	gate_make();
	for (size_t i = 0; i < PROCESSES; i++) {
		pids[i] = child(use_up, &reports[i]);
		gate_await(reports[i]);
	}
	gate_open();
	for (size_t i = 0; i < PROCESSES; i++)
		sum += reported(reports[i]);
	for (size_t i = 0; i < PROCESSES; i++)
		assert_int_equal(wait_for(pids[i]), 0);
	return sum;
}

static void
test_processes(void **state)
{
	(void)state;
	assert_int_equal(compete(), USES);
}

/* Then a use may be lost, and none is made twice. */
static void
test_processes_unlocked(void **state)
{
	size_t made;

	(void)state;
	no_lock = true;
	made = compete();
	no_lock = false;
	print_message("# %zu of %d uses without the lock\n", made, USES);
	assert_in_range(made, 1, USES);
}

/* Both want another method at the same time: one of them gets it. */
static CK_MECHANISM_TYPE wanted;

static void
make_one(int report)
{
	const struct bound_key k = { .id = "k",
		.purpose = MDOC_PURPOSE_DEVICE,
		.method = MDOC_METHOD_ONE };
	CK_SESSION_HANDLE s = start();
	CK_OBJECT_HANDLE key;

	(void)report;
	destroy_all(s);
	need(bound_generate(s, &k, &key, NULL) == CKR_OK, "C_GenerateKeyPair");
}

static void
use_one(int report)
{
	CK_SESSION_HANDLE s = start();
	CK_OBJECT_HANDLE key;
	CK_RV rv;

	need(find(s, CKO_PRIVATE_KEY, &key) == 1, "one key");
	gate_pass(report);
	rv = sign(s, wanted, key);
	need(rv == CKR_OK || rv == CKR_KEY_FUNCTION_NOT_PERMITTED, "sign");
	if (rv == CKR_OK)
		need(write(report, "x", 1) == 1, "write");
}

static void
test_method(void **state)
{
	int reports[2];
	pid_t pids[2];
	size_t sum;

	(void)state;
	for (int round = 0; round < 8; round++) {
		run(make_one);
		gate_make();
		for (int i = 0; i < 2; i++) {
			wanted =
			    i ? CKM_MDOC_DEVICE_MAC : CKM_MDOC_DEVICE_SIGNATURE;
			pids[i] = child(use_one, &reports[i]);
			gate_await(reports[i]);
		}
		gate_open();
		sum = reported(reports[0]) + reported(reports[1]);
		for (int i = 0; i < 2; i++)
			assert_int_equal(wait_for(pids[i]), 0);
		assert_int_equal(sum, 1);
	}
}

/* ---- killed at each call of the device */

static unsigned long calls_left;

static CK_RV
killer(const char *function)
{
	(void)function;
	if (calls_left-- == 0)
		raise(SIGKILL);
	return CKR_OK;
}

static void
generate_killed(int report)
{
	const struct bound_key k = {
		.id = "k", .purpose = MDOC_PURPOSE_DEVICE, .uses = USES
	};
	CK_SESSION_HANDLE s = start();
	CK_OBJECT_HANDLE key;

	(void)report;
	module_device()->fault = killer;
	need(bound_generate(s, &k, &key, NULL) == CKR_OK, "C_GenerateKeyPair");
	module_device()->fault = NULL;
}

/* A key without its rule was never there; a rule without its key does not
 * stand in the way. */
static void
generate_checked(int report)
{
	const struct bound_key k = { .id = "k",
		.purpose = MDOC_PURPOSE_READER };
	CK_SESSION_HANDLE s = start();
	CK_OBJECT_HANDLE key;

	(void)report;
	if (find(s, CKO_PRIVATE_KEY, &key) > 0) {
		need(number(s, key, CKA_MDOC_PURPOSE) == MDOC_PURPOSE_DEVICE,
		    "the key is bound");
		need(number(s, key, CKA_MDOC_USES_LEFT) == USES, "its uses");
		need(sign(s, CKM_ECDSA, key) == CKR_KEY_FUNCTION_NOT_PERMITTED,
		    "it is guarded");
		destroy_all(s);
	}
	need(bound_generate(s, &k, &key, NULL) == CKR_OK, "the name is free");
	need(number(s, key, CKA_MDOC_PURPOSE) == MDOC_PURPOSE_READER,
	    "the new rule");
	destroy_all(s);
	need(records(s) == 0, "nothing is left");
}

/* Until the work is done before the call to be killed at is reached. */
static unsigned long
kill_at_each(child_fn *work, child_fn *check)
{
	unsigned long at = 0;
	int report, status;
	pid_t pid;

	do {
		calls_left = at++;
		pid = child(work, &report);
		reported(report);
		status = wait_for(pid);
		assert_true(status == 0 ||
		    (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
		run(check);
	} while (status != 0);
	return at;
}

static void
clear(int report)
{
	(void)report;
	destroy_all(start());
}

static void
test_killed_generating(void **state)
{
	(void)state;
	run(clear);
	assert_true(kill_at_each(generate_killed, generate_checked) > 8);
}

static void
make_free(int report)
{
	const struct bound_key k = { .id = "k" };
	CK_SESSION_HANDLE s = start();
	CK_OBJECT_HANDLE key;

	(void)report;
	destroy_all(s);
	need(bound_generate(s, &k, &key, NULL) == CKR_OK, "C_GenerateKeyPair");
}

static const struct bound_key later = { .purpose = MDOC_PURPOSE_DEVICE,
	.method = MDOC_METHOD_ONE,
	.uses = USES };

static void
bind_killed(int report)
{
	CK_SESSION_HANDLE s = start();
	CK_OBJECT_HANDLE key;

	(void)report;
	need(find(s, CKO_PRIVATE_KEY, &key) == 1, "one key");
	module_device()->fault = killer;
	need(bound_set(s, key, &later) == CKR_OK, "C_SetAttributeValue");
	module_device()->fault = NULL;
}

/* It is bound, or it is not and can be. */
static void
bind_checked(int report)
{
	CK_SESSION_HANDLE s = start();
	CK_OBJECT_HANDLE key;

	need(find(s, CKO_PRIVATE_KEY, &key) == 1, "one key");
	if (number(s, key, CKA_MDOC_PURPOSE) == 0) {
		need(sign(s, CKM_MDOC_DEVICE_MAC, key) == CKR_OK, "not bound");
		need(bound_set(s, key, &later) == CKR_OK, "can be bound");
	}
	need(number(s, key, CKA_MDOC_PURPOSE) == MDOC_PURPOSE_DEVICE,
	    "it is bound");
	need(number(s, key, CKA_MDOC_USES_LEFT) == USES, "its uses");
	need(sign(s, CKM_MDOC_DEVICE_MAC, key) == CKR_OK, "works");
	need(C_Finalize(NULL) == CKR_OK, "C_Finalize");
	make_free(report);
}

static void
test_killed_binding(void **state)
{
	(void)state;
	run(make_free);
	assert_true(kill_at_each(bind_killed, bind_checked) > 8);
}

static void
use_killed(int report)
{
	CK_SESSION_HANDLE s = start();
	CK_OBJECT_HANDLE key;

	(void)report;
	need(find(s, CKO_PRIVATE_KEY, &key) == 1, "one key");
	module_device()->fault = killer;
	need(sign(s, CKM_MDOC_DEVICE_MAC, key) == CKR_OK, "sign");
	module_device()->fault = NULL;
}

static void
use_checked(int report)
{
	CK_SESSION_HANDLE s = start();
	CK_OBJECT_HANDLE key;
	CK_ULONG left;

	(void)report;
	need(find(s, CKO_PRIVATE_KEY, &key) == 1, "one key");
	left = number(s, key, CKA_MDOC_USES_LEFT);
	need(sign(s, CKM_MDOC_DEVICE_MAC, key) == CKR_OK, "works");
	need(number(s, key, CKA_MDOC_USES_LEFT) == left - 1, "counts");
	need(sign(s, CKM_ECDSA, key) == CKR_KEY_FUNCTION_NOT_PERMITTED,
	    "it is guarded");
	/* rule and state, whatever was left behind */
	need(records(s) == 2, "no more than needed");
}

static void
make_many(int report)
{
	const struct bound_key k = {
		.id = "k", .purpose = MDOC_PURPOSE_DEVICE, .uses = 100000
	};
	CK_SESSION_HANDLE s = start();
	CK_OBJECT_HANDLE key;

	(void)report;
	destroy_all(s);
	need(bound_generate(s, &k, &key, NULL) == CKR_OK, "C_GenerateKeyPair");
}

static void
test_killed_using(void **state)
{
	(void)state;
	run(make_many);
	assert_true(kill_at_each(use_killed, use_checked) > 8);
}

/* ---- killed anywhere, also where the device is writing */

static void
use_for_ever(int report)
{
	CK_SESSION_HANDLE s = start();
	CK_OBJECT_HANDLE key;

	need(find(s, CKO_PRIVATE_KEY, &key) == 1, "one key");
	need(write(report, "s", 1) == 1, "write");
	for (;;) {
		need(sign(s, CKM_MDOC_DEVICE_MAC, key) == CKR_OK, "sign");
		need(write(report, "x", 1) == 1, "write");
	}
}

static void
report_left(int report)
{
	CK_SESSION_HANDLE s = start();
	CK_OBJECT_HANDLE key;
	CK_ULONG left;

	need(find(s, CKO_PRIVATE_KEY, &key) == 1, "one key");
	need(sign(s, CKM_ECDSA, key) == CKR_KEY_FUNCTION_NOT_PERMITTED,
	    "it is guarded");
	left = number(s, key, CKA_MDOC_USES_LEFT);
	for (; left < 100000; left++)
		need(write(report, "x", 1) == 1, "write");
}

static void
test_killed_anywhere(void **state)
{
	size_t made = 0, spent;
	int report, status;
	pid_t pid;

	(void)state;
	run(make_many);
	for (long i = 0; i < KILLS; i++) {
		const struct timespec pause = { 0, i * 313000 };

		pid = child(use_for_ever, &report);
		/* It has begun, and every other time made a use. */
		for (long j = 0; j <= i % 2; j++)
			gate_await(report);
		made += (size_t)(i % 2);
		nanosleep(&pause, NULL);
		kill(pid, SIGKILL);
		made += reported(report);
		status = wait_for(pid);
		assert_true(WIFSIGNALED(status));
	}
	pid = child(report_left, &report);
	spent = reported(report);
	assert_int_equal(wait_for(pid), 0);
	print_message("# %zu uses made, %zu written down\n", made, spent);
	assert_true(made > 0);
	assert_in_range(spent, made, made + KILLS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_processes),
		cmocka_unit_test(test_processes_unlocked),
		cmocka_unit_test(test_method),
		cmocka_unit_test(test_killed_generating),
		cmocka_unit_test(test_killed_binding),
		cmocka_unit_test(test_killed_using),
		cmocka_unit_test(test_killed_anywhere),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
