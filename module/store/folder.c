/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "module/store/folder.h"

#define MAX_PATH 1024

static const char digits[] = "0123456789abcdef";

char *
folder_default(void)
{
	char path[MAX_PATH];
	const char *dir;
	int n = -1;

	/* Both are NULL in a setuid program. */
	dir = secure_getenv("XDG_DATA_HOME");
	if (dir != NULL && dir[0] == '/') {
		n = snprintf(path, sizeof(path), "%s/p11-mdoc", dir);
	} else {
		dir = secure_getenv("HOME");
		if (dir != NULL && dir[0] == '/')
			n = snprintf(path, sizeof(path),
			    "%s/.local/share/p11-mdoc", dir);
	}
	return n > 0 && (size_t)n < sizeof(path) ? strdup(path) : NULL;
}

void
folder_name_make(const uint8_t bytes[FOLDER_NAME_LEN / 2], folder_name ret)
{
	for (size_t i = 0; i < FOLDER_NAME_LEN / 2; i++) {
		ret[2 * i] = digits[bytes[i] >> 4];
		ret[2 * i + 1] = digits[bytes[i] & 15];
	}
	ret[FOLDER_NAME_LEN] = '\0';
}

static bool
is_name(const char *s)
{
	return strlen(s) == FOLDER_NAME_LEN &&
	    strspn(s, digits) == FOLDER_NAME_LEN;
}

static CK_RV
failed(const char *what, const char *name, CK_RV enoent)
{
	int e = errno;
	char text[128];

	if (e == ENOENT)
		return enoent;
	log_printf(LOG_ERROR, "store", "%s %s: %s", what, name,
	    strerror_r(e, text, sizeof(text)));
	switch (e) {
	case EACCES:
	case EPERM:
	case EROFS:
		return CKR_TOKEN_WRITE_PROTECTED;
	case ENOSPC:
	case EDQUOT:
		return CKR_DEVICE_MEMORY;
	case ENOMEM:
		return CKR_HOST_MEMORY;
	default:
		return CKR_FUNCTION_FAILED;
	}
}

/* With all that is missing above it. */
static bool
make_all(const char *root)
{
	char path[MAX_PATH];
	size_t len = strlen(root);

	if (len >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return false;
	}
	memcpy(path, root, len + 1);
	for (char *s = path + 1; *s != '\0'; s++) {
		if (*s != '/')
			continue;
		*s = '\0';
		if (mkdir(path, 0700) != 0 && errno != EEXIST &&
		    errno != EACCES && errno != EROFS)
			return false;
		*s = '/';
	}
	return mkdir(path, 0700) == 0 || errno == EEXIST;
}

