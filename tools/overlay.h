/* SPDX-License-Identifier: BSD-3-Clause */
/* overlay: p11-mdoc.so over a module of one's choice, for one run. */
#ifndef TOOLS_OVERLAY_H
#define TOOLS_OVERLAY_H

#include "cli.h"

struct overlay {
	char *own;    /* p11-mdoc.so */
	char *device; /* the module that it stands in front of, or NULL */
	char *conf;   /* a configuration that says so, or NULL */
	char *folder; /* a new one, for files of this run; or NULL */
};

#define OVERLAY_INIT                   \
	{                              \
		NULL, NULL, NULL, NULL \
	}

/*
 * module: --module or the module-path of a URI; NULL: P11_MDOC_MODULE, if that
 * is set. p11-mdoc.so itself needs no configuration. Exit code, with a message.
 */
int overlay_open(struct cli *c, const char *module, const char *init_args,
    struct overlay *ret);
/* The folder, made if it is not there. Exit code. */
int overlay_folder(struct cli *c, struct overlay *o);
/* Removes what was made. */
void overlay_close(struct overlay *o);

#endif
