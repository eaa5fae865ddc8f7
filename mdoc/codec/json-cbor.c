/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <mdoc/types.h>

#include "mdoc/codec/date.h"
#include "mdoc/codec/json-cbor.h"

#define DEPTH_MAX    16
#define LATIN1_MAX   0xff
#define FILE_MAX_LEN CBOR_MAX_SIZE

static const struct json_cbor_rule any_rule = { .type = JSON_CBOR_ANY };

/* An array or object whose elements are being written. */
struct frame {
	const json_t *container;
	const struct json_cbor_rule *rule;
	void *iter;   /* object */
	size_t index; /* array */
	size_t pointer_len;
};

struct writer {
	struct json_cbor *j;
	struct cbor_writer *w;
	size_t depth;
	struct frame stack[DEPTH_MAX];
};

/* ---- where and what */

void
json_cbor_enter(struct json_cbor *j, const char *name)
{
	size_t n = strlen(j->pointer);

	/* Room for one escaped character and the NUL. */
	if (n < sizeof(j->pointer) - 1)
		j->pointer[n++] = '/';
	for (; *name != '\0' && n + 3 <= sizeof(j->pointer); name++) {
		if (*name != '~' && *name != '/') {
			j->pointer[n++] = *name;
			continue;
		}
		j->pointer[n++] = '~';
		j->pointer[n++] = "01"[*name == '/'];
	}
	j->pointer[n] = '\0';
}

void
json_cbor_leave(struct json_cbor *j, size_t length)
{
	j->pointer[length] = '\0';
}

static void
enter_index(struct json_cbor *j, size_t index)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%zu", index);
	json_cbor_enter(j, text);
}

static int __attribute__((format(printf, 3, 4)))
fail(struct json_cbor *j, int code, const char *format, ...)
{
	va_list ap;
	int n;

	n = snprintf(j->error, sizeof(j->error),
	    "%s: ", j->pointer[0] != '\0' ? j->pointer : "/");
	va_start(ap, format);
	(void)vsnprintf(j->error + n, sizeof(j->error) - (size_t)n, format, ap);
	va_end(ap);
	return code;
}

static const char *
kind_name(const json_t *value)
{
	static const char *const names[] = {
		[JSON_OBJECT] = "an object",
		[JSON_ARRAY] = "an array",
		[JSON_STRING] = "a string",
		[JSON_INTEGER] = "an integer",
		[JSON_REAL] = "a real number",
		[JSON_TRUE] = "true",
		[JSON_FALSE] = "false",
		[JSON_NULL] = "null",
	};

	return names[json_typeof(value)];
}

static int
fail_kind(struct json_cbor *j, const json_t *value,
    const struct json_cbor_rule *rule, const char *expected)
{
	return fail(j, MDOC_E_JSON, "%s expected (%s), not %s", expected,
	    json_cbor_type_name(rule->type), kind_name(value));
}

static struct bytes
string_of(const json_t *value)
{
	return bytes_of(json_string_value(value), json_string_length(value));
}

/* ---- scalars */

/* Characters, and the greatest of them; jansson has checked the UTF-8. */
static size_t
count_characters(struct bytes text, uint32_t *ret_greatest)
{
	size_t n = 0;
	uint32_t c = 0;

	*ret_greatest = 0;
	for (size_t i = 0; i < text.len; i++) {
		if ((text.ptr[i] & 0xc0) == 0x80) {
			c = c << 6 | (text.ptr[i] & 0x3f);
		} else {
			n++;
			c = text.ptr[i] < 0x80   ? text.ptr[i]
			    : text.ptr[i] < 0xe0 ? text.ptr[i] & 0x1f
						 : text.ptr[i] & 0x0f;
		}
		if (c > *ret_greatest)
			*ret_greatest = c;
	}
	return n;
}

static int
write_tstr(struct writer *x, const json_t *value,
    const struct json_cbor_rule *rule)
{
	struct bytes text;
	uint32_t greatest;
	size_t n;

	if (!json_is_string(value))
		return fail_kind(x->j, value, rule, "a string");
	text = string_of(value);
	n = count_characters(text, &greatest);
	if (rule->max_length > 0 && n > rule->max_length)
		return fail(x->j, MDOC_E_JSON,
		    "%zu characters, at most %zu are allowed", n,
		    rule->max_length);
	if (rule->latin1 && greatest > LATIN1_MAX)
		return fail(x->j, MDOC_E_JSON,
		    "a character outside of ISO/IEC 8859-1 (Latin-1)");
	cbor_put_tstr(x->w, text);
	return MDOC_OK;
}

