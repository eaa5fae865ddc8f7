/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * make-seeds FILE FOLDER: writes corpora from a list of seeds. A line
 * "WHAT/NAME" begins a seed, the lines after it are diagnostic notation; a line
 * that begins with # is a comment. A name that ends in .txt gets the text
 * itself; fuzz-inspect's get a byte in front, the length of strings.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "tests/support/diag.h"

struct seed {
	char name[128];
	struct blob text;
};

static bool
seed_encode(struct seed *s, struct blob *out)
{
	const size_t n = strlen(s->name);
	struct blob item = BLOB_INIT;
	size_t bad;
	bool good = true;

	blob_clear(out);
	if (strncmp(s->name, "inspect/", 8) == 0)
		good = blob_append_u8(out, 0);
	if (n > 4 && strcmp(s->name + n - 4, ".txt") == 0)
		return good && blob_append_bytes(out, blob_bytes(&s->text));
	good = good && blob_append_u8(&s->text, 0);
	if (good && !diag_encode((const char *)s->text.ptr, &item, &bad)) {
		fprintf(stderr, "%s: at \"%.40s\"\n", s->name,
		    (const char *)s->text.ptr + bad);
		good = false;
	}
	good = good && blob_append_bytes(out, blob_bytes(&item));
	blob_reset(&item);
	return good;
}

static bool
seed_write(struct seed *s, const char *folder)
{
	struct blob out = BLOB_INIT;
	char path[512];
	bool good;
	FILE *f;

	if (s->name[0] == '\0')
		return true;
	snprintf(path, sizeof(path), "%s/%s", folder, s->name);
	*strrchr(path, '/') = '\0';
	(void)mkdir(path, 0777);
	snprintf(path, sizeof(path), "%s/%s", folder, s->name);
	good = seed_encode(s, &out);
	f = good ? fopen(path, "wbe") : NULL;
	good = f != NULL && fwrite(out.ptr, 1, out.len, f) == out.len;
	if (f != NULL && fclose(f) != 0)
		good = false;
	blob_reset(&out);
	if (!good)
		fprintf(stderr, "%s: cannot be written\n", path);
	return good;
}

/* "WHAT/NAME.cbor" or "WHAT/NAME.txt", and nothing else */
static bool
name_read(const char *line, struct seed *s)
{
	const size_t n = strcspn(line, "\n");

	if (line[0] < 'a' || line[0] > 'z' || n < 6 || n >= sizeof(s->name) ||
	    memchr(line, '/', n) == NULL ||
	    (memcmp(line + n - 5, ".cbor", 5) != 0 &&
		memcmp(line + n - 4, ".txt", 4) != 0))
		return false;
	memcpy(s->name, line, n);
	s->name[n] = '\0';
	blob_clear(&s->text);
	return true;
}

int
main(int argc, char **argv)
{
	struct seed seed = { .text = BLOB_INIT }, next = { .text = BLOB_INIT };
	char line[512];
	bool good = true;
	FILE *f = argc == 3 ? fopen(argv[1], "re") : NULL;

	if (f == NULL) {
		fprintf(stderr, "usage: make-seeds FILE FOLDER\n");
		return 2;
	}
	while (good && fgets(line, sizeof(line), f) != NULL) {
		if (line[0] == '#')
			continue;
		if (name_read(line, &next)) {
			good = seed_write(&seed, argv[2]);
			memcpy(seed.name, next.name, sizeof(seed.name));
			blob_clear(&seed.text);
		} else {
			good = blob_append(&seed.text, line, strlen(line));
		}
	}
	good = good && seed_write(&seed, argv[2]);
	blob_reset(&seed.text);
	fclose(f);
	return good ? 0 : 1;
}
