/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fuzz-device: a PKCS#11 module below the module under test that answers what
 * a fuzz input says: any code, any length, any handle, any attribute. It reads
 * all that it is given and writes only where it may, so that a sanitizer sees
 * a wrong pointer or length at once. Loaded as fuzz-device.so; its input is
 * the symbol "fuzz_device".
 */
#ifndef TESTS_FUZZ_FUZZ_DEVICE_H
#define TESTS_FUZZ_FUZZ_DEVICE_H

#include "tests/fuzz/stream.h"

struct fuzz_device {
	struct stream answers;
	unsigned long open; /* sessions */
	unsigned long calls;
};

#endif
