/* SPDX-License-Identifier: BSD-3-Clause */
/* cli: what every verb needs: options, files, errors, exit codes, JSON. */
#ifndef TOOLS_CLI_H
#define TOOLS_CLI_H

#include <jansson.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

#include <mdoc/mdoc.h>

/* p11-mdoc(1), EXIT STATUS */
enum cli_exit {
	CLI_OK = 0,
	CLI_ERROR = 1, /* runtime error */
	CLI_USAGE = 2,
	CLI_TRUST = 3,   /* cryptographic or trust failure */
	CLI_EXPIRED = 4, /* expired or revoked */
	CLI_TOKEN = 5,   /* token absent or login failed */
	CLI_UNABLE = 6,  /* the token cannot do it */
	CLI_PEER = 7,    /* peer or transport */
	CLI_REFUSED = 8  /* refused by the user */
};

struct cli;

#define CLI_MAX_OPTIONS 24
#define CLI_MAX_VALUES  64

/* One option of a verb: "--name ARG"; arg NULL: a switch. */
struct cli_option {
	const char *name;
	const char *arg;
	const char *help;
};

/* One verb, or one sub-verb ("key generate"). */
struct cli_verb {
	const char *name;
	/* For the usage line, or NULL; with "--" first, what follows the first
	 * operand is the operand's own. */
	const char *operands;
	const char *summary;
	const struct cli_option *options; /* ends with a NULL name, or NULL */
	int (*run)(struct cli *c);
	const struct cli_verb *verbs; /* ends with a NULL name, or NULL */
};

struct cli_value {
	const char *name;
	const char *value;
};

struct cli {
	const char *path; /* "p11-mdoc key generate" */
	const struct cli_verb *verb;
	struct cli_value values[CLI_MAX_VALUES];
	size_t values_n;
	char **operands;
	int operands_n;
	bool json;
	bool verbose;
	const char *pin_source;
	mdoc_ctx *ctx;
};

/* Runs what argv asks for; the result is the exit code. */
int cli_main(const struct cli_verb *verbs, int argc, char **argv);

/* The first value of an option, or NULL; switches: "" if given. */
const char *cli_get(const struct cli *c, const char *option);
/* The i-th value of an option that may be repeated, or NULL. */
const char *cli_get_nth(const struct cli *c, const char *option, size_t i);
bool cli_has(const struct cli *c, const char *option);
/* The i-th operand, or NULL. */
const char *cli_operand(const struct cli *c, int i);

/* Prints "p11-mdoc VERB: TEXT" and returns code. */
int cli_fail(const struct cli *c, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same for an error of the library, with its text and its exit code. */
int cli_fail_mdoc(const struct cli *c, int error, const char *what);
/* The same where the arguments came from files: not an error of usage. */
int cli_fail_data(const struct cli *c, int error, const char *what);
/* CLI_USAGE with a hint at --help. */
int cli_usage(const struct cli *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
int cli_exit_of(int error);
/* A line on stderr, unless --json. */
void cli_say(const struct cli *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * A key or certificate argument with --pin-source added to a pkcs11: URI that
 * has no PIN of its own. The caller frees it.
 */
char *cli_source(const struct cli *c, const char *source);
bool cli_is_uri(const char *source);

/*
 * p11-mdoc.so itself: P11_MDOC_MODULE, next to the program, or where it is
 * installed; to be freed. NULL: none of these is there.
 */
char *cli_own_module(void);
/* By its name. */
bool cli_is_own_module(const char *path);

/* name "-": stdin. */
int cli_read(const struct cli *c, const char *name, mdoc_buf *ret);
/* The same, then hex, base64 and so on are decoded (mdoc_inspect_decode). */
int cli_read_cbor(const struct cli *c, const char *name, mdoc_buf *ret);
/* name "-" or NULL: stdout. A file is replaced in one step. */
int cli_write(const struct cli *c, const char *name, mdoc_bytes data);

/* "2026-11-21", "2026-11-21T12:00Z", "2026-11-21T12:00:00Z". */
bool cli_time(const char *text, int64_t *ret);
/* "30d", "24h", "90m", "45s", "2y". */
bool cli_duration(const char *text, int64_t *ret);
/* "2026-11-21T12:00:00Z" in out[32]. */
const char *cli_time_text(int64_t t, char *out);

/* text.c. Text of a peer for a terminal: control characters become '?'. */
void cli_put_text(FILE *f, mdoc_bytes text);
/* The same of a whole text, which may have lines; PINs in URIs become '*'. */
void cli_print(FILE *f, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void cli_vprint(FILE *f, const char *format, va_list ap)
    __attribute__((format(printf, 2, 0)));
/* A copy without the PINs of URIs; NULL: out of memory. */
char *cli_masked(const char *text);

/* Adds "schema", prints one line, releases o; the result is code. */
int cli_json(json_t *o, int code);
/* Bytes as text: as they are if UTF-8, else hex. */
json_t *cli_json_text(mdoc_bytes b);
/* The first operand without its PIN. */
json_t *cli_json_operand(const struct cli *c);

mdoc_bytes cli_bytes(const mdoc_buf *b);

/* cmd-NAME.c */
extern const struct cli_verb cmd_key[], cmd_cert[], cmd_credential[],
    cmd_token[];
extern const struct cli_option cmd_issue_options[], cmd_inspect_options[],
    cmd_verify_options[], cmd_request_options[], cmd_present_options[],
    cmd_read_options[], cmd_device_auth_options[], cmd_demo_options[],
    cmd_doctor_options[], cmd_spy_options[];
int cmd_issue(struct cli *c);
int cmd_inspect(struct cli *c);
int cmd_verify(struct cli *c);
int cmd_request(struct cli *c);
int cmd_present(struct cli *c);
int cmd_read(struct cli *c);
int cmd_device_auth(struct cli *c);
int cmd_demo(struct cli *c);
int cmd_doctor(struct cli *c);
int cmd_spy(struct cli *c);

#endif
