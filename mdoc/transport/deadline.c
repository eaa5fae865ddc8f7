/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <limits.h>

#include <mdoc/types.h>

#include "mdoc/transport/deadline.h"

#define MS_PER_S  1000
#define NS_PER_MS 1000000
#define NS_PER_S  1000000000

struct deadline
deadline_in(int timeout)
{
	struct deadline d = { .never = timeout < 0, .at_once = timeout == 0 };

	if (d.never || d.at_once)
		return d;
	clock_gettime(CLOCK_MONOTONIC, &d.at);
	d.at.tv_sec += timeout / MS_PER_S;
	d.at.tv_nsec += (long)(timeout % MS_PER_S) * NS_PER_MS;
	if (d.at.tv_nsec >= NS_PER_S) {
		d.at.tv_nsec -= NS_PER_S;
		d.at.tv_sec++;
	}
	return d;
}

int
deadline_left(const struct deadline *d)
{
	struct timespec now;
	long long ns;

	if (d->never)
		return -1;
	if (d->at_once)
		return 0;
	clock_gettime(CLOCK_MONOTONIC, &now);
	ns = (long long)(d->at.tv_sec - now.tv_sec) * NS_PER_S +
	    (d->at.tv_nsec - now.tv_nsec);
	if (ns <= 0)
		return 0;
	return (int)((ns + NS_PER_MS - 1) / NS_PER_MS);
}

int
deadline_error(const struct deadline *d)
{
	return d->at_once ? MDOC_E_AGAIN : MDOC_E_TIMEOUT;
}
