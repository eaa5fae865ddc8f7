/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "mdoc/transport/frame.h"
#include "tests/support/failmalloc.h"

struct rig {
	struct frame_stream s;
	int peer;
	struct transport_error error;
	struct deadline now, soon;
};

static void
rig_init(struct rig *g)
{
	int fd[2];

	*g = (struct rig){ .now = deadline_in(0), .soon = deadline_in(50) };
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	assert_int_equal(fcntl(fd[0], F_SETFL, O_NONBLOCK), 0);
	g->s.fd = fd[0];
	g->peer = fd[1];
}

static void
rig_end(struct rig *g)
{
	frame_reset(&g->s);
	close(g->s.fd);
	if (g->peer >= 0)
		close(g->peer);
}

static void
peer_writes(struct rig *g, const void *p, size_t n)
{
	assert_int_equal(write(g->peer, p, n), n);
}

static void
peer_closes(struct rig *g)
{
	close(g->peer);
	g->peer = -1;
}

static void
test_recv(void **state)
{
	struct blob m = BLOB_INIT;
	struct rig g;

	(void)state;
	rig_init(&g);
	peer_writes(&g, "\0\0\0\3abc\0\0\0\1d", 12);
	assert_int_equal(frame_recv(&g.s, &g.now, &g.error, &m), MDOC_OK);
	assert_true(bytes_equal_str(blob_bytes(&m), "abc"));
	assert_int_equal(frame_recv(&g.s, &g.now, &g.error, &m), MDOC_OK);
	assert_true(bytes_equal_str(blob_bytes(&m), "d"));
	assert_int_equal(frame_recv(&g.s, &g.now, &g.error, &m), MDOC_E_AGAIN);
	assert_string_equal(g.error.text, "no message from the peer");
	assert_true(bytes_equal_str(blob_bytes(&m), "d"));
	blob_reset(&m);
	rig_end(&g);
}

/* Byte by byte, with a call in between that runs out of time. */
static void
test_recv_resumes(void **state)
{
	static const char frame[] = "\0\0\0\5hello";
	struct blob m = BLOB_INIT;
	struct rig g;

	(void)state;
	rig_init(&g);
	for (size_t i = 0; i < 9; i++) {
		assert_int_equal(frame_recv(&g.s, &g.now, &g.error, &m),
		    MDOC_E_AGAIN);
		peer_writes(&g, frame + i, 1);
	}
	assert_int_equal(frame_recv(&g.s, &g.now, &g.error, &m), MDOC_OK);
	assert_true(bytes_equal_str(blob_bytes(&m), "hello"));
	blob_reset(&m);
	rig_end(&g);
}

static void
recv_fails(const void *bytes, size_t n, bool closes, int want, const char *text)
{
	struct blob m = BLOB_INIT;
	struct rig g;

	rig_init(&g);
	peer_writes(&g, bytes, n);
	if (closes)
		peer_closes(&g);
	g.soon = deadline_in(20);
	assert_int_equal(frame_recv(&g.s, &g.soon, &g.error, &m), want);
	assert_string_equal(g.error.text, text);
	assert_null(m.ptr);
	rig_end(&g);
}

static void
test_recv_bad(void **state)
{
	(void)state;
	recv_fails("", 0, true, MDOC_E_PEER, "the peer closed the connection");
	recv_fails("\0\0", 2, true, MDOC_E_PEER,
	    "the peer hung up inside the length of a message");
	recv_fails("\0\0\0\4ab", 6, true, MDOC_E_PEER,
	    "the peer hung up after 2 of 4 bytes of a message");
	recv_fails("", 0, false, MDOC_E_TIMEOUT, "no message from the peer");
	recv_fails("\0\0\0", 3, false, MDOC_E_TIMEOUT,
	    "the peer stopped inside the length of a message");
	recv_fails("\0\0\0\4ab", 6, false, MDOC_E_TIMEOUT,
	    "the peer stopped after 2 of 4 bytes of a message");
	recv_fails("\0\0\0\0", 4, false, MDOC_E_PEER,
	    "the peer announces a message of 0 bytes (1 to 16777216 are "
	    "allowed)");
	recv_fails("\1\0\0\1", 4, false, MDOC_E_PEER,
	    "the peer announces a message of 16777217 bytes (1 to 16777216 "
	    "are allowed)");
	recv_fails("HTTP/1.1 400", 12, false, MDOC_E_PEER,
	    "the peer announces a message of 1213486160 bytes (1 to 16777216 "
	    "are allowed)");
}

