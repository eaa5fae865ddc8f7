/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "mdoc/codec/shape.h"
#include "mdoc/model/engagement.h"

#define KEY_VERSION  0
#define KEY_SECURITY 1
#define KEY_METHODS  2

#define CIPHER_SUITE 1
#define METHODS_MAX  16
#define METHODS_WHAT "DeviceEngagement (2): an array of DeviceRetrievalMethods"

struct parse {
	struct engagement engagement;
	uint64_t methods[METHODS_MAX][2]; /* type and version */
	size_t methods_n;
};

static bool
read_version(struct cbor_reader *r, void *arg)
{
	struct parse *p = arg;

	return shape_version(r, &p->engagement.version, NULL);
}

static bool
read_edevice_key(struct cbor_reader *nested, void *arg)
{
	struct parse *p = arg;

	return cose_key_read(nested, false, &p->engagement.edevice_key);
}

static bool
read_security(struct cbor_reader *r, void *arg)
{
	struct parse *p = arg;
	struct engagement *e = &p->engagement;
	size_t offset;

	if (!cbor_enter_array_of(r, 2))
		return false;
	offset = cbor_offset(r);
	if (!cbor_get_int(r, &e->cipher_suite))
		return false;
	if (e->cipher_suite != CIPHER_SUITE)
		return cbor_fail(r, CBOR_E_RANGE, offset,
		    "DeviceEngagement.security (1): cipher suite 1");
	if (!shape_tag24(r, read_edevice_key, p, &e->edevice_key_bytes, NULL))
		return cbor_expect(r,
		    "DeviceEngagement.security (1): EDeviceKeyBytes, "
		    "#6.24 of a COSE_Key");
	cbor_leave(r);
	return true;
}

/* Each type of one version may be there once (9.1.4). */
static bool
note_method(struct cbor_reader *r, struct parse *p, size_t offset)
{
	const uint64_t *method = p->methods[p->methods_n];

	for (size_t i = 0; i < p->methods_n; i++) {
		if (p->methods[i][0] == method[0] &&
		    p->methods[i][1] == method[1])
			return cbor_fail(r, CBOR_E_DUPLICATE, offset,
			    "DeviceRetrievalMethod: each type and version "
			    "once");
	}
	p->methods_n++;
	return true;
}

static bool
read_method(struct cbor_reader *r, void *arg)
{
	struct parse *p = arg;
	const size_t offset = cbor_offset(r);

	if (p->methods_n == METHODS_MAX)
		return cbor_fail(r, CBOR_E_ITEMS, offset,
		    "DeviceEngagement: at most 16 DeviceRetrievalMethods");
	if (!cbor_enter_array_of(r, 3) ||
	    !cbor_get_uint(r, &p->methods[p->methods_n][0]) ||
	    !cbor_get_uint(r, &p->methods[p->methods_n][1]) ||
	    !cbor_skip(r, NULL))
		return cbor_expect(r,
		    "DeviceRetrievalMethod: [type, version, options]");
	cbor_leave(r);
	return note_method(r, p, offset);
}

static bool
read_methods(struct cbor_reader *r, void *arg)
{
	struct parse *p = arg;
	const uint8_t *start = r->ptr;

	if (!shape_elements(r, METHODS_WHAT, read_method, p, NULL))
		return false;
	p->engagement.retrieval_methods =
	    bytes_of(start, (size_t)(r->ptr - start));
	return true;
}

static bool
read_server_retrieval(struct cbor_reader *r, void *arg)
{
	struct parse *p = arg;

	return shape_span(r, CBOR_KIND_MAP, &p->engagement.server_retrieval);
}

static bool
read_origin_infos(struct cbor_reader *r, void *arg)
{
	struct parse *p = arg;

	return shape_span(r, CBOR_KIND_ARRAY, &p->engagement.origin_infos);
}

static bool
read_capabilities(struct cbor_reader *r, void *arg)
{
	struct parse *p = arg;

	return shape_span(r, CBOR_KIND_MAP, &p->engagement.capabilities);
}

static const struct shape_member members[] = {
	SHAPE_LABEL(KEY_VERSION, true, read_version,
	    "DeviceEngagement.version (0): text \"1.x\""),
	SHAPE_LABEL(KEY_SECURITY, true, read_security,
	    "DeviceEngagement.security (1): [cipher suite, EDeviceKeyBytes]"),
	SHAPE_LABEL(KEY_METHODS, false, read_methods, METHODS_WHAT),
	SHAPE_LABEL(3, false, read_server_retrieval,
	    "DeviceEngagement (3): ServerRetrievalMethods, a map"),
	SHAPE_LABEL(5, false, read_origin_infos,
	    "DeviceEngagement (5): OriginInfos, an array"),
	SHAPE_LABEL(6, false, read_capabilities,
	    "DeviceEngagement (6): Capabilities, a map"),
};

static const struct shape shape = { "DeviceEngagement: a map", members,
	nitems(members) };

bool
engagement_read(struct cbor_reader *r, struct engagement *ret)
{
	struct parse p = { .methods_n = 0 };

	if (!shape_map(r, &shape, &p) || !cbor_finish(r))
		return cbor_expect(r, shape.what);
	*ret = p.engagement;
	return true;
}

void
engagement_write(struct cbor_writer *w, const struct curve *curve,
    struct bytes point, struct bytes methods)
{
	uint8_t buf[CURVE_MAX_POINT + 32];
	struct cbor_writer key;

	cbor_writer_fixed(&key, buf, sizeof(buf));
	cose_key_write(&key, curve, point);
	if (key.error != CBOR_OK && w->error == CBOR_OK)
		w->error = key.error;

	cbor_put_map(w, bytes_is_null(methods) ? 2 : 3);
	cbor_put_uint(w, KEY_VERSION);
	cbor_put_str(w, "1.0");
	cbor_put_uint(w, KEY_SECURITY);
	cbor_put_array(w, 2);
	cbor_put_int(w, CIPHER_SUITE);
	cbor_put_tag24(w, bytes_of(buf, key.len));
	if (!bytes_is_null(methods)) {
		cbor_put_uint(w, KEY_METHODS);
		cbor_put_raw(w, methods);
	}
}
