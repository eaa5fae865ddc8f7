/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cli.h"
#include "prompt.h"

#ifdef __SANITIZE_ADDRESS__
#define WITH_SANITIZER true
#else
#define WITH_SANITIZER false
#endif

static const struct cli_option common_options[] = {
	{ "json", NULL, "one JSON object on standard output" },
	{ "module", "FILE", "PKCS#11 module of keys that name none" },
	{ "pin-source", "SOURCE",
	    "file:PATH, fd:N or cred:NAME, for URIs "
	    "without a PIN" },
	{ "minimum-path", "A-D|S", "weakest key path allowed" },
	{ "verbose", NULL, "say more" },
	{ "help", NULL, "this text" },
	{ NULL, NULL, NULL },
};

static const struct {
	int error;
	int code;
} exits[] = {
	{ MDOC_OK, CLI_OK },
	{ MDOC_E_ARGUMENT, CLI_USAGE },
	{ MDOC_E_TRUST, CLI_TRUST },
	{ MDOC_E_CERTIFICATE, CLI_TRUST },
	{ MDOC_E_TOKEN, CLI_TOKEN },
	{ MDOC_E_LOGIN, CLI_TOKEN },
	{ MDOC_E_UNSUPPORTED, CLI_UNABLE },
	{ MDOC_E_POLICY, CLI_UNABLE },
	{ MDOC_E_SESSION, CLI_PEER },
	{ MDOC_E_PEER, CLI_PEER },
	{ MDOC_E_TIMEOUT, CLI_PEER },
	{ MDOC_E_REFUSED, CLI_REFUSED },
};

int
cli_exit_of(int error)
{
	for (size_t i = 0; i < sizeof exits / sizeof exits[0]; i++) {
		if (exits[i].error == error)
			return exits[i].code;
	}
	return CLI_ERROR;
}

