/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "spy.h"

#define MAX_FUNCTIONS 128
#define MAX_OPEN      256
#define MAX_NAME      40

struct total {
	char name[MAX_NAME];
	unsigned long calls;
	unsigned long errors;
	unsigned long long sum, max; /* microseconds */
};

/* A call that has begun. */
struct begun {
	char thread[24];
	char *text;
};

struct spy {
	FILE *out;
	bool json;
	bool summary;
	char *line; /* the part of a line that is there */
	size_t len;
	unsigned long calls;
	struct total totals[MAX_FUNCTIONS];
	size_t n_totals;
	struct begun begun[MAX_OPEN];
};

/* A line of trace-call.h, taken apart. Spans of the line. */
struct call {
	char time[16];
	char thread[24];
	char name[MAX_NAME];
	const char *args; /* between the parentheses */
	size_t args_len;
	char rv[40];
	const char *out; /* what it gave; may be empty */
	size_t out_len;
	unsigned long long us;
	bool begins;
};

struct spy *
spy_new(FILE *out, bool json, bool summary)
{
	struct spy *s = calloc(1, sizeof *s);

	if (s != NULL) {
		s->out = out;
		s->json = json;
		s->summary = summary;
	}
	return s;
}

/* " = CKR_OK, session=0x1 <12 us>" */
static bool
read_result(const char *s, struct call *c)
{
	const char *end = strrchr(s, '<'), *comma;
	size_t n;

	if (strncmp(s, " = ", 3) != 0 || end == NULL ||
	    sscanf(end, "<%llu us>", &c->us) != 1)
		return false;
	s += 3;
	n = strcspn(s, ", ");
	if (n >= sizeof c->rv)
		return false;
	memcpy(c->rv, s, n);
	c->rv[n] = '\0';
	comma = s + n;
	c->out = *comma == ',' ? comma + 2 : comma;
	c->out_len = end > c->out ? (size_t)(end - c->out) - 1 : 0;
	return true;
}

/* No text of an argument has a ')' in it: the module escapes them. */
static bool
read_call(const char *line, struct call *c)
{
	const char *name, *open, *close;
	int n = 0;

	memset(c, 0, sizeof *c);
	if (sscanf(line, "%15s %23s %n", c->time, c->thread, &n) != 2 || n == 0)
		return false;
	name = line + n;
	c->begins = !strncmp(name, "> ", 2);
	if (c->begins)
		name += 2;
	open = strchr(name, '(');
	if (open == NULL || strncmp(name, "C_", 2) != 0 ||
	    (size_t)(open - name) >= sizeof c->name)
		return false;
	memcpy(c->name, name, (size_t)(open - name));
	c->args = open + 1;
	close = strstr(open, ") = ");
	if (c->begins)
		close = strrchr(open, ')');
	if (close == NULL)
		return false;
	c->args_len = (size_t)(close - c->args);
	return c->begins || read_result(close + 1, c);
}

/* ---- calls that have not returned */

static struct begun *
find_begun(struct spy *s, const char *thread)
{
	for (size_t i = 0; i < MAX_OPEN; i++) {
		if (s->begun[i].text != NULL &&
		    !strcmp(s->begun[i].thread, thread))
			return &s->begun[i];
	}
	return NULL;
}

static void
begin(struct spy *s, const struct call *c)
{
	struct begun *b = find_begun(s, c->thread);

	for (size_t i = 0; b == NULL && i < MAX_OPEN; i++) {
		if (s->begun[i].text == NULL)
			b = &s->begun[i];
	}
	if (b == NULL)
		return;
	free(b->text);
	b->text = NULL;
	memcpy(b->thread, c->thread, sizeof b->thread);
	if (asprintf(&b->text, "%s(%.*s)", c->name, (int)c->args_len, c->args) <
	    0)
		b->text = NULL;
}

static void
end(struct spy *s, const struct call *c)
{
	struct begun *b = find_begun(s, c->thread);

	if (b != NULL) {
		free(b->text);
		b->text = NULL;
	}
}

/* ---- calls that have */

