/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "common/bytes.h"
#include "mdoc/transport/address.h"

#define SCHEME   "tcp:"
#define MAX_PORT 65535

static bool
port_valid(struct bytes port)
{
	unsigned n = 0;

	if (port.len == 0 || port.len > 5)
		return false;
	for (size_t i = 0; i < port.len; i++) {
		if (port.ptr[i] < '0' || port.ptr[i] > '9')
			return false;
		n = n * 10 + (unsigned)(port.ptr[i] - '0');
	}
	return n <= MAX_PORT;
}

/* HOST:PORT or [HOST]:PORT; text (may be NULL) says what is wrong. */
static const char *
split(struct bytes in, struct bytes *ret_host, struct bytes *ret_port)
{
	const uint8_t *end = in.ptr + in.len, *p;

	if (in.len > 0 && in.ptr[0] == '[') {
		if ((p = memchr(in.ptr, ']', in.len)) == NULL)
			return "\"]\" is missing";
		*ret_host = bytes_of(in.ptr + 1, (size_t)(p - in.ptr) - 1);
		p++;
	} else {
		if ((p = memchr(in.ptr, ':', in.len)) == NULL)
			return "the port is missing";
		*ret_host = bytes_of(in.ptr, (size_t)(p - in.ptr));
		if (memchr(p + 1, ':', (size_t)(end - p) - 1) != NULL)
			return "an IPv6 address needs brackets";
	}
	if (p == end || *p != ':')
		return "the port is missing";
	*ret_port = bytes_of(p + 1, (size_t)(end - p) - 1);
	if (ret_host->len == 0)
		return "the host is missing";
	if (ret_host->len >= ADDRESS_MAX_HOST)
		return "the host is too long";
	if (!port_valid(*ret_port))
		return "the port is not a number from 0 to 65535";
	return NULL;
}

int
address_parse(const char *text, struct address *ret,
    struct transport_error *error)
{
	struct bytes in = bytes_str(text), host, port, scheme;
	const char *wrong;

	if (!bytes_take(&in, strlen(SCHEME), &scheme) ||
	    !bytes_equal_str(scheme, SCHEME))
		return transport_fail(error, MDOC_E_ARGUMENT,
		    "\"%.100s\" is not " SCHEME "HOST:PORT", text);
	if ((wrong = split(in, &host, &port)) != NULL)
		return transport_fail(error, MDOC_E_ARGUMENT,
		    "\"%.100s\" is not " SCHEME "HOST:PORT: %s", text, wrong);
	*ret = (struct address){ 0 };
	memcpy(ret->host, host.ptr, host.len);
	memcpy(ret->port, port.ptr, port.len);
	return MDOC_OK;
}

void
address_format(const struct sockaddr *sa, socklen_t len, char *out)
{
	char host[ADDRESS_MAX_HOST], port[6];
	int r;

	r = getnameinfo(sa, len, host, sizeof(host), port, sizeof(port),
	    NI_NUMERICHOST | NI_NUMERICSERV);
	if (r != 0)
		(void)snprintf(out, ADDRESS_MAX_TEXT, SCHEME "?:?");
	else
		(void)snprintf(out, ADDRESS_MAX_TEXT,
		    strchr(host, ':') != NULL ? SCHEME "[%s]:%s"
					      : SCHEME "%s:%s",
		    host, port);
}
