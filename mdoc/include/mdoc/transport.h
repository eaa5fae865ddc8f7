/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * transport.h: whole messages between mdoc and reader. Users can bring their
 * own: four functions. mdoc_transport(3).
 */
#ifndef MDOC_TRANSPORT_H
#define MDOC_TRANSPORT_H

#include <mdoc/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Longest message that any transport accepts. */
#define MDOC_TRANSPORT_MAX ((size_t)16 << 20)

typedef struct mdoc_transport_ops {
	size_t size; /* sizeof(mdoc_transport_ops) */
	const char *name;
	/* All return MDOC_OK or MDOC_E_*: MDOC_E_PEER if the other side hung
	 * up, MDOC_E_TIMEOUT. timeout in milliseconds, -1: no limit. */
	int (*open)(void *self, int timeout);
	int (*send)(void *self, mdoc_bytes message, int timeout);
	int (*recv)(void *self, mdoc_buf *ret_message, int timeout);
	void (*close)(void *self); /* also releases self */
} mdoc_transport_ops;

typedef struct mdoc_transport mdoc_transport;

/* ops is copied; every member must be set. self belongs to the transport. */
int mdoc_transport_new(mdoc_ctx *ctx, const mdoc_transport_ops *ops, void *self,
    mdoc_transport **ret);
/* Two ends of a pair in memory. */
int mdoc_transport_loop(mdoc_ctx *ctx, mdoc_transport **ret_a,
    mdoc_transport **ret_b);
/*
 * "tcp:HOST:PORT"; the listening side accepts one peer. Frames: length in four
 * bytes, big-endian, then the message.
 */
int mdoc_transport_tcp_listen(mdoc_ctx *ctx, const char *address,
    mdoc_transport **ret);
int mdoc_transport_tcp_connect(mdoc_ctx *ctx, const char *address,
    mdoc_transport **ret);
/* The address in use (after listening on port 0); "" if it has none. */
const char *mdoc_transport_address(const mdoc_transport *transport);

const char *mdoc_transport_name(const mdoc_transport *transport);
int mdoc_transport_open(mdoc_transport *transport, int timeout);
int
mdoc_transport_send(mdoc_transport *transport, mdoc_bytes message, int timeout);
int mdoc_transport_recv(mdoc_transport *transport, mdoc_buf *ret_message,
    int timeout);
/* The descriptor to poll for input, or -1 if it has none. */
int mdoc_transport_fd(const mdoc_transport *transport);
void mdoc_transport_free(mdoc_transport **transport);

#ifdef __cplusplus
}
#endif

#endif
