/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "mdoc/model/engagement.h"
#include "tests/fuzz/check.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct bytes in = { data, size };
	struct engagement e;
	struct cbor_reader r;

	cbor_reader_init(&r, in);
	if (!engagement_read(&r, &e)) {
		check_error(&r, size);
		return 0;
	}
	CHECK(cbor_check(in, NULL) == CBOR_OK);
	CHECK(e.version.len >= 3);
	CHECK(e.edevice_key.curve != NULL);
	check_item(e.edevice_key_bytes, in);
	check_inside(e.edevice_key.x, e.edevice_key_bytes);
	check_item(e.retrieval_methods, in);
	check_item(e.server_retrieval, in);
	check_item(e.origin_infos, in);
	check_item(e.capabilities, in);
	return 0;
}
