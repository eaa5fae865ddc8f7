/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/viewer.h"

static void
put_certificate(struct text *t, struct bytes der)
{
	text_printf(t, "certificate of %zu bytes", der.len);
}

const char *
viewer_text(struct bytes in, void (*view)(const struct view *v),
    size_t max_string, struct blob *out, size_t *ret_defects)
{
	struct outline o;
	struct names names = NAMES_INIT;
	struct text t = { out, false };
	const struct view v = { &o, &names, max_string, &t, put_certificate };

	blob_clear(out);
	assert_true(outline_read(&o, in));
	assert_true(names_find(&names, &o));
	view(&v);
	assert_false(t.bad);
	if (ret_defects != NULL)
		*ret_defects = o.defects_count;
	names_reset(&names);
	outline_reset(&o);
	assert_true(blob_append_u8(out, 0));
	return (const char *)out->ptr;
}
