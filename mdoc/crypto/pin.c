/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <p11-kit/pkcs11.h>

#include "mdoc/crypto/pin.h"

#define MAX_PIN 256

/* To the end of the file, a line end at the end left out. */
static int
read_fd(mdoc_ctx *c, int fd, const char *source, struct blob *ret)
{
	struct blob pin = BLOB_INIT;
	ssize_t n;
	int r = MDOC_E_MEMORY;

	if (!blob_reserve(&pin, MAX_PIN + 2))
		goto out;
	do {
		n = read(fd, pin.ptr + pin.len, MAX_PIN + 2 - pin.len);
		if (n > 0)
			pin.len += (size_t)n;
	} while ((n < 0 && errno == EINTR) || (n > 0 && pin.len < MAX_PIN + 2));
	r = MDOC_E_LOGIN;
	if (n < 0) {
		(void)ctx_fail_errno(c, r, "pin-source %s", source);
		goto out;
	}
	if (pin.len > 0 && pin.ptr[pin.len - 1] == '\n')
		blob_truncate(&pin, pin.len - 1);
	if (pin.len > 0 && pin.ptr[pin.len - 1] == '\r')
		blob_truncate(&pin, pin.len - 1);
	if (pin.len == 0 || pin.len > MAX_PIN) {
		(void)ctx_fail(c, r, "pin-source %s: %s", source,
		    pin.len == 0 ? "it is empty" : "longer than 256 bytes");
		goto out;
	}
	blob_move(ret, &pin);
	r = MDOC_OK;
out:
	blob_reset(&pin);
	return r == MDOC_E_MEMORY ? ctx_fail(c, r, "out of memory") : r;
}

static int
read_file(mdoc_ctx *c, int folder, const char *path, const char *source,
    struct blob *ret)
{
	int fd = openat(folder, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int r;

	if (fd < 0)
		return ctx_fail_errno(c, MDOC_E_LOGIN, "pin-source %s", source);
	r = read_fd(c, fd, source, ret);
	(void)close(fd);
	return r;
}

static int
read_credential(mdoc_ctx *c, const char *name, const char *source,
    struct blob *ret)
{
	const char *folder = secure_getenv("CREDENTIALS_DIRECTORY");
	int fd, r;

	if (folder == NULL)
		return ctx_fail(c, MDOC_E_LOGIN,
		    "pin-source %s: CREDENTIALS_DIRECTORY is not set; this "
		    "is for systemd units with LoadCredential=",
		    source);
	if (name[0] == '\0' || name[0] == '.' || strchr(name, '/') != NULL)
		return ctx_fail(c, MDOC_E_ARGUMENT,
		    "pin-source %s: not the name of a credential", source);
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return ctx_fail_errno(c, MDOC_E_LOGIN, "pin-source %s: %s",
		    source, folder);
	r = read_file(c, fd, name, source, ret);
	(void)close(fd);
	return r;
}

static int
read_number(mdoc_ctx *c, const char *digits, const char *source,
    struct blob *ret)
{
	char *end = NULL;
	long fd;

