/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "tests/support/vectors.h"

static bool
is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

const char *
vectors_folder(void)
{
	const char *path = getenv("P11_MDOC_VECTORS");

	if (path == NULL || path[0] == '\0')
		path = "../shared/vectors";
	return is_folder(path) ? path : NULL;
}

static bool
file_read(const char *path, struct blob *ret)
{
	struct blob content = BLOB_INIT;
	uint8_t buf[1024];
	FILE *f = fopen(path, "rbe");
	bool good = f != NULL;
	size_t n;

	while (good && (n = fread(buf, 1, sizeof(buf), f)) > 0)
		good = blob_append(&content, buf, n);
	good = good && !ferror(f);
	if (f != NULL)
		fclose(f);
	if (good)
		blob_move(ret, &content);
	blob_reset(&content);
	return good;
}

static bool
in_place_from_hex(struct blob *b)
{
	size_t len;

	if (!bytes_from_hex(blob_bytes(b), b->ptr, &len))
		return false;
	blob_truncate(b, len);
	return true;
}

static bool
read_below(const char *folder, const char *name, struct blob *ret)
{
	struct blob content = BLOB_INIT;
	const char *dot = strrchr(name, '.');
	char path[1024];
	bool good;

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", folder, name) >=
	    sizeof(path))
		return false;
	good = file_read(path, &content);
	if (good && dot != NULL && strcmp(dot, ".hex") == 0)
		good = in_place_from_hex(&content);
	if (good)
		blob_move(ret, &content);
	blob_reset(&content);
	return good;
}

bool
vectors_read(const char *name, struct blob *ret)
{
	const char *folder = vectors_folder();

	return folder != NULL && read_below(folder, name, ret);
}

bool
vectors_read_own(const char *name, struct blob *ret)
{
	const char *top = getenv("abs_top_srcdir");

	return read_below(top != NULL ? top : ".", name, ret);
}

bool
vectors_read_key(const char *name, struct blob *ret)
{
	struct blob keys = BLOB_INIT, key = BLOB_INIT;
	char *line, *save = NULL, *value;
	bool good = false;

	if (!vectors_read("annexD/KEYS.txt", &keys) ||
	    !blob_append_u8(&keys, '\0'))
		goto out;
	for (line = strtok_r((char *)keys.ptr, "\n", &save); line != NULL;
	     line = strtok_r(NULL, "\n", &save)) {
		if (strncmp(line, name, strlen(name)) != 0)
			continue;
		value = line + strlen(name);
		value += strspn(value, " ");
		value[strspn(value, "0123456789abcdef")] = '\0';
		good =
		    blob_set(&key, bytes_str(value)) && in_place_from_hex(&key);
		break;
	}
	if (good)
		blob_move(ret, &key);
out:
	blob_reset(&key);
	blob_reset(&keys);
	return good;
}

void
vectors_hex(const char *hex, struct blob *ret)
{
	if (!blob_set(ret, bytes_str(hex)) ||
	    (ret->len > 0 && !in_place_from_hex(ret))) {
		fprintf(stderr, "not hex: %s\n", hex);
		abort();
	}
}
