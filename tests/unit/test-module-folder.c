/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <sys/stat.h>

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "module/store/folder.h"

static char top[] = "/tmp/p11-mdoc-folder-XXXXXX";
static char root[64];
static const char group[] = "0123456789abcdef0123456789abcdef";
static const char other[] = "ffffffffffffffffffffffffffffffff";
static const char name[] = "00000000000000000000000000000001";

static int
setup(void **state)
{
	(void)state;
	if (mkdtemp(top) == NULL)
		return -1;
	/* Two folders of it are missing. */
	(void)snprintf(root, sizeof(root), "%s/a/b", top);
	return 0;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int
teardown(void **state)
{
	(void)state;
	return nftw(top, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static const char *
path_of(const char *g, const char *n)
{
	static char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s/%s", root, g, n);
	return path;
}

static void
assert_content(const char *n, const char *wanted)
{
	struct blob b = BLOB_INIT;

	assert_int_equal(folder_read(root, group, n, &b), CKR_OK);
	assert_true(bytes_equal_str(blob_bytes(&b), wanted));
	blob_reset(&b);
}

static size_t
count(const char *g)
{
	folder_name *names = NULL;
	size_t n = 99;

	assert_int_equal(folder_list(root, g, &names, &n), CKR_OK);
	free(names);
	return n;
}

static void
test_life(void **state)
{
	struct blob b = BLOB_INIT;
	folder_name *names = NULL;
	struct stat st;
	size_t n;

	(void)state;
	/* Nothing is there, and nothing is made by looking. */
	assert_int_equal(count(NULL), 0);
	assert_int_equal(count(group), 0);
	assert_int_equal(folder_read(root, group, name, &b),
	    CKR_OBJECT_HANDLE_INVALID);
	assert_int_equal(folder_remove(root, group, name),
	    CKR_OBJECT_HANDLE_INVALID);
	assert_int_not_equal(stat(root, &st), 0);

	assert_int_equal(folder_write(root, group, name, bytes_str("one")),
	    CKR_OK);
	assert_content(name, "one");
	assert_int_equal(stat(path_of(group, name), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(stat(root, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(count(NULL), 1);
	assert_int_equal(folder_list(root, group, &names, &n), CKR_OK);
	assert_int_equal(n, 1);
	assert_string_equal(names[0], name);
	free(names);
	assert_int_equal(count(other), 0);
	/* Again: as a whole. */
	assert_int_equal(folder_write(root, group, name, BYTES_NULL), CKR_OK);
	assert_content(name, "");
	assert_int_equal(folder_remove(root, group, name), CKR_OK);
	assert_int_equal(count(group), 0);
	assert_int_equal(folder_read(root, group, name, &b),
	    CKR_OBJECT_HANDLE_INVALID);
}

static void
touch(const char *g, const char *n, size_t len)
{
	int fd = open(path_of(g, n), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)len), 0);
	assert_int_equal(close(fd), 0);
}

/* What is no record of ours is neither listed nor followed. */
static void
test_strangers(void **state)
{
	struct blob b = BLOB_INIT;
	char outside[128];

	(void)state;
	assert_int_equal(folder_write(root, group, name, bytes_str("one")),
	    CKR_OK);
	touch(group, "README", 1);
	touch(group, "0000000000000000000000000000000G", 1);
	touch(group, "000000000000000000000000000000001", 1);
	/* What a crash leaves behind. */
	touch(group, ".00000000000000000000000000000002", 1);
	assert_int_equal(count(group), 1);

	(void)snprintf(outside, sizeof(outside), "%s/outside", top);
	touch(group, "../../../outside", 3);
	assert_int_equal(access(outside, R_OK), 0);
	assert_int_equal(symlink(outside,
			     path_of(group,
				 "00000000000000000000000000000003")),
	    0);
	assert_int_not_equal(folder_read(root, group,
				 "00000000000000000000000000000003", &b),
	    CKR_OK);
	assert_int_equal(mkfifo(path_of(group,
				    "00000000000000000000000000000004"),
			     0600),
	    0);
	assert_int_equal(folder_read(root, group,
			     "00000000000000000000000000000004", &b),
	    CKR_OBJECT_HANDLE_INVALID);
	touch(group, "00000000000000000000000000000005", FOLDER_MAX_FILE + 1);
	assert_int_equal(folder_read(root, group,
			     "00000000000000000000000000000005", &b),
	    CKR_OBJECT_HANDLE_INVALID);
	assert_int_equal(b.len, 0);
	/* A group that is a link is none. */
	assert_int_equal(symlink(group, path_of(other, "")), -1);
	assert_content(name, "one");
}

static void
test_refused(void **state)
{
	char file[128];

	(void)state;
	/* A file where the folder should be. */
	(void)snprintf(file, sizeof(file), "%s/outside/x", top);
	assert_int_equal(folder_write(file, group, name, BYTES_NULL),
	    CKR_FUNCTION_FAILED);
	if (geteuid() == 0) {
		print_message("# skipped: root may write everywhere\n");
		skip();
	}
	assert_int_equal(chmod(root, 0500), 0);
	assert_int_equal(folder_write(root, other, name, BYTES_NULL),
	    CKR_TOKEN_WRITE_PROTECTED);
	assert_int_equal(chmod(root, 0700), 0);
}

static void
assert_default(const char *wanted)
{
	char *path = folder_default();

	if (wanted == NULL)
		assert_null(path);
	else
		assert_string_equal(path, wanted);
	free(path);
}

static void
test_default(void **state)
{
	(void)state;
	setenv("XDG_DATA_HOME", "/data", 1);
	setenv("HOME", "/home/x", 1);
	assert_default("/data/p11-mdoc");
	setenv("XDG_DATA_HOME", "data", 1);
	assert_default("/home/x/.local/share/p11-mdoc");
	unsetenv("XDG_DATA_HOME");
	assert_default("/home/x/.local/share/p11-mdoc");
	unsetenv("HOME");
	assert_default(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_life),
		cmocka_unit_test(test_strangers),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_default),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