	errno = 0;
	fd = strtol(digits, &end, 10);
	if (digits[0] < '0' || digits[0] > '9' || *end != '\0' || errno != 0 ||
	    fd > INT_MAX)
		return ctx_fail(c, MDOC_E_ARGUMENT,
		    "pin-source %s: not the number of a file descriptor",
		    source);
	return read_fd(c, (int)fd, source, ret);
}

int
pin_read_source(mdoc_ctx *c, const char *source, struct blob *ret)
{
	const char *path = source;

	if (strncmp(source, "fd:", 3) == 0)
		return read_number(c, source + 3, source, ret);
	if (strncmp(source, "cred:", 5) == 0)
		return read_credential(c, source + 5, source, ret);
	if (source[0] == '|')
		return ctx_fail(c, MDOC_E_ARGUMENT,
		    "pin-source: commands are not run; use a file, fd:N or "
		    "cred:NAME");
	if (strncmp(source, "file:", 5) == 0)
		path = source + 5;
	/* file:///etc/pin as well as file:/etc/pin (RFC 8089) */
	if (path != source && strncmp(path, "///", 3) == 0)
		path += 2;
	return read_file(c, AT_FDCWD, path, source, ret);
}

/* Fresh: a wrong PIN changes them. */
static void
update_flags(struct p11token *t)
{
	CK_TOKEN_INFO info;

	if (t->t.f->C_GetTokenInfo(t->t.slot, &info) == CKR_OK)
		t->info.flags = info.flags;
}

static CK_RV
login(struct p11token *t, CK_SESSION_HANDLE session, CK_USER_TYPE user,
    const struct blob *pin)
{
	CK_RV rv;

	rv = t->t.f->C_Login(session, user, pin == NULL ? NULL : pin->ptr,
	    pin == NULL ? 0 : (CK_ULONG)pin->len);
	/* Another user in this process may have been faster. */
	return rv == CKR_USER_ALREADY_LOGGED_IN ? CKR_OK : rv;
}

/* The PIN of the URI. MDOC_E_AGAIN: it has none. */
static int
stored_pin(mdoc_ctx *c, const struct p11uri *uri, struct blob *ret)
{
	if (uri != NULL && uri->pin_value.ptr != NULL) {
		if (!blob_set(ret, blob_bytes(&uri->pin_value)))
			return ctx_fail(c, MDOC_E_MEMORY, "out of memory");
		return MDOC_OK;
	}
	if (uri != NULL && uri->pin_source.ptr != NULL)
		return pin_read_source(c, (const char *)uri->pin_source.ptr,
		    ret);
	return MDOC_E_AGAIN;
}

static int
ask(mdoc_ctx *c, const struct p11token *t, int attempt, struct blob *ret)
{
	bool final = (t->info.flags & CKF_USER_PIN_FINAL_TRY) != 0;
	mdoc_buf buf = MDOC_BUF_INIT;
	int r;

	r = c->pin(c->pin_arg, t->label, attempt, final, &buf);
	if (r == MDOC_OK && !blob_set(ret, bytes_of(buf.ptr, buf.len)))
		r = ctx_fail(c, MDOC_E_MEMORY, "out of memory");
	else if (r != MDOC_OK)
		r = ctx_fail(c, r == MDOC_E_LOGIN ? r : MDOC_E_REFUSED,
		    "token \"%s\": the login was cancelled", t->label);
	mdoc_buf_reset(&buf);
	return r;
}

static int
fail(mdoc_ctx *c, const struct p11token *t, CK_RV rv, bool stored)
{
	if (rv == CKR_PIN_LOCKED)
		return ctx_fail(c, MDOC_E_LOGIN,
		    "token \"%s\": the PIN is locked: CKR_PIN_LOCKED; the "
		    "security officer can set a new one",
		    t->label);
	if (rv == CKR_PIN_INCORRECT)
		return ctx_fail(c, MDOC_E_LOGIN,
		    "token \"%s\": wrong PIN%s: CKR_PIN_INCORRECT", t->label,
		    stored ? " in the URI or its pin-source" : "");
	return p11token_fail(c, t, rv, "login");
}

static int
login_stored(mdoc_ctx *c, struct p11token *t, CK_SESSION_HANDLE session,
    CK_USER_TYPE user, const struct blob *pin)
{
	CK_RV rv;

	if ((t->info.flags & CKF_USER_PIN_FINAL_TRY) != 0)
		return ctx_fail(c, MDOC_E_LOGIN,
		    "token \"%s\": one try is left before the PIN is locked: "
		    "the stored PIN is not tried; log in once by hand",
		    t->label);
	rv = login(t, session, user, pin);
	return rv == CKR_OK ? MDOC_OK : fail(c, t, rv, true);
}

static int
login_asking(mdoc_ctx *c, struct p11token *t, CK_SESSION_HANDLE session,
    CK_USER_TYPE user)
{
	struct blob pin = BLOB_INIT;
	CK_RV rv = CKR_PIN_INCORRECT;
	int r = MDOC_OK;

	for (int i = 1; i <= PIN_MAX_TRIES && rv == CKR_PIN_INCORRECT; i++) {
		update_flags(t);
		if ((t->info.flags & CKF_USER_PIN_LOCKED) != 0) {
			rv = CKR_PIN_LOCKED;
			break;
		}
		if ((r = ask(c, t, i, &pin)) != MDOC_OK)
			break;
		rv = login(t, session, user, &pin);
	}
	blob_reset(&pin);
	if (r == MDOC_OK && rv != CKR_OK)
		r = fail(c, t, rv, false);
	return r;
}

int
pin_login(mdoc_ctx *c, struct p11token *t, const struct p11uri *uri,
    CK_SESSION_HANDLE session, CK_USER_TYPE user)
{
	struct blob pin = BLOB_INIT;
	CK_RV rv;
	int r;

	update_flags(t);
	if ((t->info.flags & CKF_USER_PIN_LOCKED) != 0)
		return fail(c, t, CKR_PIN_LOCKED, false);
	/* The reader has a keypad of its own: no PIN passes through here. */
	if ((t->info.flags & CKF_PROTECTED_AUTHENTICATION_PATH) != 0) {
		rv = login(t, session, user, NULL);
		return rv == CKR_OK ? MDOC_OK : fail(c, t, rv, false);
	}
	/* A user who is asked decides about the last try. */
	r = MDOC_E_AGAIN;
	if (c->pin == NULL || (t->info.flags & CKF_USER_PIN_FINAL_TRY) == 0)
		r = stored_pin(c, uri, &pin);
	if (r == MDOC_OK)
		r = login_stored(c, t, session, user, &pin);
	else if (r == MDOC_E_AGAIN && c->pin != NULL)
		r = login_asking(c, t, session, user);
	else if (r == MDOC_E_AGAIN)
		r = ctx_fail(c, MDOC_E_LOGIN,
		    "token \"%s\" wants a PIN: add "
		    "?pin-source=file:PATH (or fd:N, cred:NAME) to the URI",
		    t->label);
	blob_reset(&pin);
	return r;
}
