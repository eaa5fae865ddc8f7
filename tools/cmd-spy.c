/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cmd-spy: runs a program and shows the calls that it makes to p11-mdoc.so.
 * The module writes its trace into a file, which is read here as it grows: a
 * pipe could stop or kill the program.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "overlay.h"
#include "spy.h"

/* As env(1), nohup(1) and timeout(1) do. */
#define EXIT_NOT_RUNNABLE 126
#define EXIT_NOT_FOUND    127

const struct cli_option cmd_spy_options[] = {
	{ "output", "FILE", "write there; default: standard error" },
	{ "summary", NULL, "a table of functions instead of each call" },
	{ "init-args", "TEXT", "of the device's module, with --module" },
	{ NULL, NULL, NULL },
};

struct watch {
	struct cli *c;
	struct overlay overlay;
	struct spy *spy;
	char *trace; /* name of the file */
	pid_t pid;
	int file, changes, ended, signals;
};

/* Passed on; what a terminal sends reaches the program anyway. */
static const int passed[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1,
	SIGUSR2, SIGCONT, SIGWINCH };

static void
signal_set(sigset_t *set)
{
	sigemptyset(set);
	for (size_t i = 0; i < sizeof passed / sizeof passed[0]; i++)
		sigaddset(set, passed[i]);
}

static int
make_trace(struct watch *w)
{
	int code = overlay_folder(w->c, &w->overlay);

	if (code != CLI_OK)
		return code;
	if (asprintf(&w->trace, "%s/trace", w->overlay.folder) < 0) {
		w->trace = NULL;
		return cli_fail(w->c, CLI_ERROR, "out of memory");
	}
	w->file = open(w->trace, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC,
	    S_IRUSR | S_IWUSR);
	w->changes = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (w->file < 0 || w->changes < 0 ||
	    inotify_add_watch(w->changes, w->trace, IN_MODIFY) < 0)
		return cli_fail(w->c, CLI_ERROR, "%s: %s", w->trace,
		    strerror(errno));
	return CLI_OK;
}

/* Never returns. errno goes through the pipe, which exec closes. */
static void
child_exec(const struct watch *w, int report, const sigset_t *before)
{
	char target[2048];
	struct rlimit core;
	int e;

	(void)snprintf(target, sizeof target, "+%s", w->trace);
	(void)setenv("P11_MDOC_TRACE", target, 1);
	if (w->overlay.conf != NULL)
		(void)setenv("P11_MDOC_CONF", w->overlay.conf, 1);
	/* A core dump of the program is its own affair. */
	if (getrlimit(RLIMIT_CORE, &core) == 0) {
		core.rlim_cur = core.rlim_max;
		(void)setrlimit(RLIMIT_CORE, &core);
	}
	(void)sigprocmask(SIG_SETMASK, before, NULL);
	(void)execvp(w->c->operands[0], w->c->operands);
	e = errno;
	if (write(report, &e, sizeof e) < 0)
		_exit(EXIT_NOT_RUNNABLE);
	_exit(EXIT_NOT_FOUND);
}

static int
start(struct watch *w)
{
	sigset_t set, before;
	int report[2], e = 0;
	ssize_t n;

	signal_set(&set);
	if (pipe2(report, O_CLOEXEC) != 0)
		return cli_fail(w->c, CLI_ERROR, "%s", strerror(errno));
	(void)sigprocmask(SIG_BLOCK, &set, &before);
	w->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	fflush(NULL);
	w->pid = fork();
	if (w->pid == 0)
		child_exec(w, report[1], &before);
	close(report[1]);
	/* "| head" ends the trace, not the program nor the cleaning up. */
	(void)signal(SIGPIPE, SIG_IGN);
	if (w->pid < 0) {
		close(report[0]);
		return cli_fail(w->c, CLI_ERROR, "%s", strerror(errno));
	}
	do {
		n = read(report[0], &e, sizeof e);
	} while (n < 0 && errno == EINTR);
	close(report[0]);
	if (n == (ssize_t)sizeof e) {
		(void)waitpid(w->pid, NULL, 0);
		return cli_fail(w->c,
		    e == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_RUNNABLE, "%s: %s",
		    w->c->operands[0], strerror(e));
	}
	w->ended = pidfd_open(w->pid, 0);
	return CLI_OK;
}

