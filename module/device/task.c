/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <signal.h>

#include "common/race.h"
#include "module/device/task.h"

struct timespec
task_time_after(unsigned ms)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += ms / 1000;
	t.tv_nsec += ms % 1000 * 1000000L;
	if (t.tv_nsec >= 1000000000L) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000L;
	}
	return t;
}

bool
task_init(struct task *t, void (*run)(struct task *),
    void (*release)(struct task *))
{
	pthread_condattr_t attr;
	bool good;

	if (pthread_condattr_init(&attr) != 0)
		return false;
	good = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 &&
	    pthread_cond_init(&t->changed, &attr) == 0;
	pthread_condattr_destroy(&attr);
	if (!good)
		return false;
	if (pthread_mutex_init(&t->lock, NULL) != 0) {
		pthread_cond_destroy(&t->changed);
		return false;
	}
	atomic_init(&t->refs, 1);
	t->done = false;
	t->run = run;
	t->free = release;
	return true;
}

static void
task_end(struct task *t)
{
	RACE_TAKE(t);
	pthread_cond_destroy(&t->changed);
	pthread_mutex_destroy(&t->lock);
	t->free(t);
}

void
task_unref(struct task *t)
{
	if (t == NULL)
		return;
	RACE_GIVE(t);
	if (atomic_fetch_sub(&t->refs, 1) == 1)
		task_end(t);
}

/*
 * The reference goes before anybody is woken: who waited ends the task, and
 * nothing of it is touched by this thread any more when the process goes on,
 * perhaps to its end.
 */
static void *
task_main(void *p)
{
	struct task *t = p;
	bool last;

	t->run(t);
	pthread_mutex_lock(&t->lock);
	t->done = true;
	RACE_GIVE(t);
	last = atomic_fetch_sub(&t->refs, 1) == 1;
	pthread_cond_broadcast(&t->changed);
	pthread_mutex_unlock(&t->lock);
	if (last)
		task_end(t);
	return NULL;
}

/* The application's signal handlers are for its own threads. */
static bool
thread_start(struct task *t)
{
	sigset_t all, before;
	pthread_attr_t attr;
	pthread_t thread;
	bool good;

	if (pthread_attr_init(&attr) != 0)
		return false;
	(void)sigfillset(&all);
	good =
	    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED) == 0 &&
	    pthread_sigmask(SIG_SETMASK, &all, &before) == 0;
	if (good) {
		good = pthread_create(&thread, &attr, task_main, t) == 0;
		(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	}
	pthread_attr_destroy(&attr);
	return good;
}

void
task_start(struct task *t, bool threads)
{
	atomic_fetch_add(&t->refs, 1);
	if (!threads || !thread_start(t))
		(void)task_main(t);
}

bool
task_wait(struct task *t, const struct timespec *until)
{
	int error = 0;
	bool done;

	pthread_mutex_lock(&t->lock);
	while (!t->done && error == 0)
		error = pthread_cond_timedwait(&t->changed, &t->lock, until);
	done = t->done;
	pthread_mutex_unlock(&t->lock);
	return done;
}
