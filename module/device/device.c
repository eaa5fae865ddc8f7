/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include <p11-kit/p11-kit.h>

#include "common/log.h"
#include "common/race.h"
#include "module/device/device.h"
#include "module/device/handle.h"
#include "module/device/sigpipe.h"
#include "module/store/store.h"
#include "vendor-ext/token.h"

/* Do two addresses belong to one loaded file, whatever its name was? */
static bool
same_file(const void *a, const void *b)
{
	Dl_info x, y;

	return a != NULL && b != NULL && dladdr(a, &x) != 0 &&
	    dladdr(b, &y) != 0 && x.dli_fbase == y.dli_fbase;
}

/* dlsym() with the type that C wants. */
static CK_C_GetFunctionList
function_list_getter(void *library)
{
	union {
		void *object;
		CK_C_GetFunctionList function;
	} u;

	u.object = dlsym(library, "C_GetFunctionList");
	return u.function;
}

/*
 * A function list of 3.x. It comes from the library itself: p11-kit 0.24 knows
 * 2.40 only, and does not number sessions and objects anew.
 */
static void *
list_3(void *library, unsigned char minor)
{
	CK_UTF8CHAR name[] = "PKCS 11";
	CK_VERSION version = { 3, minor };
	CK_INTERFACE *i = NULL;
	const CK_VERSION *got;

	union {
		void *object;
		CK_C_GetInterface function;
	} get;

	get.object = dlsym(library, "C_GetInterface");
	if (get.object == NULL ||
	    get.function(name, &version, &i, 0) != CKR_OK || i == NULL ||
	    i->pFunctionList == NULL)
		return NULL;
	/* Some answer with what they have instead. */
	got = i->pFunctionList;
	return got->major == 3 && got->minor == minor ? i->pFunctionList : NULL;
}

/* 3.1 has the functions of 3.0; every list begins with those of the older. */
static void
lists_3_find(struct device *d)
{
	d->f32 = list_3(d->library, 2);
	for (unsigned char minor = 0; d->f3 == NULL && minor <= 2; minor++)
		d->f3 = list_3(d->library, minor);
}

/*
 * A module that leads back here would call itself for ever. p11-kit-proxy.so
 * is another name of libp11-kit: there, the functions of a module and those of
 * p11-kit come from one file.
 */
static CK_RV
refuse_loop(const struct device *d)
{
	static const char here;
	const void *list = dlsym(d->library, "C_GetFunctionList");
	const char *what = NULL;

	if (list == NULL)
		what = "not a PKCS#11 module";
	else if (same_file(list, &here))
		what = "p11-mdoc itself";
	else if (same_file(list, dlsym(d->library, "p11_kit_module_load")))
		what = "p11-kit's proxy, which may lead back here";
	if (what == NULL)
		return CKR_OK;
	log_printf(LOG_ERROR, "device", "[device %s] %s is %s", d->conf.name,
	    d->conf.module, what);
	return CKR_GENERAL_ERROR;
}

/* p11-kit counts who uses a module, so that others in this process may too. */
static CK_RV
open_managed(struct device *d)
{
	CK_RV rv;

	d->f = p11_kit_module_load(d->conf.module, 0);
	if (d->f == NULL) {
		log_printf(LOG_ERROR, "device", "[device %s] %s: %s",
		    d->conf.name, d->conf.module, p11_kit_message());
		return CKR_GENERAL_ERROR;
	}
	d->managed = true;
	rv = p11_kit_module_initialize(d->f);
	if (rv == CKR_OK)
		d->initialised = true;
	return rv;
}

/*
 * A module that wants an initialisation string: p11-kit 0.24 hands over one
 * only from its own configuration. If somebody else initialised the module
 * before, it is theirs to finalise.
 */
static CK_RV
open_direct(struct device *d, CK_FLAGS flags)
{
	CK_C_INITIALIZE_ARGS args;
	CK_RV rv;

	rv = function_list_getter(d->library)(&d->f);
	if (rv != CKR_OK)
		return rv;
	memset(&args, 0, sizeof(args));
	args.flags = flags;
	args.pReserved = d->conf.init_args;
	rv = d->f->C_Initialize(&args);
	if (rv == CKR_CRYPTOKI_ALREADY_INITIALIZED)
		return CKR_OK;
	d->initialised = rv == CKR_OK;
	return rv;
}

/* A module that cannot lock: one call at a time then. */
static CK_RV
open_unlocked(struct device *d)
{
	if (d->managed)
		p11_kit_module_release(d->f);
	d->managed = false;
	d->conf.lock = CONF_LOCK_MODULE;
	log_printf(LOG_INFO, "device",
	    "[device %s] does not lock, lock = module is forced", d->conf.name);
	return open_direct(d, 0);
}

/* All of them, for a device may turn out to need some when it is opened. */
static CK_RV
locks_init(struct device *d, const struct lock_ops *ops)
{
	CK_RV rv = CKR_OK;

	for (d->made = 0; rv == CKR_OK && d->made < nitems(d->locks);) {
		rv = lock_init(&d->locks[d->made], ops);
		if (rv == CKR_OK)
			d->made++;
	}
	return rv;
}

static void
locks_destroy(struct device *d)
{
	while (d->made > 0)
		lock_destroy(&d->locks[--d->made]);
}

static size_t
locks_used(enum conf_lock lock)
{
	static const size_t count[] = {
		[CONF_LOCK_NONE] = 0,
		[CONF_LOCK_MODULE] = 1,
		[CONF_LOCK_SLOT] = DEVICE_LOCKS,
	};

	return count[lock];
}

