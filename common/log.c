/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"

#define LOG_LINE 512

/* -1: the environment was not looked at yet. */
static atomic_int log_level = -1;

static int
level_read(void)
{
	const char *s = secure_getenv("P11_MDOC_DEBUG");
	int level = 0;

	if (s != NULL && s[0] >= '1' && s[0] <= '3' && s[1] == '\0')
		level = s[0] - '0';
	atomic_store_explicit(&log_level, level, memory_order_relaxed);
	return level;
}

bool
log_enabled(enum log_level level)
{
	int now = atomic_load_explicit(&log_level, memory_order_relaxed);

	if (now < 0)
		now = level_read();
	return (int)level <= now;
}

/* A line of a peer's making must not pass for one of ours. */
static void
line_clean(char *s)
{
	for (; *s != '\0'; s++) {
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			*s = '?';
	}
}

void
log_printf(enum log_level level, const char *area, const char *format, ...)
{
	char line[LOG_LINE];
	int saved_errno = errno;
	size_t len;
	va_list ap;
	int n;

	if (!log_enabled(level))
		return;
	n = snprintf(line, sizeof(line), "p11-mdoc: %s: ", area);
	if (n < 0 || (size_t)n >= sizeof(line))
		n = 0;
	va_start(ap, format);
	(void)vsnprintf(line + n, sizeof(line) - (size_t)n, format, ap);
	va_end(ap);
	line_clean(line);
	len = strlen(line);
	if (len == sizeof(line) - 1)
		len--;
	line[len++] = '\n';
	/* One write, so that lines of several threads do not mix. */
	if (write(STDERR_FILENO, line, len) < 0) {
		/* There is no better place to say so. */
	}
	errno = saved_errno;
}
