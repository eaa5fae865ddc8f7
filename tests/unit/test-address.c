/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include <cmocka.h>

#include "mdoc/transport/address.h"

static void
test_good(void **state)
{
	static const struct {
		const char *text;
		const char *host;
		const char *port;
	} good[] = {
		{ "tcp:127.0.0.1:0", "127.0.0.1", "0" },
		{ "tcp:localhost:65535", "localhost", "65535" },
		{ "tcp:[::1]:80", "::1", "80" },
		{ "tcp:[fe80::1%lo]:80", "fe80::1%lo", "80" },
		{ "tcp:[host]:00080", "host", "00080" },
	};
	struct transport_error e;
	struct address a;

	(void)state;
	for (size_t i = 0; i < nitems(good); i++) {
		assert_int_equal(address_parse(good[i].text, &a, &e), MDOC_OK);
		assert_string_equal(a.host, good[i].host);
		assert_string_equal(a.port, good[i].port);
	}
}

static void
test_bad(void **state)
{
	static const struct {
		const char *text;
		const char *why;
	} bad[] = {
		{ "", "is not tcp:HOST:PORT" },
		{ "tcp", "is not tcp:HOST:PORT" },
		{ "udp:127.0.0.1:1", "is not tcp:HOST:PORT" },
		{ "tcp:", "the port is missing" },
		{ "tcp:host", "the port is missing" },
		{ "tcp:[::1]", "the port is missing" },
		{ "tcp:[::1]80", "the port is missing" },
		{ "tcp:[::1", "\"]\" is missing" },
		{ "tcp:::1:80", "needs brackets" },
		{ "tcp::80", "the host is missing" },
		{ "tcp:[]:80", "the host is missing" },
		{ "tcp:host:", "not a number" },
		{ "tcp:host:65536", "not a number" },
		{ "tcp:host:-1", "not a number" },
		{ "tcp:host:1x", "not a number" },
		{ "tcp:host:123456", "not a number" },
	};
	struct address a = { .host = "before" };
	struct transport_error e;

	(void)state;
	for (size_t i = 0; i < nitems(bad); i++) {
		assert_int_equal(address_parse(bad[i].text, &a, &e),
		    MDOC_E_ARGUMENT);
		assert_non_null(strstr(e.text, bad[i].why));
		assert_string_equal(a.host, "before");
	}
}

static void
test_long(void **state)
{
	char text[ADDRESS_MAX_HOST + 16] = "tcp:";
	struct transport_error e;
	struct address a;

	(void)state;
	memset(text + 4, 'h', ADDRESS_MAX_HOST - 1);
	memcpy(text + 4 + ADDRESS_MAX_HOST - 1, ":1", 3);
	assert_int_equal(address_parse(text, &a, &e), MDOC_OK);
	assert_int_equal(strlen(a.host), ADDRESS_MAX_HOST - 1);
	memset(text + 4, 'h', ADDRESS_MAX_HOST);
	memcpy(text + 4 + ADDRESS_MAX_HOST, ":1", 3);
	assert_int_equal(address_parse(text, &a, &e), MDOC_E_ARGUMENT);
	assert_non_null(strstr(e.text, "too long"));
}

static void
test_format(void **state)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET,
		.sin_port = htons(8080),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6,
		.sin6_port = htons(1),
		.sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr unknown = { .sa_family = AF_UNSPEC };
	char text[ADDRESS_MAX_TEXT];

	(void)state;
	address_format((struct sockaddr *)&v4, sizeof(v4), text);
	assert_string_equal(text, "tcp:127.0.0.1:8080");
	address_format((struct sockaddr *)&v6, sizeof(v6), text);
	assert_string_equal(text, "tcp:[::1]:1");
	address_format(&unknown, sizeof(unknown), text);
	assert_string_equal(text, "tcp:?:?");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_format),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
