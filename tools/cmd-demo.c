/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cmd-demo: a list of commands that are printed and run, in a folder and a
 * token of their own, so that each can be copied and run alone.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/rand.h>

#include "cli.h"

#include "tools/demo-files.h"

const struct cli_option cmd_demo_options[] = {
	{ NULL, NULL, NULL },
};

#define PIN      "--pin-source", "file:pin"
#define DAYS_9Y  "3285"
#define MAX_ARGS 32

struct step {
	const char *title; /* NULL: goes with the one before */
	bool background;
	const char *args[MAX_ARGS];
};

/* @PORT@ is replaced. */
static const struct step steps[] = {
	{ "A token of its own, reached through p11-mdoc.so", false,
	    { "token", "init", "demo", "--pin-file", "pin", "--so-pin-file",
		"so-pin" } },
	{ "Four keys and the device key, generated in the token", false,
	    { "key", "generate", "pkcs11:token=demo;object=iaca", "--use",
		"sign", PIN } },
	{ NULL, false,
	    { "key", "generate", "pkcs11:token=demo;object=ds", "--use", "sign",
		PIN } },
	{ NULL, false,
	    { "key", "generate", "pkcs11:token=demo;object=reader-ca", "--use",
		"sign", PIN } },
	{ NULL, false,
	    { "key", "generate", "pkcs11:token=demo;object=reader", "--use",
		"sign", PIN } },
	{ NULL, false,
	    { "key", "generate", "pkcs11:token=demo;object=device", PIN } },
	{ "Certificates of 18013-5 Annex B, signed in the token", false,
	    { "cert", "iaca", "--key", "pkcs11:token=demo;object=iaca",
		"--subject", "CN=Utopia IACA,C=UT", "--days", DAYS_9Y,
		"--issuer-alt-url", "https://dmv.ut.example", "--crl-url",
		"https://dmv.ut.example/iaca.crl", "--out", "iaca.pem", PIN } },
	{ NULL, false,
	    { "cert", "ds", "--key", "pkcs11:token=demo;object=ds",
		"--issuer-key", "pkcs11:token=demo;object=iaca",
		"--issuer-cert", "iaca.pem", "--subject",
		"CN=Utopia DS 01,C=UT", "--out", "ds.pem", PIN } },
	{ NULL, false,
	    { "cert", "reader-ca", "--key",
		"pkcs11:token=demo;object=reader-ca", "--subject",
		"CN=Utopia Reader CA,C=UT", "--days", DAYS_9Y,
		"--issuer-alt-url", "https://readers.ut.example", "--crl-url",
		"https://readers.ut.example/ca.crl", "--out", "reader-ca.pem",
		PIN } },
	{ NULL, false,
	    { "cert", "reader", "--key", "pkcs11:token=demo;object=reader",
		"--issuer-key", "pkcs11:token=demo;object=reader-ca",
		"--issuer-cert", "reader-ca.pem", "--subject",
		"CN=Utopia Bar,C=UT", "--out", "reader.pem", PIN } },
	{ "An mDL for a person, signed by the document signer's key and "
	  "stored in the token",
	    false,
	    { "issue", "person.json", "--ds-key", "pkcs11:token=demo;object=ds",
		"--ds-cert", "ds.pem", "--device-key",
		"pkcs11:token=demo;object=device", "--valid", "90d", "--store",
		"pkcs11:token=demo;object=mdl", PIN } },
	{ NULL, false, { "credential", "list", "pkcs11:token=demo", PIN } },
	{ "The holder waits for a reader; the device MAC will be computed in "
	  "the token",
	    true,
	    { "present", "pkcs11:token=demo;object=mdl", "--mode", "mac",
		"--consent", "all", "--reader-trust", "reader-ca.pem",
		"--listen", "tcp:127.0.0.1:@PORT@", PIN } },
	{ "The reader asks, with reader authentication, and verifies", false,
	    { "read", "--get", "family_name", "--get", "given_name", "--get",
		"portrait", "--get", "driving_privileges", "--get",
		"age_over_18", "--reader-key",
		"pkcs11:token=demo;object=reader", "--reader-cert",
		"reader.pem", "--trust", "iaca.pem", "--response-out",
		"response.cbor", "--transcript-out", "transcript.cbor",
		"--connect", "tcp:127.0.0.1:@PORT@", PIN } },
};

struct demo {
	struct cli *c;
	char *folder;
	char *program;
	char port[8];
	pid_t background;
	const char *background_name;
};

static int
fail(struct demo *d, const char *what)
{
	return cli_fail(d->c, CLI_ERROR, "%s: %s", what, strerror(errno));
}

static int
write_file(struct demo *d, const char *name, const void *p, size_t n)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	ssize_t done;

	if (fd < 0)
		return fail(d, name);
	done = write(fd, p, n);
	if (close(fd) != 0 || done != (ssize_t)n)
		return fail(d, name);
	return CLI_OK;
}

