/* SPDX-License-Identifier: BSD-3-Clause */
/* The child, and what its parent sees of it. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "doctor.h"

#define MAX_OUTPUT ((size_t)4 << 20)

/* Bytes of a pipe. */
struct stream {
	int fd;
	char *text;
	size_t len;
};

struct run {
	pid_t pid;
	int pidfd;
	struct stream out, log;
	struct doctor_at *at;
};

void
doctor_at(struct doctor_child *d, const char *function)
{
	snprintf(d->at->function, sizeof d->at->function, "%s", function);
	d->at->calls++;
}

void
doctor_at_mechanism(struct doctor_child *d, CK_MECHANISM_TYPE type)
{
	snprintf(d->at->mechanism, sizeof d->at->mechanism, "%s",
	    doctor_mechanism_name(type));
}

bool
doctor_step(struct doctor_child *d)
{
	d->at->mechanism[0] = '\0';
	d->at->id[0] = '\0';
	d->at->curve[0] = '\0';
	d->at->step = ++d->step;
	return d->step > d->plan->skip;
}

void
doctor_emit(struct doctor_child *d, json_t *o)
{
	char *line = o != NULL ? json_dumps(o, JSON_COMPACT) : NULL;

	if (line != NULL) {
		fprintf(d->out, "%s\n", line);
		fflush(d->out);
	}
	free(line);
	json_decref(o);
}

void
doctor_emit_failure(struct doctor_child *d, json_t *o, CK_RV rv)
{
	json_object_set_new(o, "function", json_string(d->at->function));
	if (d->at->mechanism[0] != '\0')
		json_object_set_new(o, "mechanism",
		    json_string(d->at->mechanism));
	json_object_set_new(o, "error", json_string(doctor_rv_name(rv)));
	doctor_emit(d, o);
}

/* Never returns. */
static void
child_run(const struct doctor_plan *plan, void (*work)(struct doctor_child *),
    struct doctor_at *at, int out, int log)
{
	struct doctor_child d = { .plan = plan, .at = at };

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* What a module prints is not to be mixed with the report. */
	(void)dup2(log, STDOUT_FILENO);
	(void)dup2(log, STDERR_FILENO);
	(void)setenv("P11_MDOC_DEBUG", "2", 1);
	if (plan->conf != NULL)
		(void)setenv("P11_MDOC_CONF", plan->conf, 1);
	d.out = fdopen(out, "w");
	if (d.out == NULL)
		_exit(CLI_ERROR);
	work(&d);
	doctor_emit(&d, json_pack("{s:s}", "type", "done"));
	_exit(0);
}

static bool
stream_pipe(struct stream *s, int *ret_write)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) != 0)
		return false;
	s->fd = fds[0];
	*ret_write = fds[1];
	return true;
}

/* false: the end, or too much of it. */
static bool
stream_read(struct stream *s)
{
	char part[2048], *more;
	ssize_t n = read(s->fd, part, sizeof part);

	if (n < 0 && errno == EINTR)
		return true;
	if (n <= 0 || s->len > MAX_OUTPUT)
		return false;
	more = realloc(s->text, s->len + (size_t)n + 1);
	if (more == NULL)
		return false;
	memcpy(more + s->len, part, (size_t)n);
	s->text = more;
	s->len += (size_t)n;
	s->text[s->len] = '\0';
	return true;
}

