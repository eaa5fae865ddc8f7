/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * transport.h: whole messages between mdoc and reader. Users can bring their
 * own: four functions. mdoc_transport(3).
 */
#ifndef MDOC_TRANSPORT_H
#define MDOC_TRANSPORT_H

#include <mdoc/types.h>

/* clang-format off */
MDOC_C_BEGIN
MDOC_VISIBLE
/* clang-format on */

/* Longest message that any transport accepts. */
#define MDOC_TRANSPORT_MAX ((size_t)16 << 20)

/*
 * A transport of one's own. All return MDOC_OK or MDOC_E_*: MDOC_E_PEER if the
 * other side hung up or sent garbage, MDOC_E_IO for an error of this side.
 *
 * timeout in milliseconds, -1: no limit. When it is over: MDOC_E_TIMEOUT, or
 * MDOC_E_AGAIN if it was 0. The call may be made again then and goes on where
 * it stopped (send: with the same message). After any other error the
 * transport is good for close only.
 */
typedef struct mdoc_transport_ops {
	size_t size; /* sizeof(mdoc_transport_ops) */
	const char *name;
	int (*open)(void *self, int timeout);
	int (*send)(void *self, mdoc_bytes message, int timeout);
	int (*recv)(void *self, mdoc_buf *ret_message, int timeout);
	void (*close)(void *self); /* also releases self */
} mdoc_transport_ops;

typedef struct mdoc_transport mdoc_transport;

/* ops is copied, its name is not; every member must be set. On success self
 * belongs to the transport. */
int mdoc_transport_new(mdoc_ctx *ctx, const mdoc_transport_ops *ops, void *self,
    mdoc_transport **ret);
/*
 * Two ends of a pair in memory. Two threads may use one end each if one of
 * them gets a context of its own by mdoc_transport_set_ctx.
 */
int mdoc_transport_loop(mdoc_ctx *ctx, mdoc_transport **ret_a,
    mdoc_transport **ret_b);
/*
 * "tcp:HOST:PORT", an IPv6 address in brackets; port 0: any (listening only).
 * The listening side is bound at once and accepts one peer when it is opened.
 * Frames: length in four bytes, big-endian, then the message.
 */
int mdoc_transport_tcp_listen(mdoc_ctx *ctx, const char *address,
    mdoc_transport **ret);
int mdoc_transport_tcp_connect(mdoc_ctx *ctx, const char *address,
    mdoc_transport **ret);
/* The address in use (after listening on port 0); "" if it has none. */
const char *mdoc_transport_address(const mdoc_transport *transport);

const char *mdoc_transport_name(const mdoc_transport *transport);
/* Errors are told to this context from now on. */
void mdoc_transport_set_ctx(mdoc_transport *transport, mdoc_ctx *ctx);
/*
 * Waits for the peer. Once, before the first message. Messages have 1 to
 * MDOC_TRANSPORT_MAX bytes. See above for time-outs and errors.
 */
int mdoc_transport_open(mdoc_transport *transport, int timeout);
int
mdoc_transport_send(mdoc_transport *transport, mdoc_bytes message, int timeout);
int mdoc_transport_recv(mdoc_transport *transport, mdoc_buf *ret_message,
    int timeout);
/* The descriptor to poll for input (or for the peer that connects), or -1 if
 * it has none. It may be another one after mdoc_transport_open. */
int mdoc_transport_fd(const mdoc_transport *transport);
/* Closes it, too. */
void mdoc_transport_free(mdoc_transport **transport);

/* clang-format off */
MDOC_USUAL
MDOC_C_END
/* clang-format on */

#endif