/* Eight random digits; the file is the only place where they are. */
static int
write_pin(struct demo *d, const char *name)
{
	unsigned char r[8];
	char text[9];

	if (RAND_bytes(r, sizeof r) != 1)
		return cli_fail(d->c, CLI_ERROR, "no random bytes");
	for (size_t i = 0; i < sizeof r; i++)
		text[i] = (char)('0' + r[i] % 10);
	text[8] = '\n';
	return write_file(d, name, text, sizeof text);
}

static int
make_folder(struct demo *d)
{
	const char *operand = cli_operand(d->c, 0);
	char name[] = "/tmp/p11-mdoc-demo.XXXXXX";

	if (operand == NULL) {
		if (mkdtemp(name) == NULL)
			return fail(d, name);
		operand = name;
	} else if (mkdir(operand, 0700) != 0) {
		return cli_fail(d->c, CLI_ERROR,
		    "%s: %s; the demo wants a new folder", operand,
		    strerror(errno));
	}
	d->folder = realpath(operand, NULL);
	if (d->folder == NULL || chdir(d->folder) != 0)
		return fail(d, operand);
	return CLI_OK;
}

static int write_text(struct demo *d, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int
write_text(struct demo *d, const char *name, const char *format, ...)
{
	char *text = NULL;
	va_list ap;
	int code, n;

	va_start(ap, format);
	n = vasprintf(&text, format, ap);
	va_end(ap);
	if (n < 0)
		return cli_fail(d->c, CLI_ERROR, "out of memory");
	code = write_file(d, name, text, (size_t)n);
	free(text);
	return code;
}

static int
fill_folder(struct demo *d)
{
	int code = mkdir("tokens", 0700) == 0 ? CLI_OK : fail(d, "tokens");

	if (code == CLI_OK)
		code = write_text(d, "softhsm2.conf",
		    "directories.tokendir = %s/tokens\n"
		    "objectstore.backend = file\nlog.level = ERROR\n",
		    d->folder);
	if (code == CLI_OK)
		code = write_text(d, "p11-mdoc.conf",
		    "; no device is named: SoftHSMv2\n[module]\n"
		    "info = own\n");
	if (code == CLI_OK)
		code = write_pin(d, "pin");
	if (code == CLI_OK)
		code = write_pin(d, "so-pin");
	if (code == CLI_OK)
		code = write_file(d, "person.json", demo_person_json,
		    sizeof demo_person_json);
	if (code == CLI_OK)
		code = write_file(d, "portrait.jpg", demo_portrait_jpg,
		    sizeof demo_portrait_jpg);
	return code;
}

/* A port that is free at this moment. */
static int
find_port(struct demo *d)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, len) != 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &len) != 0) {
		if (fd >= 0)
			close(fd);
		return fail(d, "127.0.0.1");
	}
	close(fd);
	snprintf(d->port, sizeof d->port, "%u", ntohs(a.sin_port));
	return CLI_OK;
}