static void
pass_signals(const struct watch *w)
{
	struct signalfd_siginfo s;

	while (read(w->signals, &s, sizeof s) == (ssize_t)sizeof s) {
		if (s.ssi_code != SI_KERNEL)
			(void)kill(w->pid, (int)s.ssi_signo);
	}
}

static void
read_trace(const struct watch *w)
{
	char part[3072];
	ssize_t n;

	while ((n = read(w->file, part, sizeof part)) > 0 ||
	    (n < 0 && errno == EINTR)) {
		if (n > 0)
			spy_feed(w->spy, part, (size_t)n);
	}
}

static void
watch_program(struct watch *w)
{
	char event[1024];

	for (;;) {
		struct pollfd p[3] = {
			{ .fd = w->changes, .events = POLLIN },
			{ .fd = w->signals, .events = POLLIN },
			{ .fd = w->ended, .events = POLLIN },
		};

		/* Without a pidfd: look from time to time. */
		if (poll(p, 3, w->ended < 0 ? 100 : -1) < 0 && errno != EINTR)
			break;
		if (p[1].revents != 0)
			pass_signals(w);
		while (read(w->changes, event, sizeof event) > 0)
			;
		read_trace(w);
		if (p[2].revents != 0 || (w->ended < 0 && kill(w->pid, 0) != 0))
			break;
	}
}

/* 128 and the signal, as a shell has it. */
static int
wait_program(const struct watch *w, int *ret_signal)
{
	int status = 0;

	while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR)
		;
	*ret_signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	return *ret_signal != 0 ? 128 + *ret_signal : WEXITSTATUS(status);
}

static void
close_all(struct watch *w)
{
	const int fds[] = { w->file, w->changes, w->ended, w->signals };

	for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
	free(w->trace);
	overlay_close(&w->overlay);
}

static int
run_watched(struct watch *w, FILE *out)
{
	int signal = 0, code = make_trace(w);

	if (code == CLI_OK)
		w->spy = spy_new(out, w->c->json, cli_has(w->c, "summary"));
	if (code == CLI_OK && w->spy == NULL)
		code = cli_fail(w->c, CLI_ERROR, "out of memory");
	if (code == CLI_OK)
		code = start(w);
	if (code != CLI_OK)
		goto out;
	watch_program(w);
	code = wait_program(w, &signal);
	read_trace(w);
	if (spy_finish(w->spy, signal) == 0)
		cli_say(w->c, "%s: no call was seen; did the program load %s?",
		    w->c->path, w->overlay.own);
out:
	spy_free(w->spy);
	return code;
}

int
cmd_spy(struct cli *c)
{
	struct watch w = { .c = c,
		.overlay = OVERLAY_INIT,
		.file = -1,
		.changes = -1,
		.ended = -1,
		.signals = -1 };
	const char *name = cli_get(c, "output");
	FILE *out = stderr;
	int code;

	if (c->operands_n == 0)
		return cli_usage(c, "a program is needed");
	/* Whole lines, between those of the program. */
	(void)setvbuf(stderr, NULL, _IOLBF, BUFSIZ);
	code = overlay_open(c, cli_get(c, "module"), cli_get(c, "init-args"),
	    &w.overlay);
	if (code == CLI_OK && name != NULL) {
		out = fopen(name, "we");
		if (out == NULL)
			code = cli_fail(c, CLI_ERROR, "%s: %s", name,
			    strerror(errno));
	}
	if (code == CLI_OK)
		code = run_watched(&w, out);
	if (out != NULL && out != stderr && fclose(out) != 0)
		code = cli_fail(c, CLI_ERROR, "%s: %s", name, strerror(errno));
	close_all(&w);
	return code;
}
