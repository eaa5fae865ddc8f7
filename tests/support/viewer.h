/* SPDX-License-Identifier: BSD-3-Clause */
/* viewer: what a view makes of an input. In cmocka tests. */
#ifndef TESTS_SUPPORT_VIEWER_H
#define TESTS_SUPPORT_VIEWER_H

#include "mdoc/model/view.h"

/*
 * The text, NUL-terminated in *out. A certificate is shown as "certificate of N
 * bytes". *ret_defects may be NULL.
 */
const char *viewer_text(struct bytes in, void (*view)(const struct view *v),
    size_t max_string, struct blob *out, size_t *ret_defects);

#endif
