/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * module-compare RAW OURS: makes the same calls, good and bad ones, to two
 * modules, each in a process and on a token of its own, and compares return
 * codes and lengths one by one. Prints TAP, one point per group of calls.
 *
 * What is meant to differ is in the table "intended" and nowhere else: a
 * difference that is not in it fails, and so does an entry that is not seen.
 */
#include "config.h"

#include <sys/wait.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/util.h"
#include "tests/integration/module-compare.h"
#include "tests/support/module.h"

static const struct intended {
	const char *step;
	const char *raw;
	const char *ours;
	const char *why;
} intended[] = {
	{ "before: C_GetFunctionStatus", "0x190", "0x51",
	    "PKCS#11 2.40, 5.16 knows no other answer" },
	{ "before: C_CancelFunction", "0x190", "0x51", "the same" },
	{ "handles: C_GetFunctionStatus 0", "0xb3", "0x51", "the same" },
	{ "handles: C_CancelFunction 0", "0xb3", "0x51", "the same" },
};

static const struct group {
	const char *name;
	void (*run)(struct side *);
} groups[] = {
	{ "before", compare_before },
	{ "life", compare_life },
	{ "handles", compare_handles },
	{ "slots", compare_slots },
	{ "sessions", compare_sessions },
	{ "login", compare_login },
	{ "objects", compare_objects },
	{ "attributes", compare_attributes },
	{ "find", compare_find },
	{ "digest", compare_digest },
	{ "sign", compare_sign },
	{ "crypt", compare_crypt },
	{ "keys", compare_keys },
	{ "random", compare_random },
};

#define END_OF_GROUP "end of group"

static FILE *report;

void
step(const char *name, CK_RV rv, int n, ...)
{
	va_list ap;

	fprintf(report, "%s|0x%lx", name, rv);
	va_start(ap, n);
	for (int i = 0; i < n; i++)
		fprintf(report, " %ld", va_arg(ap, long));
	va_end(ap);
	fputc('\n', report);
	/* A crash must not hide what was before it. */
	fflush(report);
}

static void
must(const char *what, CK_RV rv)
{
	if (rv == CKR_OK)
		return;
	fprintf(stderr, "module-compare: %s: 0x%lx\n", what, rv);
	exit(1);
}

void
compare_start(struct side *x)
{
	must("C_Initialize", x->f->C_Initialize(NULL));
	must("C_OpenSession",
	    x->f->C_OpenSession(x->slot, CKF_SERIAL_SESSION | CKF_RW_SESSION,
		NULL, NULL, &x->s));
	must("C_Login",
	    x->f->C_Login(x->s, CKU_USER, softhsm_pin, SOFTHSM_PIN_LEN));
}

void
compare_stop(struct side *x)
{
	must("C_Finalize", x->f->C_Finalize(NULL));
}

/* In a child: all groups, on a fresh token. */
static int
side_run(const char *module)
{
	struct side x = { NULL, 0, 0 };
	struct softhsm s;

	if (!softhsm_new(&s, "compare") || !softhsm_start(&s, "compare") ||
	    !module_configure(&s, NULL))
		return 1;
	x.slot = s.slot;
	softhsm_stop(&s);
	x.f = module_open(module);
	if (x.f == NULL)
		return 1;
	for (size_t i = 0; i < nitems(groups); i++) {
		groups[i].run(&x);
		step(END_OF_GROUP, CKR_OK, 0);
	}
	return 0;
}

/* What the module answered, line by line; NULL if that failed. */
static FILE *
side_report(const char *module)
{
	int status = -1;
	pid_t pid;

	report = tmpfile();
	if (report == NULL)
		return NULL;
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		exit(side_run(module));
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return NULL;
	if (status != 0)
		printf("# %s: ended with status 0x%x\n", module,
		    (unsigned)status);
	rewind(report);
	return report;
}

static bool seen[nitems(intended)];

static bool
is_intended(const char *name, const char *raw, const char *ours)
{
	for (size_t i = 0; i < nitems(intended); i++) {
		if (!strcmp(intended[i].step, name) &&
		    !strcmp(intended[i].raw, raw) &&
		    !strcmp(intended[i].ours, ours)) {
			seen[i] = true;
			printf("# meant: %s: raw %s, ours %s (%s)\n", name, raw,
			    ours, intended[i].why);
			return true;
		}
	}
	return false;
}

/* One line; *ret_answer is what follows its name. */
static bool
line_read(FILE *f, char *line, int size, char **ret_answer)
{
	if (fgets(line, size, f) == NULL)
		return false;
	line[strcspn(line, "\n")] = '\0';
	*ret_answer = strchr(line, '|');
	if (*ret_answer == NULL)
		return false;
	*(*ret_answer)++ = '\0';
	return true;
}

/* Compares the lines up to the end of a group. Returns how many differ. */
static unsigned
group_compare(FILE *raw, FILE *ours, unsigned *ret_steps)
{
	char a[256], b[256], *answer_a, *answer_b;
	unsigned bad = 0;

	*ret_steps = 0;
	while (line_read(raw, a, sizeof(a), &answer_a)) {
		if (!line_read(ours, b, sizeof(b), &answer_b)) {
			printf("# %s: raw %s, ours is at its end\n", a,
			    answer_a);
			return bad + 1;
		}
		if (strcmp(a, b) != 0) {
			printf("# raw is at '%s', ours at '%s'\n", a, b);
			return bad + 1;
		}
		if (!strcmp(a, END_OF_GROUP))
			return bad;
		++*ret_steps;
		if (strcmp(answer_a, answer_b) != 0 &&
		    !is_intended(a, answer_a, answer_b)) {
			bad++;
			printf("# %s: raw %s, ours %s\n", b, answer_a,
			    answer_b);
		}
	}
	printf("# raw is at its end\n");
	return bad + 1;
}

int
main(int argc, char **argv)
{
	unsigned steps, failed = 0, bad;
	FILE *raw, *ours;
	size_t i;

	if (argc != 3) {
		fprintf(stderr, "usage: module-compare RAW OURS\n");
		return 2;
	}
	raw = side_report(argv[1]);
	ours = side_report(argv[2]);
	if (raw == NULL || ours == NULL)
		return 1;
	for (i = 0; i < nitems(groups); i++) {
		bad = group_compare(raw, ours, &steps);
		if (steps == 0)
			bad++;
		failed += bad > 0;
		printf("%s %zu - %s: %u calls answered alike\n",
		    bad > 0 ? "not ok" : "ok", i + 1, groups[i].name, steps);
	}
	for (size_t j = 0; j < nitems(intended); j++, i++) {
		failed += !seen[j];
		printf("%s %zu - as intended: %s\n", seen[j] ? "ok" : "not ok",
		    i + 1, intended[j].step);
	}
	printf("1..%zu\n", i);
	return failed > 0;
}
