/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <string.h>

#include "module/state/lock.h"

CK_RV
lock_choose(const CK_C_INITIALIZE_ARGS *args, struct lock_ops *ret)
{
	struct lock_ops ops = { NULL, NULL, NULL, NULL };
	int given;

	if (args != NULL) {
		given = (args->CreateMutex != NULL) +
		    (args->DestroyMutex != NULL) + (args->LockMutex != NULL) +
		    (args->UnlockMutex != NULL);
		if (args->pReserved != NULL || (given != 0 && given != 4))
			return CKR_ARGUMENTS_BAD;
		/* With the flag, the library may choose: the system's. */
		if (given == 4 && !(args->flags & CKF_OS_LOCKING_OK)) {
			ops.create = args->CreateMutex;
			ops.destroy = args->DestroyMutex;
			ops.lock = args->LockMutex;
			ops.unlock = args->UnlockMutex;
		}
	}
	*ret = ops;
	return CKR_OK;
}

CK_RV
lock_init(struct lock *l, const struct lock_ops *ops)
{
	memset(l, 0, sizeof(*l));
	if (ops->create != NULL) {
		l->ops = ops;
		return ops->create(&l->app);
	}
	return pthread_mutex_init(&l->os, NULL) == 0 ? CKR_OK : CKR_HOST_MEMORY;
}

void
lock_destroy(struct lock *l)
{
	if (l->ops != NULL)
		l->ops->destroy(l->app);
	else
		pthread_mutex_destroy(&l->os);
}

bool
rwlock_init(struct rwlock *l)
{
	l->ops = NULL;
	l->app = NULL;
	return pthread_rwlock_init(&l->os, NULL) == 0;
}

void
rwlock_destroy(struct rwlock *l)
{
	rwlock_revert(l);
	pthread_rwlock_destroy(&l->os);
}

CK_RV
rwlock_adopt(struct rwlock *l, const struct lock_ops *ops)
{
	CK_RV rv;

	if (ops->create == NULL)
		return CKR_OK;
	rv = ops->create(&l->app);
	if (rv == CKR_OK)
		l->ops = ops;
	return rv;
}

void
rwlock_revert(struct rwlock *l)
{
	if (l->ops != NULL)
		l->ops->destroy(l->app);
	l->ops = NULL;
	l->app = NULL;
}
