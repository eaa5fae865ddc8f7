/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * race: says to helgrind what it cannot see. It knows locks and threads, but
 * not the order that atomic variables make. Nothing where it is not installed,
 * and a few instructions without effect outside of it: not for hot paths. Only
 * .c files include it, after "config.h".
 */
#ifndef COMMON_RACE_H
#define COMMON_RACE_H

#ifdef HAVE_VALGRIND_HELGRIND_H
#include <valgrind/helgrind.h>
/* What this thread has written is there for who takes p after it was given. */
#define RACE_GIVE(p) ANNOTATE_HAPPENS_BEFORE(p)
#define RACE_TAKE(p) ANNOTATE_HAPPENS_AFTER(p)
/* Only ever used by atomic operations of its own, without any order. */
#define RACE_RELAXED(p, size) VALGRIND_HG_DISABLE_CHECKING((p), (size))
#else
#define RACE_GIVE(p)          (void)(p)
#define RACE_TAKE(p)          (void)(p)
#define RACE_RELAXED(p, size) ((void)(p), (void)(size))
#endif

#endif
