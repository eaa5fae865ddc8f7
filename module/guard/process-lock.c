/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <sys/file.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"
#include "module/guard/process-lock.h"

#define MAX_WAIT_MS 5000

/* Writable by everybody, and gone after a restart of the machine. */
static const char *const folders[] = { "/run/lock", "/dev/shm", "/tmp" };

/* Nobody writes to it: whoever may read it may lock it. */
static int
file_open(const char *folder, const char *name)
{
	char path[128];
	struct stat st;
	int fd, n;

	n = snprintf(path, sizeof(path), "%s/p11-mdoc-%s.lock", folder, name);
	if (n < 0 || (size_t)n >= sizeof(path))
		return -1;
	/* Not created at once: the kernel may refuse that for others' files. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT)
		fd = open(path,
		    O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
		    0444);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		/* Whatever the umask was. */
		if (st.st_uid == geteuid())
			(void)fchmod(fd, 0444);
		return fd;
	}
	close(fd);
	return -1;
}

static bool
file_lock(int fd)
{
	const struct timespec pause = { 0, 500000 };

	for (int tries = 0; tries < 2 * MAX_WAIT_MS; tries++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return true;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return false;
		(void)nanosleep(&pause, NULL);
	}
	return false;
}

void
process_lock_take(struct process_lock *l, const uint8_t name[32])
{
	char hex[2 * 16 + 1];

	bytes_to_hex(bytes_of(name, 16), hex);
	l->fd = -1;
	for (size_t i = 0; l->fd < 0 && i < nitems(folders); i++)
		l->fd = file_open(folders[i], hex);
	if (l->fd >= 0 && file_lock(l->fd))
		return;
	log_printf(LOG_INFO, "guard", "no lock between processes: error %d",
	    errno);
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}

/* Unlocked, not only closed: a child may have inherited it. */
void
process_lock_give(struct process_lock *l)
{
	if (l->fd < 0)
		return;
	(void)flock(l->fd, LOCK_UN);
	close(l->fd);
	l->fd = -1;
}
