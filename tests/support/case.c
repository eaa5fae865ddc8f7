/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "mdoc/codec/date.h"
#include "tests/support/case.h"
#include "tests/support/vectors.h"

static void
die(const char *path, const char *why)
{
	fprintf(stderr, "%s: %s\n", path, why);
	abort();
}

/* A field that is text: where it goes, and how much fits. */
struct text_field {
	const char *name;
	size_t at;
	size_t size;
};

#define TEXT(member)                                         \
	{                                                    \
#member, offsetof(struct test_case, member), \
		    sizeof(((struct test_case *)0)->member)  \
	}

static const struct text_field texts[] = {
	TEXT(about),
	TEXT(expect),
	TEXT(check),
	TEXT(warn),
	TEXT(input),
	TEXT(trust),
	TEXT(ereader),
};

/* A field whose value is hex on the lines that follow. */
static const struct {
	const char *name;
	size_t at;
} blobs[] = {
	{ "trust-certificate", offsetof(struct test_case, trust_certificate) },
	{ "ereader-key", offsetof(struct test_case, ereader_key) },
	{ "transcript", offsetof(struct test_case, transcript) },
	{ "data", offsetof(struct test_case, data) },
};

static bool
set_text(struct test_case *c, const char *name, const char *value)
{
	const struct text_field *f;

	for (f = texts; f < texts + nitems(texts); f++) {
		if (strcmp(f->name, name) != 0)
			continue;
		return (size_t)snprintf((char *)c + f->at, f->size, "%s",
			   value) < f->size;
	}
	return false;
}

static bool
set_field(struct test_case *c, const char *name, const char *value)
{
	struct date d;

	if (strcmp(name, "at") == 0) {
		if (!date_parse(bytes_str(value), &d))
			return false;
		c->at = d.seconds;
		return true;
	}
	if (strcmp(name, "strict") == 0) {
		c->strict = strcmp(value, "yes") == 0;
		return c->strict;
	}
	return set_text(c, name, value);
}

static struct blob *
blob_field(struct test_case *c, const char *name)
{
	for (size_t i = 0; i < nitems(blobs); i++) {
		if (strcmp(blobs[i].name, name) == 0)
			return (struct blob *)(void *)((char *)c + blobs[i].at);
	}
	return NULL;
}

static void
add_hex(const char *path, const char *line, struct blob *to)
{
	uint8_t bytes[128];
	size_t len;

	if (to == NULL || strlen(line) > sizeof(bytes) ||
	    !bytes_from_hex(bytes_str(line), bytes, &len) ||
	    !blob_append(to, bytes, len))
		die(path, "hex expected");
}

static void
parse(const char *path, char *text, struct test_case *c)
{
	struct blob *blob = NULL;
	char *line, *value, *save = NULL;

	for (line = strtok_r(text, "\n", &save); line != NULL;
	     line = strtok_r(NULL, "\n", &save)) {
		if ((value = strchr(line, ':')) == NULL) {
			add_hex(path, line, blob);
			continue;
		}
		*value++ = '\0';
		if (*value == ' ') {
			blob = NULL;
			if (!set_field(c, line, value + 1))
				die(path, line);
			continue;
		}
		blob = blob_field(c, line);
		if (blob == NULL)
			die(path, line);
		c->has_transcript |= blob == &c->transcript;
	}
}

static void
base_name(const char *path, char *out, size_t size)
{
	const char *base = strrchr(path, '/');
	size_t len;

	base = base == NULL ? path : base + 1;
	len = strcspn(base, ".");
	if (len >= size)
		die(path, "name too long");
	memcpy(out, base, len);
	out[len] = '\0';
}

void
case_read(const char *path, struct test_case *ret)
{
	struct blob text = BLOB_INIT;
	char full[256];

	*ret = (struct test_case){ .at = 0 };
	base_name(path, ret->name, sizeof(ret->name));
	if ((size_t)snprintf(full, sizeof(full), "tests/vectors/%s", path) >=
		sizeof(full) ||
	    !vectors_read_own(full, &text) || !blob_append_u8(&text, 0))
		die(path, "cannot be read");
	parse(path, (char *)text.ptr, ret);
	blob_reset(&text);
}

void
case_reset(struct test_case *c)
{
	for (size_t i = 0; i < nitems(blobs); i++)
		blob_reset(blob_field(c, blobs[i].name));
}

static int
is_vector(const struct dirent *e)
{
	const char *dot = strrchr(e->d_name, '.');

	return dot != NULL && strcmp(dot, ".txt") == 0;
}

size_t
case_each(const char *folder, void (*fn)(const struct test_case *c, void *arg),
    void *arg)
{
	const char *top = getenv("abs_top_srcdir");
	struct dirent **names;
	struct test_case c;
	char path[512];
	int n;

	(void)snprintf(path, sizeof(path), "%s/tests/vectors/%s",
	    top == NULL ? "." : top, folder);
	n = scandir(path, &names, is_vector, alphasort);
	if (n < 0)
		die(path, "no such folder");
	for (int i = 0; i < n; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder,
		    names[i]->d_name);
		case_read(path, &c);
		fn(&c, arg);
		case_reset(&c);
		free(names[i]);
	}
	free(names);
	return (size_t)n;
}