static int
write_int(struct writer *x, const json_t *value,
    const struct json_cbor_rule *rule)
{
	bool found = rule->values_n == 0;
	int64_t n;

	if (!json_is_integer(value))
		return fail_kind(x->j, value, rule, "an integer");
	n = json_integer_value(value);
	if (rule->type == JSON_CBOR_UINT && n < 0)
		return fail(x->j, MDOC_E_JSON, "a number below 0 (uint)");
	for (size_t i = 0; i < rule->values_n; i++)
		found = found || rule->values[i] == n;
	if (!found)
		return fail(x->j, MDOC_E_JSON, "a value that is not allowed");
	cbor_put_int(x->w, n);
	return MDOC_OK;
}

static int
write_number(struct writer *x, const json_t *value,
    const struct json_cbor_rule *rule)
{
	if (!json_is_real(value))
		return write_int(x, value, rule);
	cbor_put_double(x->w, json_real_value(value));
	return MDOC_OK;
}

static int
write_bool(struct writer *x, const json_t *value,
    const struct json_cbor_rule *rule)
{
	if (!json_is_boolean(value))
		return fail_kind(x->j, value, rule, "true or false");
	cbor_put_bool(x->w, json_is_true(value));
	return MDOC_OK;
}

static int
write_full_date(struct writer *x, const json_t *value,
    const struct json_cbor_rule *rule)
{
	int64_t seconds;

	if (!json_is_string(value))
		return fail_kind(x->j, value, rule, "\"YYYY-MM-DD\"");
	if (!date_parse_full(string_of(value), &seconds))
		return fail(x->j, MDOC_E_JSON,
		    "not a date that exists, as \"YYYY-MM-DD\" (full-date)");
	date_write_full(x->w, string_of(value));
	return MDOC_OK;
}

/* 18013-5 8.3: UTC, no fractions of a second. */
static int
write_tdate(struct writer *x, const json_t *value,
    const struct json_cbor_rule *rule)
{
	struct date date;

	if (!json_is_string(value))
		return fail_kind(x->j, value, rule, "\"YYYY-MM-DDThh:mm:ssZ\"");
	if (!date_parse(string_of(value), &date))
		return fail(x->j, MDOC_E_JSON,
		    "not a date that exists, as \"YYYY-MM-DDThh:mm:ssZ\" "
		    "(tdate)");
	if (date.fraction || date.offset)
		return fail(x->j, MDOC_E_JSON,
		    "a date with a fraction of a second or an offset from UTC "
		    "(tdate)");
	date_write(x->w, date.seconds);
	return MDOC_OK;
}

static int
write_date(struct writer *x, const json_t *value,
    const struct json_cbor_rule *rule)
{
	if (json_is_string(value) && json_string_length(value) > 10)
		return write_tdate(x, value, rule);
	return write_full_date(x, value, rule);
}

static int
write_bytes(struct writer *x, struct bytes b, const struct json_cbor_rule *rule)
{
	if (rule->max_length > 0 && b.len > rule->max_length)
		return fail(x->j, MDOC_E_JSON,
		    "%zu bytes, at most %zu are allowed", b.len,
		    rule->max_length);
	cbor_put_bstr(x->w, b);
	return MDOC_OK;
}

static bool
from_any_base64(struct bytes in, uint8_t *out, size_t *ret_len)
{
	return bytes_from_base64(in, out, ret_len) ||
	    bytes_from_base64url(in, out, ret_len);
}

static int
write_decoded(struct writer *x, const json_t *value,
    const struct json_cbor_rule *rule,
    bool (*decode)(struct bytes in, uint8_t *out, size_t *ret_len),
    const char *encoding)
{
	const struct bytes text = string_of(value);
	uint8_t *p = malloc(text.len + 1);
	size_t n;
	int r;

	if (p == NULL)
		return fail(x->j, MDOC_E_MEMORY, "out of memory");
	if (decode(text, p, &n))
		r = write_bytes(x, bytes_of(p, n), rule);
	else
		r = fail(x->j, MDOC_E_JSON, "not %s", encoding);
	free(p);
	return r;
}

static int
write_bstr(struct writer *x, const json_t *value,
    const struct json_cbor_rule *rule)
{
	if (!json_is_string(value))
		return fail_kind(x->j, value, rule,
		    "base64, {\"file\": NAME} or {\"hex\": DIGITS}");
	return write_decoded(x, value, rule, from_any_base64, "base64");
}

/* ---- objects with one member that says what they are */

static int
write_hex(struct writer *x, const json_t *value,
    const struct json_cbor_rule *rule)
{
	return write_decoded(x, value, rule, bytes_from_hex, "hex digits");
}

