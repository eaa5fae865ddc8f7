/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * transport: the inside of mdoc_transport: what the transports of this library
 * tell beyond the four functions of the public table.
 */
#ifndef MDOC_TRANSPORT_TRANSPORT_H
#define MDOC_TRANSPORT_TRANSPORT_H

#include <mdoc/transport.h>

#include "common/util.h"

struct transport_extra {
	/* Text for the error that an operation has just returned. */
	const char *(*error)(const void *self);
	int (*fd)(const void *self);              /* NULL: none */
	const char *(*address)(const void *self); /* NULL: none */
};

/* As mdoc_transport_new; extra is borrowed and may be NULL. */
int transport_new(mdoc_ctx *ctx, const mdoc_transport_ops *ops,
    const struct transport_extra *extra, void *self,
    mdoc_transport **ret) NODISCARD;

/* The text of an error, kept where no context is at hand. */
struct transport_error {
	char text[256];
};

/* Sets the text and returns code, so that one can return it. */
int transport_fail(struct transport_error *e, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same with the text of an errno appended. */
int
transport_fail_errno(struct transport_error *e, int error, const char *what);

#endif
