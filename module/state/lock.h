/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lock: mutexes and reader/writer locks, of the system or of the application
 * (CK_C_INITIALIZE_ARGS, PKCS#11 2.40 section 5.4). An application has no
 * reader/writer locks to offer: with its functions all are mutexes.
 */
#ifndef MODULE_LOCK_H
#define MODULE_LOCK_H

#include <pthread.h>
#include <stdbool.h>

#include <p11-kit/pkcs11.h>

#include "common/util.h"

/* The application's functions; all NULL: the system's are used. */
struct lock_ops {
	CK_CREATEMUTEX create;
	CK_DESTROYMUTEX destroy;
	CK_LOCKMUTEX lock;
	CK_UNLOCKMUTEX unlock;
};

struct lock {
	const struct lock_ops *ops; /* NULL: the system's */
	void *app;
	pthread_mutex_t os;
};

struct rwlock {
	const struct lock_ops *ops;
	void *app;
	pthread_rwlock_t os;
};

/*
 * Which functions does args ask for? Checks them: CKR_ARGUMENTS_BAD if some
 * of the four are missing or pReserved is used. args may be NULL.
 */
CK_RV
lock_choose(const CK_C_INITIALIZE_ARGS *args, struct lock_ops *ret) NODISCARD;

/* ops must outlive the lock. */
CK_RV lock_init(struct lock *l, const struct lock_ops *ops) NODISCARD;
void lock_destroy(struct lock *l);
/* The system's at first. */
bool rwlock_init(struct rwlock *l) NODISCARD;
void rwlock_destroy(struct rwlock *l);
/* Uses the application's functions, if ops has any, until rwlock_revert(). */
CK_RV rwlock_adopt(struct rwlock *l, const struct lock_ops *ops) NODISCARD;
void rwlock_revert(struct rwlock *l);

/* Anything but CKR_OK is the application's, and the lock is not held. */
static inline CK_RV
lock_take(struct lock *l)
{
	if (l->ops != NULL)
		return l->ops->lock(l->app);
	return pthread_mutex_lock(&l->os) == 0 ? CKR_OK : CKR_GENERAL_ERROR;
}

static inline void
lock_give(struct lock *l)
{
	if (l->ops != NULL)
		l->ops->unlock(l->app);
	else
		pthread_mutex_unlock(&l->os);
}

static inline CK_RV
rwlock_read(struct rwlock *l)
{
	if (l->ops != NULL)
		return l->ops->lock(l->app);
	return pthread_rwlock_rdlock(&l->os) == 0 ? CKR_OK : CKR_GENERAL_ERROR;
}

static inline CK_RV
rwlock_write(struct rwlock *l)
{
	if (l->ops != NULL)
		return l->ops->lock(l->app);
	return pthread_rwlock_wrlock(&l->os) == 0 ? CKR_OK : CKR_GENERAL_ERROR;
}

static inline void
rwlock_give(struct rwlock *l)
{
	if (l->ops != NULL)
		l->ops->unlock(l->app);
	else
		pthread_rwlock_unlock(&l->os);
}

#endif