/* An argument as a shell wants it. */
static void
print_quoted(const char *s)
{
	static const char plain[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "0123456789-_./:=,@%+";

	if (*s != '\0' && s[strspn(s, plain)] == '\0') {
		fputs(s, stdout);
		return;
	}
	putchar('\'');
	for (; *s != '\0'; s++) {
		if (*s == '\'')
			fputs("'\\''", stdout);
		else
			putchar(*s);
	}
	putchar('\'');
}

static char *
with_port(const struct demo *d, const char *arg)
{
	const char *at = strstr(arg, "@PORT@");
	char *text;

	if (at == NULL)
		return strdup(arg);
	if (asprintf(&text, "%.*s%s", (int)(at - arg), arg, d->port) < 0)
		return NULL;
	return text;
}

static int
wait_for(struct demo *d, pid_t pid, const char *name)
{
	int status;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return fail(d, "waitpid");
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return CLI_OK;
	return cli_fail(d->c,
	    WIFEXITED(status) ? WEXITSTATUS(status) : CLI_ERROR,
	    "the command \"%s\" failed", name);
}

static pid_t
spawn(char **argv, int error_fd)
{
	pid_t pid = fork();

	if (pid == 0) {
		if (error_fd != STDERR_FILENO)
			(void)dup2(error_fd, STDERR_FILENO);
		execv(argv[0], argv);
		_exit(127);
	}
	return pid;
}

/* Copies from to standard error, and says so once it was told to listen. */
static void
relay(int from, int ready)
{
	char line[1024];
	size_t len = 0;
	ssize_t n;

	while ((n = read(from, line + len, sizeof line - 1 - len)) > 0) {
		(void)!write(STDERR_FILENO, line + len, (size_t)n);
		len += (size_t)n;
		line[len] = '\0';
		if (ready >= 0 && strstr(line, "listen") != NULL) {
			close(ready);
			ready = -1;
		}
		if (ready < 0 || len == sizeof line - 1)
			len = 0;
	}
}

/*
 * The other side starts when this one waits for it: SoftHSMv2 does not see a
 * token while another process logs in to it.
 */
static int
start_background(struct demo *d, char **argv)
{
	int out[2], ready[2];
	char byte;
	pid_t pid;

	if (pipe2(out, O_CLOEXEC) != 0 || pipe2(ready, O_CLOEXEC) != 0)
		return fail(d, "pipe");
	d->background = spawn(argv, out[1]);
	pid = d->background < 0 ? -1 : fork();
	if (pid == 0) {
		close(out[1]);
		close(ready[0]);
		relay(out[0], ready[1]);
		_exit(0);
	}
	close(out[0]);
	close(out[1]);
	close(ready[1]);
	/* Its end is closed by "listen", or by the end of the program. */
	(void)!read(ready[0], &byte, 1);
	close(ready[0]);
	return pid < 0 ? fail(d, "fork") : CLI_OK;
}

static int
run_step(struct demo *d, const struct step *s)
{
	char *argv[MAX_ARGS + 2] = { d->program };
	int argc = 1, code = CLI_OK;
	pid_t pid;

	if (s->title != NULL)
		printf("\n# %s\n", s->title);
	printf("$ p11-mdoc");
	for (; argc <= MAX_ARGS && s->args[argc - 1] != NULL; argc++) {
		argv[argc] = with_port(d, s->args[argc - 1]);
		if (argv[argc] == NULL)
			return cli_fail(d->c, CLI_ERROR, "out of memory");
		putchar(' ');
		print_quoted(argv[argc]);
	}
	printf("%s\n", s->background ? " &" : "");
	fflush(stdout);
	if (s->background) {
		code = start_background(d, argv);
		d->background_name = s->args[0];
	} else {
		pid = spawn(argv, STDERR_FILENO);
		code = pid < 0 ? fail(d, "fork") : wait_for(d, pid, s->args[0]);
	}
	for (int i = 1; i < argc; i++)
		free(argv[i]);
	return code;
}

static int
set_path(struct demo *d, const char *variable, const char *name)
{
	char *path;
	int r;

	if (asprintf(&path, "%s/%s", d->folder, name) < 0)
		return cli_fail(d->c, CLI_ERROR, "out of memory");
	r = setenv(variable, path, 1);
	free(path);
	return r == 0 ? CLI_OK : fail(d, variable);
}

/* What a person types before the commands. */
static int
set_environment(struct demo *d)
{
	char *end;
	int code;

	d->program = realpath("/proc/self/exe", NULL);
	if (d->program == NULL)
		return fail(d, "/proc/self/exe");
	code = set_path(d, "SOFTHSM2_CONF", "softhsm2.conf");
	if (code == CLI_OK)
		code = set_path(d, "P11_MDOC_CONF", "p11-mdoc.conf");
	if (code != CLI_OK)
		return code;
	/* libtool runs a program that is not installed from a folder of its
	 * own, by a script one above; that is what a person can type. */
	end = strstr(d->program, "/.libs/p11-mdoc");
	if (end == NULL)
		end = strrchr(d->program, '/');
	printf("# Everything is in a folder of its own; each command can be "
	       "run again alone.\n");
	printf("$ cd ");
	print_quoted(d->folder);
	printf("\n$ export SOFTHSM2_CONF=\"$PWD/softhsm2.conf\" "
	       "P11_MDOC_CONF=\"$PWD/p11-mdoc.conf\"\n$ export PATH=");
	*end = '\0';
	print_quoted(d->program);
	*end = '/';
	printf(":\"$PATH\"\n");
	return CLI_OK;
}

static int
finish(struct demo *d, int code)
{
	if (d->background > 0 && code != CLI_OK)
		(void)kill(d->background, SIGTERM);
	if (d->background > 0) {
		int other = wait_for(d, d->background, d->background_name);

		if (code == CLI_OK)
			code = other;
	}
	if (code == CLI_OK)
		printf("\n# Done. Every private key stayed in the token; the "
		       "files are in %s\n",
		    d->folder);
	return code;
}

int
cmd_demo(struct cli *c)
{
	struct demo d = { .c = c };
	int code;

	if (c->operands_n > 1)
		return cli_usage(c, "one folder at most");
	if (c->json)
		return cli_usage(c, "the demo has no --json; its commands do");
	code = make_folder(&d);
	if (code == CLI_OK)
		code = fill_folder(&d);
	if (code == CLI_OK)
		code = find_port(&d);
	if (code == CLI_OK)
		code = set_environment(&d);
	for (size_t i = 0; code == CLI_OK && i < sizeof steps / sizeof steps[0];
	     i++)
		code = run_step(&d, &steps[i]);
	code = finish(&d, code);
	free(d.folder);
	free(d.program);
	return code;
}
