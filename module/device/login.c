/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/blob.h"
#include "common/log.h"
#include "module/device/downstream.h"
#include "module/device/login.h"

#define MAX_PIN 256

/* In the folder that systemd makes for LoadCredential=. */
static int
credential_open(const char *name)
{
	const char *path = secure_getenv("CREDENTIALS_DIRECTORY");
	int folder, fd;

	if (path == NULL) {
		errno = ENOENT;
		return -1;
	}
	folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return -1;
	fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	(void)close(folder);
	return fd;
}

/* conf.c has seen to the form of source. */
static int
source_open(const char *source)
{
	if (!strncmp(source, "cred:", 5))
		return credential_open(source + 5);
	return open(source + 5, O_RDONLY | O_CLOEXEC | O_NOCTTY);
}

/* To the end of the file; a line end at the end is none of the PIN. */
static bool
pin_read(int fd, struct blob *pin)
{
	ssize_t n;

	if (!blob_reserve(pin, MAX_PIN + 1))
		return false;
	do {
		n = read(fd, pin->ptr + pin->len, MAX_PIN + 1 - pin->len);
		if (n > 0)
			pin->len += (size_t)n;
	} while ((n < 0 && errno == EINTR) || (n > 0 && pin->len <= MAX_PIN));
	if (pin->len > 0 && pin->len <= MAX_PIN &&
	    pin->ptr[pin->len - 1] == '\n')
		blob_truncate(pin, pin->len - 1);
	return n == 0 && pin->len > 0 && pin->len <= MAX_PIN;
}

static CK_RV
login_with(const char *source, CK_SESSION_HANDLE down)
{
	struct blob pin = BLOB_INIT;
	CK_RV rv = CKR_PIN_INVALID;
	int fd;

	fd = source_open(source);
	if (fd < 0)
		return rv;
	if (pin_read(fd, &pin))
		rv = downstream_functions()->C_Login(down, CKU_USER, pin.ptr,
		    pin.len);
	(void)close(fd);
	blob_reset(&pin);
	return rv;
}

/* Anything else may be better the next time. */
static bool
is_refusal(CK_RV rv)
{
	return rv == CKR_PIN_INCORRECT || rv == CKR_PIN_INVALID ||
	    rv == CKR_PIN_LEN_RANGE || rv == CKR_PIN_EXPIRED ||
	    rv == CKR_PIN_LOCKED || rv == CKR_USER_PIN_NOT_INITIALIZED;
}

void
login_user(struct device *d, CK_SESSION_HANDLE down)
{
	CK_SESSION_INFO info;
	CK_RV rv;

	if (d->conf.pin_source == NULL || atomic_load(&d->pin_refused) ||
	    downstream_functions()->C_GetSessionInfo(down, &info) != CKR_OK ||
	    (info.state != CKS_RO_PUBLIC_SESSION &&
		info.state != CKS_RW_PUBLIC_SESSION))
		return;
	rv = login_with(d->conf.pin_source, down);
	/* Another thread may have been faster. */
	if (rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN ||
	    rv == CKR_USER_ANOTHER_ALREADY_LOGGED_IN)
		return;
	if (is_refusal(rv))
		atomic_store(&d->pin_refused, true);
	log_printf(LOG_ERROR, "login",
	    "%s: the PIN of pin-source %s cannot be used (0x%lx)%s",
	    d->conf.name, d->conf.pin_source, rv,
	    is_refusal(rv) ? "; it is not tried again" : "");
}

void
login_info(const struct device *d, CK_TOKEN_INFO *info)
{
	if (d->conf.pin_source != NULL && !atomic_load(&d->pin_refused))
		info->flags &= ~(CK_FLAGS)CKF_LOGIN_REQUIRED;
}
