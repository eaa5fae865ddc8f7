/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The main of a fuzz target in "make check": all files of the folders named on
 * the command line, or of corpus/WHAT and repro/WHAT beside this file, for the
 * target fuzz-WHAT. A target that finds something aborts.
 */
#include "config.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_LEN 1024

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned count;
static unsigned failures;

/* An allocation of exactly its size, so that ASan sees every byte beyond. */
static uint8_t *
file_read(const char *path, size_t *ret_size)
{
	FILE *f = fopen(path, "rbe");
	uint8_t *data = NULL;
	long size = -1;

	if (f == NULL)
		return NULL;
	if (fseek(f, 0, SEEK_END) == 0 && (size = ftell(f)) >= 0 &&
	    fseek(f, 0, SEEK_SET) == 0)
		data = malloc(size > 0 ? (size_t)size : 1);
	if (data != NULL && fread(data, 1, (size_t)size, f) != (size_t)size) {
		free(data);
		data = NULL;
	}
	fclose(f);
	*ret_size = (size_t)size;
	return data;
}

static void
replay_file(const char *folder, const char *name)
{
	char path[PATH_LEN];
	uint8_t *data = NULL;
	size_t size;

	count++;
	if (snprintf(path, sizeof(path), "%s/%s", folder, name) <
	    (int)sizeof(path))
		data = file_read(path, &size);
	if (data == NULL) {
		printf("not ok %u - cannot read %s\n", count, name);
		failures++;
		return;
	}
	/* Before the call: if it aborts, this line names the culprit. */
	printf("# %s, %zu bytes\n", path, size);
	fflush(stdout);
	(void)LLVMFuzzerTestOneInput(data, size);
	printf("ok %u - %s\n", count, name);
	free(data);
}

static int
is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static bool
replay_folder(const char *folder)
{
	struct dirent **entries;
	int n = scandir(folder, &entries, is_visible, alphasort);

	if (n < 0)
		return false;
	for (int i = 0; i < n; i++) {
		replay_file(folder, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return true;
}

/* "…/lt-fuzz-cbor" is about "cbor". */
static const char *
target_of(const char *program)
{
	const char *what = strrchr(program, '/');

	what = what != NULL ? what + 1 : program;
	if (strncmp(what, "lt-", 3) == 0)
		what += 3;
	return strncmp(what, "fuzz-", 5) == 0 ? what + 5 : what;
}

static void
replay_own(const char *program)
{
	static const char *const kinds[] = { "corpus", "repro" };
	const char *top = getenv("abs_top_srcdir");
	char path[PATH_LEN];

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/tests/fuzz/%s/%s",
		    top != NULL ? top : ".", kinds[i], target_of(program));
		(void)replay_folder(path);
	}
}

int
main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (!replay_folder(argv[i])) {
			printf("Bail out! cannot read the folder %s\n",
			    argv[i]);
			return 99;
		}
	}
	if (argc == 1)
		replay_own(argv[0]);
	if (count == 0) {
		printf("Bail out! no files to replay\n");
		return 99;
	}
	printf("1..%u\n", count);
	return failures > 0;
}
