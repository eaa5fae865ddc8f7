/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * process-lock: one process at a time counts the uses of the keys of a token.
 * Advisory, of all processes of this machine, whoever they belong to; it goes
 * with the process. Where it cannot be had, work goes on without: records in
 * the token are written so that nothing is counted twice (purpose.h), and only
 * a use may be lost.
 */
#ifndef MODULE_PROCESS_LOCK_H
#define MODULE_PROCESS_LOCK_H

#include "common/bytes.h"

struct process_lock {
	int fd; /* -1: not held */
};

/* name: of what is locked, 32 bytes. Waits a few seconds at most. */
void process_lock_take(struct process_lock *l, const uint8_t name[32]);
void process_lock_give(struct process_lock *l);

#endif
