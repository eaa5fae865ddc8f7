/* SPDX-License-Identifier: BSD-3-Clause */
/* MobileSecurityObjectBytes; the index agrees with a plain walk. */
#include "config.h"

#include "mdoc/model/mso.h"
#include "tests/fuzz/check.h"

static void
check_digests(struct digest_index *x, struct bytes map)
{
	struct cbor_reader r;
	struct cbor_map m;
	struct cbor_item key;
	struct bytes digest, found;

	cbor_reader_init(&r, map);
	CHECK(cbor_enter_map(&r, &m));
	CHECK(digest_index_open(x, map));
	CHECK(x->n == m.count);
	while (cbor_map_next(&r, &m, &key)) {
		CHECK(cbor_get_bstr(&r, &digest));
		found = digest_index_find(x, key.value);
		CHECK(found.ptr == digest.ptr && found.len == digest.len);
		found = digest_index_find(x, key.value ^ UINT64_C(1) << 40);
		CHECK(bytes_is_null(found));
	}
	CHECK(r.error == CBOR_OK);
}

static void
check_name_spaces(const struct mso *m)
{
	struct digest_index x = DIGEST_INDEX_INIT;
	struct cbor_reader r;
	struct cbor_map map;
	struct cbor_item key;
	struct bytes digests, found;
	size_t n = 0;

	cbor_reader_init(&r, m->value_digests);
	CHECK(cbor_enter_map(&r, &map));
	while (cbor_map_next(&r, &map, &key)) {
		CHECK(cbor_skip(&r, &digests));
		CHECK(mso_name_space(m, key.str, &found));
		CHECK(found.ptr == digests.ptr && found.len == digests.len);
		check_digests(&x, found);
		(void)mso_authorizes(m, key.str, key.str);
		n++;
	}
	CHECK(r.error == CBOR_OK);
	CHECK(n == m->name_spaces_n && n > 0);
	digest_index_close(&x);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct bytes in = { data, size };
	struct cbor_reader r;
	struct mso m;

	cbor_reader_init(&r, in);
	if (!mso_read(&r, &m)) {
		check_error(&r, size);
		return 0;
	}
	CHECK(cbor_check(in, NULL) == CBOR_OK);
	check_item(m.value_digests, in);
	check_item(m.device_key_bytes, in);
	check_item(m.authorized_name_spaces, in);
	check_item(m.authorized_elements, in);
	check_item(m.status, in);
	CHECK(m.device_key.curve != NULL);
	check_name_spaces(&m);
	return 0;
}
