/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * link: a transport and a session on it, driven to the next event; what
 * present and read have in common.
 */
#ifndef TOOLS_LINK_H
#define TOOLS_LINK_H

#include "steps.h"

struct link {
	struct cli *c;
	struct steps steps;
	mdoc_transport *transport;
	mdoc_session *session;
	mdoc_buf message;
	int timeout; /* milliseconds, between messages */
};

#define LINK_OPTIONS                                                     \
	{ "listen", "tcp:HOST:PORT", "wait there for the other side" },  \
	    { "connect", "tcp:HOST:PORT", "connect to the other side" }, \
	{                                                                \
		"timeout", "SECONDS", "without a message; default: 300"  \
	}

/* --listen or --connect, --timeout; opens it. Exit code. */
int link_open(struct cli *c, struct link *ret);
int link_send(struct link *l, mdoc_bytes message, const char *step);
/* The next message of the peer, as it came. */
int link_receive(struct link *l, const char *step);
/*
 * The next event of the session. Answers that the session wants to give are
 * sent. CLI_OK with *ret, or an exit code (named as a step).
 */
int link_event(struct link *l, mdoc_event *ret);
/* The data of the peer are not what they should be: the step names what the
 * context says. Exit code, for the error of a function that read them. */
int link_reject(struct link *l, const char *step, int error);
/* A last status message, if the peer still listens. */
void link_close(struct link *l);

#endif
