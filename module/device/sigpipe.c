/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>

#include "module/device/sigpipe.h"

static sigset_t
only_sigpipe(void)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGPIPE);
	return set;
}

bool
sigpipe_hold(void)
{
	sigset_t set = only_sigpipe(), before;

	return pthread_sigmask(SIG_BLOCK, &set, &before) == 0 &&
	    sigismember(&before, SIGPIPE) == 0;
}

void
sigpipe_release(void)
{
	const struct timespec at_once = { 0, 0 };
	sigset_t set = only_sigpipe();

	while (sigtimedwait(&set, NULL, &at_once) < 0 && errno == EINTR)
		;
	(void)pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}