static void
add_up(struct spy *s, const struct call *c)
{
	struct total *t = s->totals;

	while (t < s->totals + s->n_totals && strcmp(t->name, c->name) != 0)
		t++;
	if (t == s->totals + MAX_FUNCTIONS)
		return;
	if (t == s->totals + s->n_totals) {
		memcpy(t->name, c->name, sizeof t->name);
		s->n_totals++;
	}
	t->calls++;
	t->errors += strcmp(c->rv, "CKR_OK") != 0;
	t->sum += c->us;
	if (c->us > t->max)
		t->max = c->us;
}

static void
put_json(struct spy *s, json_t *o)
{
	char *text = NULL;

	if (o != NULL) {
		json_object_set_new(o, "schema", json_string("p11-mdoc/1"));
		text = json_dumps(o, JSON_COMPACT);
	}
	if (text != NULL)
		fprintf(s->out, "%s\n", text);
	free(text);
	json_decref(o);
}

static json_t *
span(const char *text, size_t len)
{
	return cli_json_text((mdoc_bytes){ (const unsigned char *)text, len });
}

static void
show_line(struct spy *s, char *line)
{
	struct call c;
	bool known = read_call(line, &c);

	if (known && c.begins) {
		begin(s, &c);
		return;
	}
	if (known) {
		end(s, &c);
		s->calls++;
		add_up(s, &c);
	}
	if (s->summary)
		return;
	if (!s->json)
		cli_print(s->out, "%s\n", line);
	else if (known)
		put_json(s,
		    json_pack("{s:s,s:s,s:s,s:o,s:s,s:o,s:I}", "time", c.time,
			"thread", c.thread, "function", c.name, "arguments",
			span(c.args, c.args_len), "result", c.rv, "output",
			span(c.out, c.out_len), "microseconds",
			(json_int_t)c.us));
}

void
spy_feed(struct spy *s, const char *data, size_t len)
{
	char *more = realloc(s->line, s->len + len + 1), *line, *nl;

	if (more == NULL)
		return;
	memcpy(more + s->len, data, len);
	s->line = more;
	s->len += len;
	s->line[s->len] = '\0';
	for (line = s->line; (nl = strchr(line, '\n')) != NULL; line = nl + 1) {
		*nl = '\0';
		show_line(s, line);
	}
	s->len -= (size_t)(line - s->line);
	memmove(s->line, line, s->len + 1);
	fflush(s->out);
}

/* ---- the end */

static int
by_sum(const void *a, const void *b)
{
	const struct total *x = a, *y = b;

	return x->sum < y->sum ? 1 : x->sum > y->sum ? -1 : 0;
}

static void
put_summary(struct spy *s)
{
	json_t *list = json_array();

	qsort(s->totals, s->n_totals, sizeof s->totals[0], by_sum);
	if (!s->json)
		fprintf(s->out, "%-28s %9s %9s %12s %10s\n", "function",
		    "calls", "errors", "total us", "max us");
	for (const struct total *t = s->totals; t < s->totals + s->n_totals;
	     t++) {
		if (!s->json)
			fprintf(s->out, "%-28s %9lu %9lu %12llu %10llu\n",
			    t->name, t->calls, t->errors, t->sum, t->max);
		json_array_append_new(list,
		    json_pack("{s:s,s:I,s:I,s:I,s:I}", "function", t->name,
			"calls", (json_int_t)t->calls, "errors",
			(json_int_t)t->errors, "totalMicroseconds",
			(json_int_t)t->sum, "maxMicroseconds",
			(json_int_t)t->max));
	}
	if (s->json)
		put_json(s, json_pack("{s:O}", "summary", list));
	json_decref(list);
}

unsigned long
spy_finish(struct spy *s, int signal)
{
	for (size_t i = 0; i < MAX_OPEN; i++) {
		const struct begun *b = &s->begun[i];

		if (b->text == NULL)
			continue;
		s->calls++;
		if (s->json)
			put_json(s,
			    json_pack("{s:s,s:s,s:i}", "thread", b->thread,
				"unfinished", b->text, "signal", signal));
		else if (signal != 0)
			cli_print(s->out,
			    "%s %s: did not return; the program was ended by "
			    "signal %d\n",
			    b->thread, b->text, signal);
		else
			cli_print(s->out,
			    "%s %s: did not return before the program ended\n",
			    b->thread, b->text);
	}
	if (s->summary)
		put_summary(s);
	fflush(s->out);
	return s->calls;
}

void
spy_free(struct spy *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < MAX_OPEN; i++)
		free(s->begun[i].text);
	free(s->line);
	free(s);
}
