/* SPDX-License-Identifier: BSD-3-Clause */
/* What request_read accepts can be walked to the end. */
#include "config.h"

#include "mdoc/model/request.h"
#include "tests/fuzz/check.h"

struct walk {
	struct bytes in;
	size_t elements;
};

static bool
element(void *arg, const struct element_request *e)
{
	struct walk *w = arg;

	check_inside(e->name_space, w->in);
	check_inside(e->element, w->in);
	w->elements++;
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct walk w = { { data, size }, 0 };
	struct doc_request d;
	struct request q;
	struct cbor_reader r;
	uint64_t n = 0;

	cbor_reader_init(&r, w.in);
	if (!request_read(&r, &q)) {
		check_error(&r, size);
		return 0;
	}
	CHECK(cbor_check(w.in, NULL) == CBOR_OK);
	check_inside(q.device_request_info, w.in);
	check_item(q.reader_auth_all, w.in);
	while (request_next(&q, &d)) {
		check_item(d.items_bytes, w.in);
		check_item(d.name_spaces, w.in);
		check_item(d.request_info, w.in);
		CHECK(!d.has_reader_auth ||
		    !bytes_is_null(d.reader_auth.signature));
		CHECK(doc_request_each(&d, element, &w));
		n++;
	}
	CHECK(q.docs.error == CBOR_OK);
	CHECK(n == q.count && n > 0);
	CHECK(w.elements >= n);
	return 0;
}