/* The longest message, announced and not sent, takes little memory. */
static void
test_recv_grows(void **state)
{
	struct blob m = BLOB_INIT;
	struct rig g;

	(void)state;
	rig_init(&g);
	peer_writes(&g, "\1\0\0\0abc", 7);
	assert_int_equal(frame_recv(&g.s, &g.now, &g.error, &m), MDOC_E_AGAIN);
	assert_int_equal(g.s.body.len, 3);
	assert_true(g.s.body.cap <= 64 << 10);
	rig_end(&g);

	rig_init(&g);
	peer_writes(&g, "\0\0\0\3abc", 7);
	failmalloc_arm(1);
	assert_int_equal(frame_recv(&g.s, &g.now, &g.error, &m), MDOC_E_MEMORY);
	assert_true(failmalloc_disarm());
	rig_end(&g);
}

/* A message that no socket buffer holds, read by the peer in between. */
static void
test_send_resumes(void **state)
{
	static uint8_t big[1 << 20], got[sizeof(big) + FRAME_HEAD_LEN];
	size_t have = 0;
	ssize_t n;
	struct rig g;
	int r, rounds = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (uint8_t)(i * 7 + (i >> 8));
	rig_init(&g);
	for (;;) {
		r = frame_send(&g.s, bytes_of(big, sizeof(big)), &g.now,
		    &g.error);
		if (r == MDOC_OK)
			break;
		assert_int_equal(r, MDOC_E_AGAIN);
		assert_non_null(strstr(g.error.text, "takes no more"));
		/* Another message cannot be begun inside this one. */
		assert_int_equal(frame_send(&g.s, bytes_of(big, 1), &g.now,
				     &g.error),
		    MDOC_E_ARGUMENT);
		n = read(g.peer, got + have, 100001);
		assert_true(n > 0);
		have += (size_t)n;
		rounds++;
	}
	assert_true(rounds > 1);
	while (have < sizeof(got)) {
		n = read(g.peer, got + have, sizeof(got) - have);
		assert_true(n > 0);
		have += (size_t)n;
	}
	assert_memory_equal(got, "\0\x10\0\0", FRAME_HEAD_LEN);
	assert_memory_equal(got + FRAME_HEAD_LEN, big, sizeof(big));
	/* And the next one starts afresh. */
	assert_int_equal(frame_send(&g.s, bytes_of("x", 1), &g.now, &g.error),
	    MDOC_OK);
	assert_int_equal(read(g.peer, got, 10), 5);
	assert_memory_equal(got, "\0\0\0\1x", 5);
	rig_end(&g);
}

/* Without MSG_NOSIGNAL the program would be gone here. */
static void
test_send_to_nobody(void **state)
{
	struct rig g;

	(void)state;
	rig_init(&g);
	peer_closes(&g);
	assert_int_equal(frame_send(&g.s, bytes_of("x", 1), &g.now, &g.error),
	    MDOC_E_PEER);
	assert_non_null(strstr(g.error.text, strerror(EPIPE)));
	rig_end(&g);
}

static void
test_not_a_socket(void **state)
{
	struct frame_stream s = { .fd = -1 };
	struct deadline d = deadline_in(0);
	struct blob m = BLOB_INIT;
	struct transport_error e;

	(void)state;
	assert_int_equal(frame_send(&s, bytes_of("x", 1), &d, &e), MDOC_E_IO);
	assert_non_null(strstr(e.text, strerror(EBADF)));
	assert_int_equal(frame_recv(&s, &d, &e, &m), MDOC_E_IO);
	assert_int_equal(frame_wait(-1, POLLIN, &d, &e), MDOC_E_AGAIN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recv),
		cmocka_unit_test(test_recv_resumes),
		cmocka_unit_test(test_recv_bad),
		cmocka_unit_test(test_recv_grows),
		cmocka_unit_test(test_send_resumes),
		cmocka_unit_test(test_send_to_nobody),
		cmocka_unit_test(test_not_a_socket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
