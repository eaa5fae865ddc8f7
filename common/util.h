/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef COMMON_UTIL_H
#define COMMON_UTIL_H

#include <stddef.h>

/* What can fail must be looked at. */
#define NODISCARD __attribute__((warn_unused_result))

#define nitems(a) (sizeof(a) / sizeof((a)[0]))

#define container_of(ptr, type, member) \
	((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#endif
