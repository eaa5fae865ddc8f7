/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>

#include <openssl/crypto.h>

#include "cli.h"
#include "prompt.h"

#define PIN_MAX 256

/* One line without echo; the terminal is as it was afterwards. */
static bool
read_hidden(FILE *tty, char *line, int size)
{
	struct termios was, hidden;
	bool echo = tcgetattr(fileno(tty), &was) == 0;
	char *got;

	if (echo) {
		hidden = was;
		hidden.c_lflag &= ~(tcflag_t)ECHO;
		(void)tcsetattr(fileno(tty), TCSAFLUSH, &hidden);
	}
	got = fgets(line, size, tty);
	if (echo) {
		(void)tcsetattr(fileno(tty), TCSAFLUSH, &was);
		fputc('\n', tty);
	}
	return got != NULL;
}

int
prompt_pin(void *arg, const char *token_label, int attempt, int final_try,
    mdoc_buf *ret_pin)
{
	const struct cli *c = arg;
	char line[PIN_MAX];
	FILE *tty = fopen("/dev/tty", "r+");
	int r = MDOC_E_LOGIN;
	size_t len;

	if (tty == NULL) {
		fprintf(stderr,
		    "%s: there is no terminal to ask for the PIN; use "
		    "--pin-source, or pin-source= in the URI\n",
		    c->path);
		return MDOC_E_LOGIN;
	}
	setvbuf(tty, NULL, _IONBF, 0);
	cli_print(tty,
	    "%s%sPIN of token \"%s\": ", attempt > 1 ? "Wrong PIN. " : "",
	    final_try ? "LAST TRY before the token locks. " : "", token_label);
	if (!read_hidden(tty, line, sizeof line))
		goto out;
	len = strcspn(line, "\r\n");
	if (len == 0)
		goto out; /* an empty line gives up */
	mdoc_buf_reset(ret_pin);
	ret_pin->ptr = malloc(len);
	if (ret_pin->ptr == NULL) {
		r = MDOC_E_MEMORY;
		goto out;
	}
	memcpy(ret_pin->ptr, line, len);
	ret_pin->len = ret_pin->cap = len;
	r = MDOC_OK;
out:
	if (r == MDOC_E_LOGIN && c->verbose)
		fprintf(stderr, "%s: no PIN given\n", c->path);
	OPENSSL_cleanse(line, sizeof line);
	fclose(tty);
	return r;
}

int
prompt_give(mdoc_bytes doc_type, mdoc_bytes element, int retain)
{
	char line[16] = "";
	FILE *tty = fopen("/dev/tty", "r+");
	int yes;

	if (tty == NULL)
		return 0;
	setvbuf(tty, NULL, _IONBF, 0);
	fputs("Give ", tty);
	cli_put_text(tty, element);
	fputs(" of ", tty);
	cli_put_text(tty, doc_type);
	cli_print(tty, "%s? [y/N] ",
	    retain ? " (the reader will keep it)" : "");
	yes = fgets(line, sizeof line, tty) != NULL &&
	    (line[0] == 'y' || line[0] == 'Y');
	fclose(tty);
	return yes;
}
