/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vectors: the test vectors that lie outside of this tree (P11_MDOC_VECTORS),
 * and the self-made ones in tests/vectors.
 */
#ifndef TESTS_SUPPORT_VECTORS_H
#define TESTS_SUPPORT_VECTORS_H

#include "common/blob.h"

/* NULL: the folder is not here. */
const char *vectors_folder(void);
/*
 * A file by its name relative to that folder, for example
 * "annexD/device_response.hex". A name in .hex is decoded.
 */
bool vectors_read(const char *name, struct blob *ret) NODISCARD;
/* The same below the top of this tree: "tests/vectors/...". */
bool vectors_read_own(const char *name, struct blob *ret) NODISCARD;
/* A value of annexD/KEYS.txt by the start of its line: "SDeviceKey d". */
bool vectors_read_key(const char *name, struct blob *ret) NODISCARD;
/* Hex to bytes; aborts the program on anything else: for literals in tests. */
void vectors_hex(const char *hex, struct blob *ret);

/*
 * In a cmocka test: skips it if the folder is not here, fails it if the folder
 * is but the file is not.
 */
#define VECTORS_OR_SKIP(name, ret)                                          \
	do {                                                                \
		if (vectors_folder() == NULL) {                             \
			print_message("# skipped: P11_MDOC_VECTORS is not " \
				      "there, needed for %s\n",             \
			    (name));                                        \
			skip();                                             \
		}                                                           \
		if (!vectors_read((name), (ret)))                           \
			fail_msg("cannot read the vector %s", (name));      \
	} while (0)

#endif
