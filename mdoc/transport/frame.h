/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * frame: whole messages over a stream socket that does not block: length in
 * four bytes, big-endian, then the message. A call that runs out of time is
 * made again and goes on where it stopped.
 */
#ifndef MDOC_TRANSPORT_FRAME_H
#define MDOC_TRANSPORT_FRAME_H

#include "common/blob.h"
#include "mdoc/transport/deadline.h"
#include "mdoc/transport/transport.h"

#define FRAME_HEAD_LEN 4

struct frame_stream {
	int fd;
	/* The frame that is being received. */
	uint8_t head[FRAME_HEAD_LEN];
	size_t head_len;
	size_t body_len; /* what the head says, once it is complete */
	struct blob body;
	/* The frame that is being sent. */
	size_t out_len;  /* with its head; 0: none */
	size_t out_done; /* bytes of it that are sent */
};

/* Waits until events (POLLIN, POLLOUT) or an error is there: MDOC_OK,
 * MDOC_E_AGAIN, MDOC_E_TIMEOUT, MDOC_E_IO. */
int frame_wait(int fd, short events, const struct deadline *d,
    struct transport_error *error) NODISCARD;

int frame_send(struct frame_stream *s, struct bytes message,
    const struct deadline *d, struct transport_error *error) NODISCARD;
int frame_recv(struct frame_stream *s, const struct deadline *d,
    struct transport_error *error, struct blob *ret) NODISCARD;
void frame_reset(struct frame_stream *s);

#endif