static int
open_folder(int at, const char *name)
{
	return openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* -1: errno says why. group NULL: the root itself. */
static int
open_group(const char *root, const char *group)
{
	int top = open_folder(AT_FDCWD, root), fd;

	if (top < 0 || group == NULL)
		return top;
	fd =
	    openat(top, group, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	(void)close(top);
	return fd;
}

static int
make_group(const char *root, const char *group)
{
	int top, fd = -1;

	if (!make_all(root))
		return -1;
	top = open_folder(AT_FDCWD, root);
	if (top < 0)
		return -1;
	if (mkdirat(top, group, 0700) == 0)
		(void)fsync(top);
	else if (errno != EEXIST)
		goto out;
	fd =
	    openat(top, group, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
out:
	(void)close(top);
	return fd;
}

static bool
write_all(int fd, struct bytes content)
{
	ssize_t n;

	while (content.len > 0) {
		n = write(fd, content.ptr, content.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		content.ptr += n;
		content.len -= (size_t)n;
	}
	return fsync(fd) == 0;
}

/* Under another name first, which is none that is listed. */
static bool
write_file(int group, const char *name, struct bytes content)
{
	char part[FOLDER_NAME_LEN + 2];
	int fd, e;
	bool good;

	part[0] = '.';
	memcpy(part + 1, name, FOLDER_NAME_LEN + 1);
	fd = openat(group, part,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return false;
	good = write_all(fd, content);
	e = errno;
	good = close(fd) == 0 && good;
	if (good && renameat(group, part, group, name) == 0)
		return fsync(group) == 0;
	if (good)
		e = errno;
	(void)unlinkat(group, part, 0);
	errno = e;
	return false;
}

CK_RV
folder_write(const char *root, const char *group, const char *name,
    struct bytes content)
{
	int fd = make_group(root, group);
	CK_RV rv = CKR_OK;

	if (fd < 0)
		return failed("cannot make", root, CKR_FUNCTION_FAILED);
	if (!write_file(fd, name, content))
		rv = failed("cannot write in", root, CKR_FUNCTION_FAILED);
	(void)close(fd);
	return rv;
}

static bool
read_all(int fd, size_t len, struct blob *ret)
{
	uint8_t *p = blob_extend(ret, len);
	ssize_t n = -1;

	if (p == NULL) {
		errno = ENOMEM;
		return false;
	}
	while (len > 0 && (n = read(fd, p, len)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	/* It has become shorter meanwhile. */
	if (len > 0)
		errno = EIO;
	return len == 0;
}

CK_RV
folder_read(const char *root, const char *group, const char *name,
    struct blob *ret)
{
	struct blob content = BLOB_INIT;
	int dir = open_group(root, group), fd = -1;
	struct stat st;
	CK_RV rv = CKR_OK;

	if (dir >= 0)
		fd = openat(dir, name,
		    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0)
		rv = failed("cannot read", name, CKR_OBJECT_HANDLE_INVALID);
	else if (!S_ISREG(st.st_mode) || st.st_size < 0 ||
	    (unsigned long)st.st_size > FOLDER_MAX_FILE)
		rv = CKR_OBJECT_HANDLE_INVALID;
	else if (!read_all(fd, (size_t)st.st_size, &content))
		rv = failed("cannot read", name, CKR_OBJECT_HANDLE_INVALID);
	if (rv == CKR_OK)
		blob_move(ret, &content);
	blob_reset(&content);
	if (fd >= 0)
		(void)close(fd);
	if (dir >= 0)
		(void)close(dir);
	return rv;
}

CK_RV
folder_remove(const char *root, const char *group, const char *name)
{
	int dir = open_group(root, group);
	CK_RV rv = CKR_OK;

	if (dir < 0 || unlinkat(dir, name, 0) != 0)
		rv = failed("cannot remove", name, CKR_OBJECT_HANDLE_INVALID);
	else
		(void)fsync(dir);
	if (dir >= 0)
		(void)close(dir);
	return rv;
}

static CK_RV
list_add(folder_name **list, size_t *n, const char *name)
{
	folder_name *more = reallocarray(*list, *n + 1, sizeof(**list));

	if (more == NULL)
		return CKR_HOST_MEMORY;
	*list = more;
	memcpy(more[(*n)++], name, FOLDER_NAME_LEN + 1);
	return CKR_OK;
}

CK_RV
folder_list(const char *root, const char *group, folder_name **ret,
    size_t *ret_n)
{
	folder_name *list = NULL;
	const struct dirent *entry;
	int fd = open_group(root, group);
	CK_RV rv = CKR_OK;
	size_t n = 0;
	DIR *dir = NULL;

	if (fd < 0)
		rv = failed("cannot read", root, CKR_OK);
	else if ((dir = fdopendir(fd)) == NULL)
		rv = failed("cannot read", root, CKR_OK);
	while (rv == CKR_OK && dir != NULL && (entry = readdir(dir)) != NULL)
		if (is_name(entry->d_name))
			rv = list_add(&list, &n, entry->d_name);
	if (dir != NULL)
		(void)closedir(dir);
	else if (fd >= 0)
		(void)close(fd);
	if (rv != CKR_OK) {
		free(list);
		return rv;
	}
	*ret = list;
	*ret_n = n;
	return CKR_OK;
}
