/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef COMMON_UTIL_H
#define COMMON_UTIL_H

#include <stddef.h>

/* What can fail must be looked at. */
#define NODISCARD __attribute__((warn_unused_result))

/*
 * For a large array on the stack that is filled before it is read: the cost of
 * -ftrivial-auto-var-init would be more than that of the work.
 */
#if defined(__has_attribute)
#if __has_attribute(uninitialized)
#define UNINITIALIZED __attribute__((uninitialized))
#endif
#endif
#ifndef UNINITIALIZED
#define UNINITIALIZED
#endif

#define nitems(a) (sizeof(a) / sizeof((a)[0]))

#define container_of(ptr, type, member) \
	((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#endif
