/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Nothing secret of a session is left in memory that this tree's code frees:
 * the program is linked with --wrap=free, and what is freed is searched.
 */
#include "config.h"

#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mdoc/crypto/ctx.h"
#include "tests/support/parties.h"
#include "tests/support/vectors.h"

#define MAX_SECRETS 8

void __real_free(void *p);
void __wrap_free(void *p);

static struct {
	const char *name;
	uint8_t bytes[32];
} secrets[MAX_SECRETS];

static size_t n_secrets;
static const char *found;
static unsigned long freed;

void
__wrap_free(void *p)
{
	size_t len = p == NULL ? 0 : malloc_usable_size(p);

	for (size_t i = 0; p != NULL && i < n_secrets; i++) {
		if (memmem(p, len, secrets[i].bytes,
			sizeof(secrets[i].bytes)) != NULL)
			found = secrets[i].name;
	}
	freed++;
	__real_free(p);
}

static void
watch(const char *name, struct bytes secret)
{
	assert_true(n_secrets < MAX_SECRETS);
	assert_true(secret.len >= sizeof(secrets[0].bytes));
	secrets[n_secrets].name = name;
	memcpy(secrets[n_secrets].bytes, secret.ptr, sizeof(secrets[0].bytes));
	n_secrets++;
}

static void
skip_where_useless(void)
{
	/* It would complain that not every byte was written before. */
	if (getenv("P11_MDOC_VALGRIND") != NULL) {
		print_message("# skipped: searches freed memory, which "
			      "valgrind watches itself\n");
		skip();
	}
}

/* The search finds what is there. */
static void
test_planted(void **state)
{
	uint8_t secret[32];
	uint8_t *p;

	(void)state;
	skip_where_useless();
	n_secrets = 0;
	found = NULL;
	for (size_t i = 0; i < sizeof(secret); i++)
		secret[i] = (uint8_t)(i + 1);
	watch("planted", bytes_of(secret, sizeof(secret)));
	p = malloc(100);
	assert_non_null(p);
	memset(p, 0, 100);
	memcpy(p + 17, secret, sizeof(secret));
	/* Else the compiler leaves out what nobody reads. */
	__asm__ volatile("" : : "r"(p) : "memory");
	free(p);
	assert_non_null(found);
	assert_string_equal(found, "planted");
}

static void
talk(struct parties *p, struct bytes request, struct bytes response)
{
	struct party *r = &p->reader, *d = &p->device;

	assert_int_equal(mdoc_session_send(r->session, to_public(request),
			     &r->message),
	    MDOC_OK);
	parties_receive(d, parties_bytes(&r->message), "request");
	assert_int_equal(mdoc_session_send(d->session, to_public(response),
			     &d->message),
	    MDOC_OK);
	parties_receive(r, parties_bytes(&d->message), "response");
}

static void
test_annex_d(void **state)
{
	struct blob request = BLOB_INIT, response = BLOB_INIT, s = BLOB_INIT;
	static const char *const names[] = { "SKReader", "SKDevice",
		"Zab (session)", "EDeviceKey d", "EReaderKey d" };
	struct parties p;

	(void)state;
	skip_where_useless();
	VECTORS_OR_SKIP("annexD/device_request.hex", &request);
	VECTORS_OR_SKIP("annexD/device_response.hex", &response);
	n_secrets = 0;
	for (size_t i = 0; i < nitems(names); i++) {
		assert_true(vectors_read_key(names[i], &s));
		watch(names[i], blob_bytes(&s));
	}
	watch("DeviceRequest", blob_bytes(&request));
	watch("DeviceResponse", blob_bytes(&response));
	found = NULL;
	freed = 0;
	assert_true(parties_annex_d(&p));
	talk(&p, blob_bytes(&request), blob_bytes(&response));
	/* A shorter message over a longer one, and one that fails. */
	parties_talk(&p.reader, &p.device, "more");
	parties_receive(&p.device, parties_bytes(&p.reader.message),
	    "decrypt-failed");
	parties_free(&p);
	assert_true(freed > 20);
	assert_null(found);
	n_secrets = 0;
	blob_reset(&request);
	blob_reset(&response);
	blob_reset(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_planted),
		cmocka_unit_test(test_annex_d),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
