/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <sys/mman.h>

#include <stdlib.h>
#include <unistd.h>

#include "common/log.h"
#include "common/race.h"
#include "module/device/ending.h"
#include "module/session/session.h"
#include "module/state/state.h"

#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18
#endif

/* What a mark holds in the process that made it. */
#define MARK 0x6d646f63U

static struct state *_Atomic current;

/*
 * The mark lies in a page that the kernel clears in a child, so that a fork is
 * noticed without a system call, without a handler, and however it was done.
 * Where the kernel cannot do that, the process id is compared.
 */
static bool
mark_make(struct state *s)
{
	long size = sysconf(_SC_PAGESIZE);
	void *page;

	if (size <= 0)
		return false;
	page = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED)
		return false;
	if (madvise(page, (size_t)size, MADV_WIPEONFORK) != 0)
		s->pid = getpid();
	s->mark = page;
	atomic_init(s->mark, MARK);
	return true;
}

static inline bool
is_ours(const struct state *s)
{
	return atomic_load_explicit(s->mark, memory_order_relaxed) == MARK &&
	    (s->pid == 0 || s->pid == getpid());
}

/* Only one that was never used; otherwise it stays until the process ends. */
static void
state_free(struct state *s)
{
	munmap(s->mark, (size_t)sysconf(_SC_PAGESIZE));
	rwlock_destroy(&s->lock);
	pthread_mutex_destroy(&s->life);
	free(s);
}

/* inherited stays reachable and untouched. */
static struct state *
state_new(struct state *inherited)
{
	struct state *s;

	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return NULL;
	s->sessions = TABLE_INIT;
	s->inherited = inherited;
	if (pthread_mutex_init(&s->life, NULL) != 0 || !rwlock_init(&s->lock) ||
	    !mark_make(s)) {
		free(s);
		return NULL;
	}
	return s;
}

/* The state of this process, made if there is none; NULL: out of memory. */
static struct state *
state_get(void)
{
	struct state *s = atomic_load(&current), *mine;

	RACE_TAKE(&current);
	if (s != NULL && is_ours(s))
		return s;
	mine = state_new(s);
	if (mine == NULL)
		return NULL;
	RACE_GIVE(&current);
	if (atomic_compare_exchange_strong(&current, &s, mine))
		return mine;
	/* Another thread was faster. */
	state_free(mine);
	return s;
}

CK_RV
state_read(struct state **ret)
{
	struct state *s = atomic_load_explicit(&current, memory_order_acquire);
	CK_RV rv;

	if (s == NULL || !is_ours(s) ||
	    !atomic_load_explicit(&s->initialised, memory_order_acquire))
		return CKR_CRYPTOKI_NOT_INITIALIZED;
	rv = rwlock_read(&s->lock);
	if (rv != CKR_OK)
		return rv;
	if (!atomic_load_explicit(&s->initialised, memory_order_relaxed)) {
		rwlock_give(&s->lock);
		return CKR_CRYPTOKI_NOT_INITIALIZED;
	}
	*ret = s;
	return CKR_OK;
}

static CK_RV
initialize_locked(struct state *s, const CK_C_INITIALIZE_ARGS *args)
{
	struct conf_error error;
	struct conf conf = CONF_INIT;
	CK_RV rv;

	if (atomic_load(&s->initialised))
		return CKR_CRYPTOKI_ALREADY_INITIALIZED;
	rv = lock_choose(args, &s->ops);
	if (rv != CKR_OK)
		return rv;
	rv = conf_load(&conf, &error);
	if (rv != CKR_OK) {
		log_printf(LOG_ERROR, "conf", "%s", error.text);
		return rv;
	}
	/* An application with locks of its own has threads of its own. */
	s->threads = s->ops.create == NULL &&
	    (args == NULL ||
		!(args->flags & CKF_LIBRARY_CANT_CREATE_OS_THREADS));
	rv = rwlock_adopt(&s->lock, &s->ops);
	if (rv == CKR_OK)
		rv = devices_open(&conf, &s->ops, &s->devices);
	if (rv != CKR_OK) {
		rwlock_revert(&s->lock);
		conf_reset(&conf);
		return rv;
	}
	atomic_store_explicit(&s->initialised, true, memory_order_release);
	return CKR_OK;
}

CK_RV
state_initialize(const CK_C_INITIALIZE_ARGS *args)
{
	struct state *s;
	CK_RV rv;

	s = state_get();
	if (s == NULL)
		return CKR_HOST_MEMORY;
	/* Also because devices are careless: SoftHSMv2 does not lock here. */
	pthread_mutex_lock(&s->life);
	rv = initialize_locked(s, args);
	pthread_mutex_unlock(&s->life);
	return rv;
}

static CK_RV
finalize_locked(struct state *s)
{
	struct table sessions;
	struct devices *devices;
	CK_RV rv;

	if (!atomic_load(&s->initialised))
		return CKR_CRYPTOKI_NOT_INITIALIZED;
	rv = rwlock_write(&s->lock);
	if (rv != CKR_OK)
		return rv;
	atomic_store(&s->initialised, false);
	sessions = s->sessions;
	s->sessions = TABLE_INIT;
	devices = s->devices;
	s->devices = NULL;
	rwlock_give(&s->lock);
	rv = ending_all(devices, &sessions, s->threads);
	devices_unref(devices);
	rwlock_revert(&s->lock);
	return rv;
}

/*
 * In a child that was never initialised, what the parent had is forgotten, as
 * its cleanup code expects, and no device hears of it.
 */
static CK_RV
finalize_inherited(struct state *s)
{
	bool was = s != NULL && atomic_load(&s->initialised);

	if (!was)
		return CKR_CRYPTOKI_NOT_INITIALIZED;
	return state_get() != NULL ? CKR_OK : CKR_HOST_MEMORY;
}

CK_RV
state_finalize(void)
{
	struct state *s = atomic_load(&current);
	CK_RV rv;

	if (s == NULL || !is_ours(s))
		return finalize_inherited(s);
	pthread_mutex_lock(&s->life);
	rv = finalize_locked(s);
	pthread_mutex_unlock(&s->life);
	return rv;
}
