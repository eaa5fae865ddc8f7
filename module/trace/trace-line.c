/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "module/trace/trace-line.h"

/* Out of the way of programs that give descriptors numbers of their own. */
#define LOWEST_FD 64

static struct {
	pthread_once_t once;
	atomic_int fd; /* -1: no trace */
	bool begin;
	dev_t device;
	ino_t inode;
} target = { .once = PTHREAD_ONCE_INIT, .fd = -1 };

void
trace_put(struct trace_line *l, const char *format, ...)
{
	va_list ap;
	int n;

	if (l->full)
		return;
	va_start(ap, format);
	n = vsnprintf(l->text + l->len, l->room - l->len, format, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= l->room - l->len) {
		l->full = true;
		return;
	}
	l->len += (size_t)n;
}

void
trace_line_room(struct trace_line *l, size_t room)
{
	if (l->full) {
		memcpy(l->text + l->len, "...", 3);
		l->len += 3;
	}
	l->full = false;
	l->room = room;
}

/* U+0080 to U+009F, which are controls for some terminals. */
static bool
is_c1(struct bytes t, size_t i)
{
	return t.ptr[i] == 0xc2 && i + 1 < t.len && t.ptr[i + 1] < 0xa0;
}

void
trace_put_text(struct trace_line *l, struct bytes text)
{
	bool utf8 = bytes_is_utf8(text, NULL);
	bool plain;

	trace_put(l, "\"");
	for (size_t i = 0; i < text.len && !l->full; i++) {
		uint8_t ch = text.ptr[i];

		plain = ch >= 0x80
		    ? utf8 && !is_c1(text, i)
		    : ch >= ' ' && ch != 0x7f && strchr("\"\\)", ch) == NULL;
		trace_put(l, plain ? "%c" : "\\x%02x", ch);
		/* The rest of an escaped C1 */
		if (!plain && utf8 && ch >= 0x80)
			trace_put(l, "\\x%02x", text.ptr[++i]);
	}
	trace_put(l, "\"");
}

void
trace_put_hex(struct trace_line *l, struct bytes b)
{
	for (size_t i = 0; i < b.len && i < TRACE_HEX_MAX; i++)
		trace_put(l, "%02x", b.ptr[i]);
	if (b.len > TRACE_HEX_MAX)
		trace_put(l, "... (%zu bytes)", b.len);
}

/* The descriptor that was asked for, or -1 with errno. */
static int
open_named(const char *name)
{
	char *end;
	long fd;

	if (!strcmp(name, "stderr"))
		return fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, LOWEST_FD);
	if (!strncmp(name, "fd:", 3)) {
		errno = 0;
		fd = strtol(name + 3, &end, 10);
		if (name[3] < '0' || name[3] > '9' || *end != '\0' ||
		    errno != 0 || fd > INT_MAX) {
			errno = EBADF;
			return -1;
		}
		return fcntl((int)fd, F_DUPFD_CLOEXEC, LOWEST_FD);
	}
	return open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY,
	    S_IRUSR | S_IWUSR);
}

static int
open_target(const char *name)
{
	struct stat st;
	int fd, high;

	fd = open_named(name);
	if (fd >= 0 && fd < LOWEST_FD) {
		high = fcntl(fd, F_DUPFD_CLOEXEC, LOWEST_FD);
		(void)close(fd);
		fd = high;
	}
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) != 0) {
		(void)close(fd);
		return -1;
	}
	target.device = st.st_dev;
	target.inode = st.st_ino;
	return fd;
}

static void
put_title(void)
{
	struct trace_line l UNINITIALIZED;
	time_t now = time(NULL);
	struct tm tm;

	trace_line_start(&l);
	if (gmtime_r(&now, &tm) == NULL)
		return;
	trace_put(&l,
	    "# " PACKAGE_NAME " " PACKAGE_VERSION
	    ", process %ld, %04d-%02d-%02d, times are UTC",
	    (long)getpid(), tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
	trace_line_write(&l);
}

/*
 * Somebody asked for a trace: that there will be none is worth a line, though
 * a module is silent otherwise.
 */
static void
target_read(void)
{
	const char *name = secure_getenv("P11_MDOC_TRACE");
	char text[128];
	int fd;

	if (name == NULL || *name == '\0')
		return;
	if (*name == '+') {
		target.begin = true;
		name++;
	}
	fd = open_target(name);
	if (fd < 0) {
		(void)fprintf(stderr, PACKAGE_NAME ": P11_MDOC_TRACE: %s: %s\n",
		    name, strerror_r(errno, text, sizeof(text)));
		return;
	}
	atomic_store(&target.fd, fd);
	put_title();
}

bool
trace_enabled(void)
{
	int saved = errno;

	(void)pthread_once(&target.once, target_read);
	errno = saved;
	return atomic_load(&target.fd) >= 0;
}

bool
trace_wants_begin(void)
{
	return target.begin;
}

/*
 * A program may close descriptors that it does not know, and open a file of its
 * own under the number: that gets no line of ours.
 */
static bool
is_still_ours(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_dev == target.device &&
	    st.st_ino == target.inode;
}

void
trace_line_write(struct trace_line *l)
{
	int saved = errno;
	int fd = atomic_load(&target.fd);
	ssize_t n;

	trace_line_room(l, TRACE_LINE_MAX);
	l->text[l->len++] = '\n';
	if (fd >= 0 && !is_still_ours(fd)) {
		atomic_store(&target.fd, -1);
		fd = -1;
	}
	/* One write, so that lines of threads and processes do not mix. */
	do {
		n = fd >= 0 ? write(fd, l->text, l->len) : 0;
	} while (n < 0 && errno == EINTR);
	errno = saved;
}