static int
write_base64(struct writer *x, const json_t *value,
    const struct json_cbor_rule *rule)
{
	return write_decoded(x, value, rule, from_any_base64, "base64");
}

static int
write_cbor(struct writer *x, const json_t *value,
    const struct json_cbor_rule *rule)
{
	const struct bytes text = string_of(value);
	uint8_t *p = malloc(text.len + 1);
	enum cbor_error e;
	size_t n, offset = 0;
	int r = MDOC_OK;

	(void)rule;
	if (p == NULL)
		return fail(x->j, MDOC_E_MEMORY, "out of memory");
	if (!bytes_from_hex(text, p, &n))
		r = fail(x->j, MDOC_E_JSON, "not hex digits");
	else if ((e = cbor_check(bytes_of(p, n), &offset)) != CBOR_OK)
		r = fail(x->j, MDOC_E_JSON, "not CBOR: %s at offset %zu",
		    cbor_error_name(e), offset);
	else
		cbor_put_raw(x->w, bytes_of(p, n));
	free(p);
	return r;
}

static int
read_stream(struct json_cbor *j, FILE *f, const char *path, struct blob *out)
{
	uint8_t buf[2048];
	size_t n;

	while ((n = fread(buf, 1, sizeof(buf), f)) > 0) {
		if (out->len + n > FILE_MAX_LEN)
			return fail(j, MDOC_E_IO, "%s: longer than %zu bytes",
			    path, FILE_MAX_LEN);
		if (!blob_append(out, buf, n))
			return fail(j, MDOC_E_MEMORY, "out of memory");
	}
	if (ferror(f))
		return fail(j, MDOC_E_IO, "%s: cannot be read", path);
	return MDOC_OK;
}

static int
write_file(struct writer *x, const json_t *value,
    const struct json_cbor_rule *rule)
{
	const char *name = json_string_value(value);
	const bool below = x->j->folder != NULL && name[0] != '/';
	struct blob content = BLOB_INIT;
	char path[1024];
	FILE *f;
	int n, r;

	n = snprintf(path, sizeof(path), "%s%s%s", below ? x->j->folder : "",
	    below ? "/" : "", name);
	if (n < 0 || (size_t)n >= sizeof(path))
		return fail(x->j, MDOC_E_IO,
		    "the name of the file is too long");
	f = fopen(path, "rbe");
	if (f == NULL)
		return fail(x->j, MDOC_E_IO, "%s: %s", path, strerror(errno));
	r = read_stream(x->j, f, path, &content);
	if (r == MDOC_OK)
		r = write_bytes(x, blob_bytes(&content), rule);
	fclose(f);
	blob_reset(&content);
	return r;
}

typedef int write_fn(struct writer *x, const json_t *value,
    const struct json_cbor_rule *rule);

static const struct special {
	const char *name;
	write_fn *write;
	bool any_type; /* else for a byte string only */
} specials[] = {
	{ "file", write_file, false },
	{ "hex", write_hex, false },
	{ "base64", write_base64, false },
	{ "cbor", write_cbor, true },
};

/* NULL: an object like any other. */
static const struct special *
special_find(const json_t *value, const struct json_cbor_rule *rule)
{
	const json_t *member;

	if (!json_is_object(value) || json_object_size(value) != 1)
		return NULL;
	for (size_t i = 0; i < nitems(specials); i++) {
		member = json_object_get(value, specials[i].name);
		if (json_is_string(member) &&
		    (specials[i].any_type || rule->type == JSON_CBOR_ANY ||
			rule->type == JSON_CBOR_BSTR))
			return &specials[i];
	}
	return NULL;
}

/* ---- containers */

static int
push(struct writer *x, const json_t *value, const struct json_cbor_rule *rule)
{
	struct frame *f;

	if (x->depth == DEPTH_MAX)
		return fail(x->j, MDOC_E_JSON, "nested deeper than %d",
		    DEPTH_MAX);
	f = &x->stack[x->depth++];
	*f = (struct frame){ .container = value, .rule = rule };
	f->pointer_len = strlen(x->j->pointer);
	return MDOC_OK;
}

static int
write_array(struct writer *x, const json_t *value,
    const struct json_cbor_rule *rule)
{
	if (!json_is_array(value))
		return fail_kind(x->j, value, rule, "an array");
	cbor_put_array(x->w, json_array_size(value));
	return push(x, value, rule);
}