static void
stream_close(struct stream *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

/* The rest, without waiting: somebody else may hold the other end. */
static void
stream_drain(struct stream *s)
{
	struct pollfd p = { .fd = s->fd, .events = POLLIN };

	while (s->fd >= 0 && poll(&p, 1, 0) > 0 && (p.revents & POLLIN) &&
	    stream_read(s))
		;
}

/* Until the child is gone. true: it had to be killed. */
static bool
watch(struct run *r, int timeout)
{
	unsigned calls = r->at->calls;
	bool killed = false;
	int n;

	for (;;) {
		struct pollfd p[3] = {
			{ .fd = r->out.fd, .events = POLLIN },
			{ .fd = r->log.fd, .events = POLLIN },
			{ .fd = r->pidfd, .events = POLLIN },
		};

		n = poll(p, 3, timeout * 1000);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0 && (n < 0 || r->at->calls == calls)) {
			(void)kill(r->pid, SIGKILL);
			killed = true;
			break;
		}
		calls = r->at->calls;
		if (p[0].revents != 0 && !stream_read(&r->out))
			stream_close(&r->out);
		if (p[1].revents != 0 && !stream_read(&r->log))
			stream_close(&r->log);
		if (p[2].revents != 0 || (r->out.fd < 0 && r->log.fd < 0))
			break;
	}
	stream_drain(&r->out);
	stream_drain(&r->log);
	return killed;
}

static void
read_end(struct run *r, bool killed, struct doctor_end *ret)
{
	int status = 0;

	memset(ret, 0, sizeof *ret);
	while (waitpid(r->pid, &status, 0) < 0 && errno == EINTR)
		;
	ret->timeout = killed;
	if (WIFSIGNALED(status))
		ret->signal = WTERMSIG(status);
	else
		ret->status = WEXITSTATUS(status);
	ret->at = *r->at;
	/* A module that writes where it should not may have been here, too. */
	ret->at.function[sizeof ret->at.function - 1] = '\0';
	ret->at.mechanism[sizeof ret->at.mechanism - 1] = '\0';
	ret->at.id[sizeof ret->at.id - 1] = '\0';
	ret->at.curve[sizeof ret->at.curve - 1] = '\0';
}

/* The lines; one that was cut off by the end is left out. */
static bool
read_lines(const struct stream *s, json_t *ret)
{
	bool done = false;

	for (char *line = s->text, *end;
	     line != NULL && (end = strchr(line, '\n')) != NULL;
	     line = end + 1) {
		json_t *o = json_loadb(line, (size_t)(end - line), 0, NULL);
		const char *type =
		    json_string_value(json_object_get(o, "type"));

		if (type != NULL && !strcmp(type, "done"))
			done = true;
		else if (o != NULL)
			json_array_append(ret, o);
		json_decref(o);
	}
	return done;
}

static int
run_start(struct run *r, const struct doctor_plan *plan,
    void (*work)(struct doctor_child *))
{
	int out = -1, log = -1;

	r->at = mmap(NULL, sizeof *r->at, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (r->at == MAP_FAILED) {
		r->at = NULL;
		return MDOC_E_MEMORY;
	}
	if (!stream_pipe(&r->out, &out) || !stream_pipe(&r->log, &log)) {
		if (out >= 0)
			close(out);
		return MDOC_E_IO;
	}
	fflush(NULL);
	r->pid = fork();
	if (r->pid == 0)
		child_run(plan, work, r->at, out, log);
	close(out);
	close(log);
	if (r->pid < 0)
		return MDOC_E_IO;
	r->pidfd = pidfd_open(r->pid, 0);
	return MDOC_OK;
}

int
doctor_run(const struct doctor_plan *plan, void (*work)(struct doctor_child *d),
    int timeout, json_t *ret_lines, char **ret_log, struct doctor_end *ret_end)
{
	struct run r = {
		.pid = -1, .pidfd = -1, .out = { .fd = -1 }, .log = { .fd = -1 }
	};
	int result = run_start(&r, plan, work);

	if (result == MDOC_OK) {
		read_end(&r, watch(&r, timeout), ret_end);
		ret_end->done = read_lines(&r.out, ret_lines);
		*ret_log = r.log.text;
		r.log.text = NULL;
	}
	stream_close(&r.out);
	stream_close(&r.log);
	free(r.out.text);
	free(r.log.text);
	if (r.pidfd >= 0)
		close(r.pidfd);
	if (r.at != NULL)
		munmap(r.at, sizeof *r.at);
	return result;
}
