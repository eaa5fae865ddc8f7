/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "module/device/task.h"

static atomic_uint freed;

struct job {
	struct task task;
	pthread_t caller;
	atomic_bool go;
	bool same_thread;
	bool signals; /* may reach it */
};

static void
job_run(struct task *t)
{
	struct job *j = (struct job *)(void *)t;
	sigset_t mask;

	j->same_thread = pthread_equal(j->caller, pthread_self()) != 0;
	(void)pthread_sigmask(SIG_SETMASK, NULL, &mask);
	j->signals = sigismember(&mask, SIGUSR1) == 0;
	while (!atomic_load(&j->go))
		(void)nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
}

static void
job_free(struct task *t)
{
	atomic_fetch_add(&freed, 1);
	free(t);
}

static struct job *
job_new(bool go)
{
	struct job *j = calloc(1, sizeof(*j));

	assert_non_null(j);
	j->caller = pthread_self();
	atomic_init(&j->go, go);
	atomic_store(&freed, 0);
	assert_true(task_init(&j->task, job_run, job_free));
	return j;
}

static void
freed_soon(void)
{
	for (int i = 0; i < 1000 && atomic_load(&freed) == 0; i++)
		(void)nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
	assert_int_equal(freed, 1);
}

static void
test_in_time(void **state)
{
	struct timespec until = task_time_after(10000);
	struct job *j = job_new(true);

	(void)state;
	task_start(&j->task, true);
	assert_true(task_wait(&j->task, &until));
	assert_false(j->same_thread);
	assert_false(j->signals);
	/* Asked again, it says the same. */
	assert_true(task_wait(&j->task, &until));
	task_unref(&j->task);
	freed_soon();
}

/* Who gave up must not free what the thread works on. */
static void
test_late(void **state)
{
	struct timespec until = task_time_after(20);
	struct job *j = job_new(false);

	(void)state;
	task_start(&j->task, true);
	assert_false(task_wait(&j->task, &until));
	task_unref(&j->task);
	assert_int_equal(freed, 0);
	atomic_store(&j->go, true);
	freed_soon();
}

static void
test_no_threads(void **state)
{
	struct timespec until = task_time_after(0);
	struct job *j = job_new(true);

	(void)state;
	task_start(&j->task, false);
	assert_true(task_wait(&j->task, &until));
	assert_true(j->same_thread);
	task_unref(&j->task);
	assert_int_equal(freed, 1);
	task_unref(NULL);
}

static void
test_time(void **state)
{
	struct timespec a = task_time_after(0), b = task_time_after(2999);

	(void)state;
	assert_true(b.tv_nsec >= 0 && b.tv_nsec < 1000000000L);
	assert_true(b.tv_sec >= a.tv_sec + 2 && b.tv_sec <= a.tv_sec + 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_time),
		cmocka_unit_test(test_late),
		cmocka_unit_test(test_no_threads),
		cmocka_unit_test(test_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
