/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * loop: two ends in memory, for tests, for demonstrations and for peers in one
 * process. A full queue makes the sender wait, as a socket would.
 */
#include "config.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "common/blob.h"
#include "mdoc/crypto/ctx.h"
#include "mdoc/transport/deadline.h"
#include "mdoc/transport/transport.h"

#define QUEUE_LEN 16

struct queue {
	struct blob message[QUEUE_LEN];
	size_t first;
	size_t len;
};

struct pair;

struct end {
	struct pair *pair;
	size_t side; /* 0 or 1 */
	struct transport_error error;
};

struct pair {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct queue to[2]; /* messages for the end of that side */
	bool open[2];       /* not closed */
	struct end end[2];
};

static struct pair *
pair_new(void)
{
	pthread_condattr_t attr;
	struct pair *p;

	if ((p = calloc(1, sizeof(*p))) == NULL)
		return NULL;
	for (size_t i = 0; i < 2; i++) {
		p->open[i] = true;
		p->end[i].pair = p;
		p->end[i].side = i;
	}
	/* On Linux none of these can fail with valid arguments. */
	pthread_mutex_init(&p->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&p->changed, &attr);
	pthread_condattr_destroy(&attr);
	return p;
}

static void
pair_free(struct pair *p)
{
	for (size_t i = 0; i < 2; i++) {
		for (size_t j = 0; j < QUEUE_LEN; j++)
			blob_reset(&p->to[i].message[j]);
	}
	pthread_cond_destroy(&p->changed);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

/* Waits with the lock held until something changes. false: the time is over. */
static bool
wait_change(struct pair *p, const struct deadline *d)
{
	if (d->at_once)
		return false;
	if (d->never) {
		pthread_cond_wait(&p->changed, &p->lock);
		return true;
	}
	return pthread_cond_timedwait(&p->changed, &p->lock, &d->at) == 0;
}

static int
loop_open(void *self, int timeout)
{
	(void)self;
	(void)timeout;
	return MDOC_OK;
}

static int
loop_send(void *self, mdoc_bytes message, int timeout)
{
	struct end *e = self;
	struct pair *p = e->pair;
	struct queue *q = &p->to[!e->side];
	struct deadline d = deadline_in(timeout);
	struct blob copy = BLOB_INIT;
	int r = MDOC_E_INTERNAL;

	if (!blob_set(&copy, from_public(message)))
		return transport_fail(&e->error, MDOC_E_MEMORY,
		    "out of memory");
	pthread_mutex_lock(&p->lock);
	while (p->open[!e->side] && q->len == QUEUE_LEN) {
		if (!wait_change(p, &d) && q->len == QUEUE_LEN) {
			r = transport_fail(&e->error, deadline_error(&d),
			    "the peer takes no message");
			goto out;
		}
	}
	if (!p->open[!e->side]) {
		r = transport_fail(&e->error, MDOC_E_PEER,
		    "the peer closed the connection");
		goto out;
	}
	blob_move(&q->message[(q->first + q->len) % QUEUE_LEN], &copy);
	q->len++;
	pthread_cond_broadcast(&p->changed);
	r = MDOC_OK;
out:
	pthread_mutex_unlock(&p->lock);
	blob_reset(&copy);
	return r;
}

/* What the peer sent before it closed is still delivered. */
static int
loop_recv(void *self, mdoc_buf *ret_message, int timeout)
{
	struct end *e = self;
	struct pair *p = e->pair;
	struct queue *q = &p->to[e->side];
	struct deadline d = deadline_in(timeout);
	int r = MDOC_E_INTERNAL;

	pthread_mutex_lock(&p->lock);
	while (p->open[!e->side] && q->len == 0) {
		if (!wait_change(p, &d) && q->len == 0 && p->open[!e->side]) {
			r = transport_fail(&e->error, deadline_error(&d),
			    "no message from the peer");
			goto out;
		}
	}
	if (q->len == 0) {
		r = transport_fail(&e->error, MDOC_E_PEER,
		    "the peer closed the connection");
		goto out;
	}
	buf_take_blob(ret_message, &q->message[q->first]);
	q->first = (q->first + 1) % QUEUE_LEN;
	q->len--;
	pthread_cond_broadcast(&p->changed);
	r = MDOC_OK;
out:
	pthread_mutex_unlock(&p->lock);
	return r;
}

/* The second end to go takes the pair with it. */
static void
loop_close(void *self)
{
	struct end *e = self;
	struct pair *p = e->pair;
	bool last;

	pthread_mutex_lock(&p->lock);
	p->open[e->side] = false;
	last = !p->open[!e->side];
	pthread_cond_broadcast(&p->changed);
	pthread_mutex_unlock(&p->lock);
	if (last)
		pair_free(p);
}

static const char *
loop_error(const void *self)
{
	const struct end *e = self;

	return e->error.text;
}

static const mdoc_transport_ops loop_ops = {
	.size = sizeof(mdoc_transport_ops),
	.name = "loop",
	.open = loop_open,
	.send = loop_send,
	.recv = loop_recv,
	.close = loop_close,
};

static const struct transport_extra loop_extra = {
	.error = loop_error,
};

int
mdoc_transport_loop(mdoc_ctx *ctx, mdoc_transport **ret_a,
    mdoc_transport **ret_b)
{
	mdoc_transport *a = NULL, *b = NULL;
	struct pair *p;
	int r;

	if ((p = pair_new()) == NULL)
		return ctx_fail(ctx, MDOC_E_MEMORY, "loop: out of memory");
	r = transport_new(ctx, &loop_ops, &loop_extra, &p->end[0], &a);
	if (r != MDOC_OK) {
		pair_free(p);
		return r;
	}
	r = transport_new(ctx, &loop_ops, &loop_extra, &p->end[1], &b);
	if (r != MDOC_OK) {
		p->open[1] = false;
		mdoc_transport_free(&a);
		return r;
	}
	*ret_a = a;
	*ret_b = b;
	return MDOC_OK;
}
