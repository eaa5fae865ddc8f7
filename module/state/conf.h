/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * conf: p11-mdoc.conf(5). (Not "config": a header of that name would hide
 * the one that configure makes.)
 */
#ifndef MODULE_CONF_H
#define MODULE_CONF_H

#include <stdbool.h>

#include <p11-kit/pkcs11.h>

#include "common/util.h"
#include "vendor-ext/agree.h"

/* As many as fit into the high byte of a handle; see handle.h. */
#define CONF_MAX_DEVICES 127

enum conf_info {
	CONF_INFO_UNSET, /* while a file is read */
	CONF_INFO_OWN,
	CONF_INFO_DOWNSTREAM
};

enum conf_lock {
	CONF_LOCK_NONE,
	CONF_LOCK_MODULE,
	CONF_LOCK_SLOT
};

/* What [module] says and this section does not is filled in. */
struct conf_device {
	char *name;
	char *module;     /* absolute path */
	char *init_args;  /* NULL: none */
	char *pin_source; /* file:PATH or cred:NAME; NULL: none */
	enum conf_info info;
	enum agree_path weakest; /* AGREE_PATH_UNKNOWN: any */
	enum conf_lock lock;
	bool critical;     /* without it, C_Initialize fails */
	char *store;       /* NULL: the token; "": a file, by default; a path */
	bool remote;       /* reached over a connection, which may break */
	CK_SLOT_ID *slots; /* NULL: all */
	size_t n_slots;
};

/* At least one device, in the order of the file. */
struct conf {
	struct conf_device *devices;
	size_t n_devices;
};

#define CONF_INIT ((struct conf){ NULL, 0 })

/* What is wrong, with file and line: "FILE:LINE: unknown key 'x' in ...". */
struct conf_error {
	char text[512];
};

/*
 * Reads the first of $P11_MDOC_CONF, $XDG_CONFIG_HOME/p11-mdoc/p11-mdoc.conf
 * (~/.config/...) and SYSCONFDIR/p11-mdoc/p11-mdoc.conf that there is; with
 * none, SoftHSMv2 is the one device. CKR_GENERAL_ERROR and *ret_error for
 * anything that is not understood; *ret is then untouched.
 */
CK_RV conf_load(struct conf *ret, struct conf_error *ret_error) NODISCARD;
/* Reads this file. */
CK_RV conf_read(const char *path, struct conf *ret,
    struct conf_error *ret_error) NODISCARD;
void conf_reset(struct conf *c);
void conf_device_reset(struct conf_device *d);

#endif