int
cli_fail(const struct cli *c, int code, const char *format, ...)
{
	va_list ap;

	fprintf(stderr, "%s: ", c->path);
	va_start(ap, format);
	cli_vprint(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	return code;
}

int
cli_fail_mdoc(const struct cli *c, int error, const char *what)
{
	const char *text = c->ctx != NULL ? mdoc_ctx_error(c->ctx) : "";

	if (*text == '\0')
		text = mdoc_strerror(error);
	if (what != NULL)
		return cli_fail(c, cli_exit_of(error), "%s: %s", what, text);
	return cli_fail(c, cli_exit_of(error), "%s", text);
}

int
cli_fail_data(const struct cli *c, int error, const char *what)
{
	int code = cli_fail_mdoc(c, error, what);

	return code == CLI_USAGE ? CLI_ERROR : code;
}

int
cli_usage(const struct cli *c, const char *format, ...)
{
	va_list ap;

	fprintf(stderr, "%s: ", c->path);
	va_start(ap, format);
	cli_vprint(stderr, format, ap);
	va_end(ap);
	fprintf(stderr, "; see %s --help\n", c->path);
	return CLI_USAGE;
}

void
cli_say(const struct cli *c, const char *format, ...)
{
	va_list ap;

	if (c->json)
		return;
	va_start(ap, format);
	cli_vprint(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
}

const char *
cli_get_nth(const struct cli *c, const char *option, size_t nth)
{
	for (size_t i = 0; i < c->values_n; i++) {
		if (!strcmp(c->values[i].name, option) && nth-- == 0)
			return c->values[i].value;
	}
	return NULL;
}

const char *
cli_get(const struct cli *c, const char *option)
{
	return cli_get_nth(c, option, 0);
}

bool
cli_has(const struct cli *c, const char *option)
{
	return cli_get(c, option) != NULL;
}

const char *
cli_operand(const struct cli *c, int i)
{
	return i < c->operands_n ? c->operands[i] : NULL;
}

mdoc_bytes
cli_bytes(const mdoc_buf *b)
{
	return (mdoc_bytes){ b->ptr, b->len };
}

bool
cli_is_uri(const char *source)
{
	return !strncmp(source, "pkcs11:", 7);
}

/* RFC 7512 2.3: characters that a query attribute may hold as they are. */
static bool
is_query_char(unsigned char ch)
{
	return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
	    (ch >= '0' && ch <= '9') || strchr("-._~:[]@!$'()*+,=/?|", ch);
}

char *
cli_source(const struct cli *c, const char *source)
{
	char *text = NULL;
	size_t len;
	FILE *f;

	if (c->pin_source == NULL || !cli_is_uri(source) ||
	    strstr(source, "pin-source=") || strstr(source, "pin-value="))
		return strdup(source);
	f = open_memstream(&text, &len);
	if (f == NULL)
		return NULL;
	fprintf(f, "%s%cpin-source=", source, strchr(source, '?') ? '&' : '?');
	for (const char *p = c->pin_source; *p != '\0'; p++) {
		if (is_query_char((unsigned char)*p))
			fputc(*p, f);
		else
			fprintf(f, "%%%02x", (unsigned)(unsigned char)*p);
	}
	if (fclose(f) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

static void
print_options(const struct cli_option *o)
{
	char left[64];

	for (; o != NULL && o->name != NULL; o++) {
		snprintf(left, sizeof left, "--%s%s%s", o->name,
		    o->arg ? " " : "", o->arg ? o->arg : "");
		printf("  %-28s %s\n", left, o->help);
	}
}

static void
print_verbs(const char *path, const struct cli_verb *verbs)
{
	printf("usage: %s VERB [OPTION...]\n\n", path);
	for (const struct cli_verb *v = verbs; v->name != NULL; v++)
		printf("  %-12s %s\n", v->name, v->summary);
	printf("\n%s VERB --help shows the options of a verb.\n", path);
}

static void
print_help(const struct cli *c)
{
	const struct cli_verb *v = c->verb;

	printf("usage: %s%s%s%s\n\n%s\n\n", c->path,
	    v->options != NULL ? " [OPTION...]" : "",
	    v->operands != NULL ? " " : "",
	    v->operands != NULL ? v->operands : "", v->summary);
	print_options(v->options);
	putchar('\n');
	print_options(common_options);
	printf("\nA key, certificate or credential is a pkcs11: URI "
	       "(RFC 7512) or a file.\n");
}

static size_t
add_long_options(const struct cli_option *o, struct option *long_options,
    size_t n)
{
	for (; o != NULL && o->name != NULL && n < CLI_MAX_OPTIONS; o++) {
		long_options[n].name = o->name;
		long_options[n].has_arg =
		    o->arg != NULL ? required_argument : no_argument;
		long_options[n].flag = NULL;
		long_options[n].val = 0;
		n++;
	}
	return n;
}

/* Options into c->values; -1 to go on, else an exit code. */
static int
parse_options(struct cli *c, int argc, char **argv)
{
	struct option long_options[CLI_MAX_OPTIONS + 1] = { 0 };
	const char *operands = c->verb->operands;
	const char *order =
	    operands != NULL && !strncmp(operands, "--", 2) ? "+:h" : ":h";
	size_t n = add_long_options(c->verb->options, long_options, 0);
	int index, r;

	n = add_long_options(common_options, long_options, n);
	optind = 1;
	opterr = 0;
	while ((r = getopt_long(argc, argv, order, long_options, &index)) !=
	    -1) {
		if (r == 'h') {
			print_help(c);
			return CLI_OK;
		}
		if (r == ':')
			return cli_usage(c, "%s needs a value",
			    argv[optind - 1]);
		if (r != 0)
			return cli_usage(c, "unknown option %s",
			    argv[optind - 1]);
		if (c->values_n == CLI_MAX_VALUES)
			return cli_usage(c, "too many options");
		c->values[c->values_n].name = long_options[index].name;
		c->values[c->values_n++].value = optarg ? optarg : "";
	}
	c->operands = argv + optind;
	c->operands_n = argc - optind;
	if (cli_has(c, "help")) {
		print_help(c);
		return CLI_OK;
	}
	if (c->operands_n > 0 && c->verb->operands == NULL)
		return cli_usage(c, "unexpected operand \"%s\"", *c->operands);
	return -1;
}

/* The module next to the program, for a build that is not installed; the
 * caller frees it. NULL: there is none. */
static char *
module_nearby(void)
{
	static const char *const places[] = { "p11-mdoc.so", "../p11-mdoc.so" };
	char *self = realpath("/proc/self/exe", NULL);
	char *slash = self != NULL ? strrchr(self, '/') : NULL;
	char *path = NULL;

	for (size_t i = 0;
	     slash != NULL && i < sizeof places / sizeof places[0]; i++) {
		if (asprintf(&path, "%.*s/%s", (int)(slash - self), self,
			places[i]) < 0) {
			path = NULL;
			break;
		}
		if (access(path, R_OK) == 0)
			break;
		free(path);
		path = NULL;
	}
	free(self);
	return path;
}

bool
cli_is_own_module(const char *path)
{
	const char *slash = strrchr(path, '/');

	return !strcmp(slash != NULL ? slash + 1 : path, "p11-mdoc.so");
}

char *
cli_own_module(void)
{
	const char *named = secure_getenv("P11_MDOC_MODULE");
	char *path = NULL;

	/* That variable may name any module. */
	if (named != NULL && cli_is_own_module(named))
		path = realpath(named, NULL);
	if (path == NULL)
		path = module_nearby();
	if (path == NULL && access(P11_MDOC_MODULE, R_OK) == 0)
		path = strdup(P11_MDOC_MODULE);
	return path;
}

/* p11-kit looks for a relative path in its own folder; a name with a slash is
 * meant from here. */
static int
set_module(struct cli *c, const char *module)
{
	char *path = strchr(module, '/') ? realpath(module, NULL) : NULL;
	int r = mdoc_ctx_set_module(c->ctx, path != NULL ? path : module);

	free(path);
	return r == MDOC_OK ? -1 : cli_fail_mdoc(c, r, module);
}

static int
open_context(struct cli *c)
{
	const char *module = cli_get(c, "module");
	const char *path = cli_get(c, "minimum-path");
	char *nearby = NULL;
	int r = mdoc_ctx_new(&c->ctx);

	if (r != MDOC_OK)
		return cli_fail(c, CLI_ERROR, "%s", mdoc_strerror(r));
	mdoc_ctx_set_pin(c->ctx, prompt_pin, c);
	if (path != NULL && (strlen(path) != 1 || !strchr("ABCDS", *path)))
		return cli_usage(c, "--minimum-path: one of A, B, C, D or S");
	if (path != NULL)
		(void)mdoc_ctx_set_minimum_path(c->ctx, *path);
	if (module == NULL)
		module = secure_getenv("P11_MDOC_MODULE");
	if (module == NULL)
		module = nearby = module_nearby();
	r = module != NULL ? set_module(c, module) : -1;
	free(nearby);
	return r;
}

/* A PIN in argv is in the process list and in the shell's history. */
static void
warn_pin_value(const struct cli *c, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strstr(argv[i], "pin-value=") != NULL) {
			fprintf(stderr,
			    "%s: warning: a PIN on the command line can be "
			    "seen by others; use pin-source=\n",
			    c->path);
			return;
		}
	}
}

static int
run_verb(const char *path, const struct cli_verb *verb, int argc, char **argv)
{
	struct cli c = { .path = path, .verb = verb };
	int code = parse_options(&c, argc, argv);

	if (code >= 0)
		return code;
	warn_pin_value(&c, argc, argv);
	c.json = cli_has(&c, "json");
	c.verbose = cli_has(&c, "verbose");
	c.pin_source = cli_get(&c, "pin-source");
	code = open_context(&c);
	if (code < 0)
		code = verb->run(&c);
	mdoc_ctx_free(&c.ctx);
	return code;
}

static int
dispatch(const char *path, const struct cli_verb *verbs, int argc, char **argv)
{
	char name[128];

	if (argc < 2) {
		fprintf(stderr, "usage: %s VERB [OPTION...]; see %s --help\n",
		    path, path);
		return CLI_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		print_verbs(path, verbs);
		return CLI_OK;
	}
	for (const struct cli_verb *v = verbs; v->name != NULL; v++) {
		if (strcmp(v->name, argv[1]) != 0)
			continue;
		snprintf(name, sizeof name, "%s %s", path, v->name);
		if (v->verbs != NULL)
			return dispatch(name, v->verbs, argc - 1, argv + 1);
		return run_verb(name, v, argc - 1, argv + 1);
	}
	cli_print(stderr, "%s: no verb \"%s\"; see %s --help\n", path, argv[1],
	    path);
	return CLI_USAGE;
}

int
cli_main(const struct cli_verb *verbs, int argc, char **argv)
{
	struct rlimit core;
	int code = CLI_OK;

	/*
	 * PINs and session keys pass through: never into a core dump. The hard
	 * limit stays, for programs that spy runs.
	 */
	if (getrlimit(RLIMIT_CORE, &core) == 0) {
		core.rlim_cur = 0;
		(void)setrlimit(RLIMIT_CORE, &core);
	}
	/* LeakSanitizer attaches to its own process, which this forbids. */
	if (!WITH_SANITIZER)
		(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (argc == 2 && !strcmp(argv[1], "--version"))
		puts("p11-mdoc " PACKAGE_VERSION);
	else
		code = dispatch("p11-mdoc", verbs, argc, argv);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fprintf(stderr, "p11-mdoc: standard output: %s\n",
		    strerror(errno));
		return code == CLI_OK ? CLI_ERROR : code;
	}
	return code;
}
