/* SPDX-License-Identifier: BSD-3-Clause */
/* address: "tcp:HOST:PORT"; an IPv6 address stands in brackets. */
#ifndef MDOC_TRANSPORT_ADDRESS_H
#define MDOC_TRANSPORT_ADDRESS_H

#include <sys/socket.h>

#include "common/util.h"
#include "mdoc/transport/transport.h"

#define ADDRESS_MAX_HOST 256
/* "tcp:[", host, "]:65535", NUL */
#define ADDRESS_MAX_TEXT (ADDRESS_MAX_HOST + 16)

struct address {
	char host[ADDRESS_MAX_HOST];
	char port[6]; /* digits */
};

/* MDOC_OK, or MDOC_E_ARGUMENT and a text that says what is wrong. */
int address_parse(const char *text, struct address *ret,
    struct transport_error *error) NODISCARD;
/* Writes numbers for a socket address; out holds ADDRESS_MAX_TEXT. */
void address_format(const struct sockaddr *sa, socklen_t len, char *out);

#endif