/* Once: a module that is in memory stays there. */
static CK_RV
library_open(struct device *d)
{
	CK_RV rv;

	if (d->library != NULL)
		return CKR_OK;
	d->library = dlopen(d->conf.module, RTLD_NOW | RTLD_LOCAL);
	if (d->library == NULL) {
		log_printf(LOG_ERROR, "device", "[device %s] %s", d->conf.name,
		    dlerror());
		return CKR_GENERAL_ERROR;
	}
	rv = refuse_loop(d);
	if (rv != CKR_OK)
		d->library = NULL;
	return rv;
}

static CK_RV
module_open(struct device *d)
{
	CK_RV rv;

	rv = library_open(d);
	if (rv != CKR_OK)
		return rv;
	if (d->conf.init_args != NULL)
		rv = open_direct(d, CKF_OS_LOCKING_OK);
	else
		rv = open_managed(d);
	if (rv == CKR_CANT_LOCK)
		rv = open_unlocked(d);
	if (rv != CKR_OK)
		log_printf(LOG_ERROR, "device",
		    "[device %s] %s: C_Initialize: %s", d->conf.name,
		    d->conf.module, token_rv_name(rv));
	else
		lists_3_find(d);
	d->n_locks = locks_used(d->conf.lock);
	return rv;
}

bool
device_offers(const struct conf_device *c, CK_VERSION version)
{
	struct device d = { .conf = *c };

	return version.major == 3 && library_open(&d) == CKR_OK &&
	    list_3(d.library, version.minor) != NULL;
}

CK_RV
device_new(struct conf_device *c, const struct lock_ops *ops,
    struct device **ret)
{
	struct device *d;
	CK_RV rv;

	d = calloc(1, sizeof(*d));
	if (d == NULL)
		return CKR_HOST_MEMORY;
	atomic_init(&d->refs, 1);
	atomic_init(&d->closed, CKR_DEVICE_REMOVED);
	RACE_RELAXED(&d->expect, sizeof(d->expect));
	d->trace = log_enabled(LOG_DEBUG);
	d->ops = ops;
	rv = device_life_init(&d->life);
	if (rv != CKR_OK) {
		free(d);
		return rv;
	}
	rv = locks_init(d, ops);
	if (rv == CKR_OK)
		rv = guard_init(&d->guard, ops);
	if (rv != CKR_OK) {
		device_life_reset(&d->life);
		locks_destroy(d);
		free(d);
		return rv;
	}
	d->conf = *c;
	memset(c, 0, sizeof(*c));
	*ret = d;
	return CKR_OK;
}

void
device_number(struct device *d, size_t index)
{
	d->prefix_mask = HANDLE_MASK;
	d->prefix = (CK_ULONG)index << HANDLE_SHIFT;
}

/* Once, as the module itself. */
static CK_RV
store_open(struct device *d, const struct lock_ops *ops)
{
	CK_RV rv;

	if (d->conf.store == NULL || d->store != NULL)
		return CKR_OK;
	rv = store_new(d->conf.store, ops, &d->store);
	if (rv == CKR_GENERAL_ERROR)
		log_printf(LOG_ERROR, "device",
		    "[device %s] store = file: there is no home folder: name "
		    "a folder",
		    d->conf.name);
	return rv;
}

CK_RV
device_open(struct device *d)
{
	bool held = d->conf.remote && sigpipe_hold();
	CK_RV rv, shut = CKR_DEVICE_REMOVED;

	rv = store_open(d, d->ops);
	if (rv == CKR_OK)
		rv = module_open(d);
	if (rv == CKR_OK) {
		/* Unless C_Finalize has closed it meanwhile. */
		(void)atomic_compare_exchange_strong(&d->closed, &shut, CKR_OK);
	} else if (d->managed) {
		p11_kit_module_release(d->f);
		d->managed = false;
	}
	if (held)
		sigpipe_release();
	return rv;
}

static CK_RV
module_end(struct device *d)
{
	bool held;
	CK_RV rv;

	if (!d->initialised)
		return CKR_OK;
	d->initialised = false;
	held = d->conf.remote && sigpipe_hold();
	rv =
	    d->managed ? p11_kit_module_finalize(d->f) : d->f->C_Finalize(NULL);
	if (held)
		sigpipe_release();
	/* Somebody else was first: it is finalised all the same. */
	return rv == CKR_CRYPTOKI_NOT_INITIALIZED ? CKR_OK : rv;
}

CK_RV
device_reopen(struct device *d)
{
	/* What a device says that is not there matters to nobody. */
	(void)module_end(d);
	if (d->managed)
		p11_kit_module_release(d->f);
	d->managed = false;
	return device_open(d);
}

void
device_close(struct device *d)
{
	atomic_store(&d->closed, CKR_CRYPTOKI_NOT_INITIALIZED);
}

CK_RV
device_finalize(struct device *d)
{
	device_close(d);
	return module_end(d);
}

void
device_unref(struct device *d)
{
	if (d == NULL)
		return;
	RACE_GIVE(d);
	if (atomic_fetch_sub(&d->refs, 1) != 1)
		return;
	RACE_TAKE(d);
	/* One that C_Finalize has left behind: p11-kit knows whose it is. */
	if (d->managed) {
		(void)module_end(d);
		p11_kit_module_release(d->f);
	}
	/* No dlclose: modules with threads or atexit handlers crash on it. */
	guard_destroy(&d->guard);
	locks_destroy(d);
	store_free(&d->store);
	device_life_reset(&d->life);
	free(d->aliases.v);
	note_free(&d->notes);
	conf_device_reset(&d->conf);
	free(d);
}
