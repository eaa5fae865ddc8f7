/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * task: work on a device that may hang, done by a thread of its own, so that
 * whoever waits for it need not wait for ever. What is late goes on, and is
 * looked at by nobody any more.
 */
#ifndef MODULE_TASK_H
#define MODULE_TASK_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

#include "common/util.h"

/* Comes first in what a task works on. */
struct task {
	atomic_uint refs; /* of who waits, and of the thread */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool done;
	void (*run)(struct task *);
	void (*free)(struct task *); /* with what it is the first part of */
};

/* A moment from now, by a clock that nobody sets. */
struct timespec task_time_after(unsigned ms);

/*
 * One reference, for who waits. run and free get t and know what it is the
 * first part of. false: out of memory, nothing was made.
 */
bool task_init(struct task *t, void (*run)(struct task *),
    void (*free)(struct task *)) NODISCARD;
/* In a thread, or at once where there may be none or none can be made. */
void task_start(struct task *t, bool threads);
/* Is it done by then? */
bool task_wait(struct task *t, const struct timespec *until) NODISCARD;
/* The last one frees. NULL is fine. */
void task_unref(struct task *t);

#endif
