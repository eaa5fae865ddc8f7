/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdlib.h>

#include "mdoc/crypto/modules.h"

struct modules {
	int unused;
};

void
modules_free(struct modules **m)
{
	if (m == NULL || *m == NULL)
		return;
	free(*m);
	*m = NULL;
}
