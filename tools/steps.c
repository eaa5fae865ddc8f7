/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

#include "steps.h"

static int64_t
monotonic(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

void
steps_start(struct steps *s, const struct cli *c)
{
	s->c = c;
	s->start = monotonic();
}

void
steps_add_json(struct steps *s, const char *step, bool ok, const char *text,
    json_t *extra)
{
	double t = (double)((monotonic() - s->start) / 1000000) / 1000.0;

	if (s->c->json) {
		json_t *o = json_pack("{s:f,s:s,s:s,s:b}", "t", t, "role",
		    s->c->verb->name, "step", step, "ok", ok);

		if (*text != '\0')
			json_object_set_new(o, "detail", json_string(text));
		if (extra != NULL)
			json_object_update(o, extra);
		(void)cli_json(o, CLI_OK);
		fflush(stdout);
	} else {
		cli_print(stderr, "%-7s %8.3f  %-11s %s%s\n", s->c->verb->name,
		    t, step, ok ? "" : "FAILED: ", text);
	}
	json_decref(extra);
}

void
steps_add(struct steps *s, const char *step, bool ok, const char *format, ...)
{
	char *text = NULL;
	va_list ap;

	va_start(ap, format);
	if (vasprintf(&text, format, ap) < 0)
		text = NULL;
	va_end(ap);
	steps_add_json(s, step, ok, text ? text : "", NULL);
	free(text);
}