static int
write_map(struct writer *x, const json_t *value,
    const struct json_cbor_rule *rule)
{
	int r;

	if (!json_is_object(value))
		return fail_kind(x->j, value, rule, "an object");
	for (size_t i = 0; i < rule->members_n; i++) {
		if (rule->members[i].mandatory &&
		    json_object_get(value, rule->members[i].id) == NULL)
			return fail(x->j, MDOC_E_JSON, "\"%s\" is missing",
			    rule->members[i].id);
	}
	cbor_put_map(x->w, json_object_size(value));
	r = push(x, value, rule);
	if (r == MDOC_OK)
		x->stack[x->depth - 1].iter =
		    /* The iterator is opaque; nothing is changed by it. */
		    json_object_iter((json_t *)(uintptr_t)value);
	return r;
}

static int
write_any(struct writer *x, const json_t *value,
    const struct json_cbor_rule *rule)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return write_map(x, value, &any_rule);
	case JSON_ARRAY:
		return write_array(x, value, &any_rule);
	case JSON_STRING:
		return write_tstr(x, value, &any_rule);
	case JSON_INTEGER:
		return write_int(x, value, rule);
	case JSON_REAL:
		return write_number(x, value, rule);
	case JSON_TRUE:
	case JSON_FALSE:
		return write_bool(x, value, rule);
	case JSON_NULL:
	default:
		cbor_put_null(x->w);
		return MDOC_OK;
	}
}

static const struct type {
	const char *name;
	write_fn *write;
} types[] = {
	[JSON_CBOR_ANY] = { "any", write_any },
	[JSON_CBOR_TSTR] = { "tstr", write_tstr },
	[JSON_CBOR_UINT] = { "uint", write_int },
	[JSON_CBOR_INT] = { "int", write_int },
	[JSON_CBOR_NUMBER] = { "number", write_number },
	[JSON_CBOR_BOOL] = { "bool", write_bool },
	[JSON_CBOR_BSTR] = { "bstr", write_bstr },
	[JSON_CBOR_FULL_DATE] = { "full-date", write_full_date },
	[JSON_CBOR_TDATE] = { "tdate", write_tdate },
	[JSON_CBOR_DATE] = { "date", write_date },
	[JSON_CBOR_ARRAY] = { "array", write_array },
	[JSON_CBOR_MAP] = { "map", write_map },
};

const char *
json_cbor_type_name(enum json_cbor_type type)
{
	return (size_t)type < nitems(types) ? types[type].name : NULL;
}

static int
write_value(struct writer *x, const json_t *value,
    const struct json_cbor_rule *rule)
{
	const struct special *special = special_find(value, rule);

	if (special != NULL)
		return special->write(x, json_object_get(value, special->name),
		    rule);
	/* A map may stand for some values: it has rules of its own then. */
	if (json_is_object(value) && rule->members_n > 0 &&
	    rule->type != JSON_CBOR_ARRAY)
		return write_map(x, value, rule);
	return types[rule->type].write(x, value, rule);
}

static const struct json_cbor_rule *
member_rule(const struct json_cbor_rule *rule, const char *name)
{
	for (size_t i = 0; i < rule->members_n; i++) {
		if (strcmp(rule->members[i].id, name) == 0)
			return &rule->members[i];
	}
	return &any_rule;
}

/* The next of the innermost container; none left: *ret is NULL. */
static const struct json_cbor_rule *
next_value(struct writer *x, struct frame *f, const json_t **ret)
{
	const struct json_cbor_rule *rule;
	const char *name;

	json_cbor_leave(x->j, f->pointer_len);
	*ret = NULL;
	if (json_is_array(f->container)) {
		*ret = json_array_get(f->container, f->index);
		enter_index(x->j, f->index++);
		return f->rule->members_n > 0 ? &f->rule->members[0]
					      : &any_rule;
	}
	if (f->iter == NULL)
		return NULL;
	name = json_object_iter_key(f->iter);
	*ret = json_object_iter_value(f->iter);
	rule = member_rule(f->rule, name);
	json_cbor_enter(x->j, name);
	cbor_put_str(x->w, name);
	f->iter =
	    json_object_iter_next((json_t *)(uintptr_t)f->container, f->iter);
	return rule;
}

int
json_cbor_write(struct json_cbor *j, const json_t *value,
    const struct json_cbor_rule *rule, struct cbor_writer *w)
{
	struct writer x = { .j = j, .w = w };
	const size_t pointer_len = strlen(j->pointer);
	int r;

	r = write_value(&x, value, rule != NULL ? rule : &any_rule);
	while (r == MDOC_OK && x.depth > 0) {
		rule = next_value(&x, &x.stack[x.depth - 1], &value);
		if (value == NULL)
			x.depth--;
		else
			r = write_value(&x, value, rule);
	}
	json_cbor_leave(j, pointer_len);
	return r;
}
