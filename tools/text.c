/* SPDX-License-Identifier: BSD-3-Clause */
/* text: what may be seen: no control characters of others, no PIN. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "cli.h"

#define PIN_VALUE "pin-value="

/* U+0080 to U+009F: controls, too, for some terminals. */
static bool
is_c1(const unsigned char *p, size_t len)
{
	return len > 1 && p[0] == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0;
}

void
cli_put_text(FILE *f, mdoc_bytes text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char ch = text.ptr[i];
		bool c1 = is_c1(text.ptr + i, text.len - i);

		if (c1)
			i++;
		putc(c1 || ch < 0x20 || ch == 0x7f ? '?' : ch, f);
	}
}

char *
cli_masked(const char *text)
{
	char *copy = strdup(text);
	char *from = copy, *to;
	size_t n;

	while (from != NULL && (from = strstr(from, PIN_VALUE)) != NULL) {
		from += strlen(PIN_VALUE);
		n = strcspn(from, "& \"'");
		if (n == 0)
			continue;
		/* Nor its length. */
		to = from;
		*to++ = '*';
		memmove(to, from + n, strlen(from + n) + 1);
	}
	return copy;
}

void
cli_vprint(FILE *f, const char *format, va_list ap)
{
	char *text = NULL, *masked = NULL, *line;
	size_t n;

	if (vasprintf(&text, format, ap) < 0)
		text = NULL;
	if (text != NULL)
		masked = cli_masked(text);
	/* Some texts of the library have lines. */
	for (line = masked; line != NULL; line += n) {
		n = strcspn(line, "\n");
		cli_put_text(f, (mdoc_bytes){ (const unsigned char *)line, n });
		if (line[n] == '\0')
			break;
		fputc(line[n++], f);
	}
	free(text);
	free(masked);
}

void
cli_print(FILE *f, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	cli_vprint(f, format, ap);
	va_end(ap);
}
