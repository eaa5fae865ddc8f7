/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mdoc/verify/cert-cache.h"
#include "tests/support/exchange.h"
#include "tests/support/failmalloc.h"

struct fixture {
	mdoc_ctx *ctx;
	struct sigver *sigver;
	struct cert_cache *cache;
	mdoc_buf der;
	struct cert cert;
};

static int
setup(void **state)
{
	static struct fixture f;

	f = (struct fixture){ NULL };
	assert_int_equal(mdoc_ctx_new(&f.ctx), MDOC_OK);
	f.sigver = f.ctx->sigver;
	f.cache = cert_cache_new();
	assert_non_null(f.cache);
	exchange_cert(f.ctx, "ds", &f.der);
	assert_true(cert_read(bytes_of(f.der.ptr, f.der.len), &f.cert, NULL,
	    NULL));
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	cert_cache_free(&f->cache);
	assert_null(f->cache);
	cert_cache_free(&f->cache);
	mdoc_buf_reset(&f->der);
	mdoc_ctx_free(&f->ctx);
	return 0;
}

/* Another certificate: the same with one byte of its signature changed. */
static void
make_other(struct fixture *f, uint8_t x)
{
	f->der.ptr[f->der.len - 1] = x;
}

static void
test_find(void **state)
{
	struct fixture *f = *state;
	struct anchor anchor = { .key = NULL };
	const struct cert_entry *e;

	assert_null(cert_cache_find(f->cache, f->cert.whole, 0));
	e = cert_cache_add(f->cache, f->sigver, &f->cert, 0, &anchor, 5);
	assert_non_null(e);
	/* A copy: what came from the message may go. */
	assert_true(e->cert.whole.ptr != f->cert.whole.ptr);
	assert_true(bytes_equal(e->cert.whole, f->cert.whole));
	assert_true(e->cert.point.ptr >= e->der.ptr &&
	    e->cert.point.ptr < e->der.ptr + e->der.len);
	assert_true(e->anchor == &anchor);
	assert_int_equal(e->deviations, 5);
	assert_ptr_equal(cert_cache_find(f->cache, f->cert.whole, 0), e);
	/* A reader is no document signer. */
	assert_null(cert_cache_find(f->cache, f->cert.whole, 1));
	make_other(f, (uint8_t)~f->der.ptr[f->der.len - 1]);
	assert_null(cert_cache_find(f->cache, f->cert.whole, 0));
	cert_cache_clear(f->cache);
	make_other(f, (uint8_t)~f->der.ptr[f->der.len - 1]);
	assert_null(cert_cache_find(f->cache, f->cert.whole, 0));
}

/* The one used longest ago goes. */
static void
test_oldest(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < CERT_CACHE_SIZE; i++) {
		make_other(f, (uint8_t)i);
		assert_non_null(cert_cache_add(f->cache, f->sigver, &f->cert, 0,
		    NULL, i));
	}
	make_other(f, 0);
	assert_non_null(cert_cache_find(f->cache, f->cert.whole, 0));
	make_other(f, 200);
	assert_non_null(cert_cache_add(f->cache, f->sigver, &f->cert, 0, NULL,
	    200));
	make_other(f, 0);
	assert_non_null(cert_cache_find(f->cache, f->cert.whole, 0));
	make_other(f, 1);
	assert_null(cert_cache_find(f->cache, f->cert.whole, 0));
	make_other(f, 2);
	assert_int_equal(cert_cache_find(f->cache, f->cert.whole, 0)
			     ->deviations,
	    2);
}

static void
test_refuses(void **state)
{
	struct fixture *f = *state;
	struct cert bad = f->cert;

	/* What the certificate says counts, not what the caller read. */
	bad.whole.len--;
	assert_null(cert_cache_add(f->cache, f->sigver, &bad, 0, NULL, 0));
	assert_null(cert_cache_find(f->cache, bad.whole, 0));
}

static void
test_no_memory(void **state)
{
	struct fixture *f = *state;
	const struct cert_entry *e = NULL;

	for (unsigned long n = 1;; n++) {
		failmalloc_arm(n);
		e = cert_cache_add(f->cache, f->sigver, &f->cert, 0, NULL, 0);
		if (!failmalloc_disarm())
			break;
		assert_null(e);
		assert_null(cert_cache_find(f->cache, f->cert.whole, 0));
	}
	assert_non_null(e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_find, setup, teardown),
		cmocka_unit_test_setup_teardown(test_oldest, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refuses, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_memory, setup,
		    teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
