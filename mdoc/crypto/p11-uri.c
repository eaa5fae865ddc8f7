/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <p11-kit/pkcs11.h>

#include "mdoc/crypto/p11-uri.h"

#define SCHEME "pkcs11:"

bool
p11uri_is(const char *source)
{
	return source != NULL &&
	    strncasecmp(source, SCHEME, sizeof(SCHEME) - 1) == 0;
}

/* RFC 3986 2.1, with a NUL behind it that len does not count. MDOC_E_MEMORY or
 * MDOC_E_ARGUMENT. */
static int
percent_decode(struct bytes in, struct blob *ret)
{
	struct bytes digits;
	size_t n;
	uint8_t b;

	blob_clear(ret);
	if (!blob_reserve(ret, in.len + 1))
		return MDOC_E_MEMORY;
	while (bytes_take_u8(&in, &b)) {
		if (b == '%') {
			if (!bytes_take(&in, 2, &digits) ||
			    !bytes_from_hex(digits, &b, &n) || n != 1)
				return MDOC_E_ARGUMENT;
		}
		ret->ptr[ret->len++] = b;
	}
	ret->ptr[ret->len] = '\0';
	return MDOC_OK;
}

/* One attribute of the query: to its blob, or to the text that is left. */
static int
sort_attribute(struct p11uri *u, struct bytes a, char *left, bool *first)
{
	static const struct {
		const char *name;
		size_t offset;
	} pins[] = {
		{ "pin-value=", offsetof(struct p11uri, pin_value) },
		{ "pin-source=", offsetof(struct p11uri, pin_source) },
	};

	size_t n, end;

	for (size_t i = 0; i < nitems(pins); i++) {
		n = strlen(pins[i].name);
		if (a.len < n ||
		    strncasecmp((const char *)a.ptr, pins[i].name, n) != 0)
			continue;
		return percent_decode(bytes_of(a.ptr + n, a.len - n),
		    (struct blob *)(void *)((char *)u + pins[i].offset));
	}
	end = strlen(left);
	left[end++] = *first ? '?' : '&';
	*first = false;
	memcpy(left + end, a.ptr, a.len);
	left[end + a.len] = '\0';
	return MDOC_OK;
}

/* u->text becomes the URI without its PIN. */
static int
split(struct p11uri *u, const char *text)
{
	const char *query = strchr(text, '?');
	size_t len = query == NULL ? strlen(text) : (size_t)(query - text);
	bool first = true;
	size_t n;
	int r = MDOC_OK;

	if ((u->text = calloc(1, strlen(text) + 2)) == NULL)
		return MDOC_E_MEMORY;
	memcpy(u->text, text, len);
	/* In the path it is no attribute, and would be in every message. */
	if (strcasestr(u->text, "pin-") != NULL)
		return MDOC_E_ARGUMENT;
	while (query != NULL && query[1] != '\0' && r == MDOC_OK) {
		query++;
		n = strcspn(query, "&");
		r = sort_attribute(u, bytes_of(query, n), u->text, &first);
		query = query[n] == '&' ? query + n : NULL;
	}
	return r;
}

static struct bytes
attribute(const struct p11uri *u, CK_ATTRIBUTE_TYPE type)
{
	CK_ATTRIBUTE *a = p11_kit_uri_get_attribute(u->uri, type);

	return a == NULL || a->ulValueLen == 0
	    ? BYTES_NULL
	    : bytes_of(a->pValue, a->ulValueLen);
}

int
p11uri_parse(mdoc_ctx *c, const char *text, struct p11uri *ret)
{
	struct p11uri u = { .pin_value = BLOB_INIT, .pin_source = BLOB_INIT };
	struct bytes class;
	int r, code;

	r = split(&u, text);
	if (r == MDOC_OK && (u.uri = p11_kit_uri_new()) == NULL)
		r = MDOC_E_MEMORY;
	if (r != MDOC_OK) {
		/* Not the text: a pin-value would be in it. */
		(void)ctx_fail(c, r,
		    r == MDOC_E_MEMORY ? "out of memory"
				       : "pkcs11: URI: a PIN attribute that "
					 "cannot be read, or is not behind "
					 "the '?'");
		goto fail;
	}
	code = p11_kit_uri_parse(u.text, P11_KIT_URI_FOR_ANY, u.uri);
	if (code != P11_KIT_URI_OK) {
		r = ctx_fail(c, MDOC_E_ARGUMENT, "%s: %s", u.text,
		    p11_kit_uri_message(code));
		goto fail;
	}
	if (p11_kit_uri_any_unrecognized(u.uri)) {
		r = ctx_fail(c, MDOC_E_ARGUMENT,
		    "%s: an attribute that RFC 7512 does not have", u.text);
		goto fail;
	}
	u.module_path = p11_kit_uri_get_module_path(u.uri);
	u.label = attribute(&u, CKA_LABEL);
	u.id = attribute(&u, CKA_ID);
	class = attribute(&u, CKA_CLASS);
	u.has_class = class.len == sizeof(u.class);
	if (u.has_class)
		memcpy(&u.class, class.ptr, sizeof(u.class));
	*ret = u;
	return MDOC_OK;
fail:
	p11uri_reset(&u);
	return r;
}

void
p11uri_reset(struct p11uri *u)
{
	if (u->uri != NULL)
		p11_kit_uri_free(u->uri);
	free(u->text);
	blob_reset(&u->pin_value);
	blob_reset(&u->pin_source);
	memset(u, 0, sizeof(*u));
}

static bool
set_attribute(P11KitUri *uri, CK_ATTRIBUTE_TYPE type, struct bytes value)
{
	CK_BYTE copy[256];
	CK_ATTRIBUTE a = { type, copy, value.len };

	if (value.len == 0)
		return true;
	if (value.len > sizeof(copy))
		return false;
	/* A copy: PKCS#11 has no const. */
	memcpy(copy, value.ptr, value.len);
	return p11_kit_uri_set_attribute(uri, &a) == P11_KIT_URI_OK;
}

/* A source that can be read again: not a file descriptor. */
static bool
has_lasting_source(const struct p11uri *like)
{
	return like->pin_source.ptr != NULL &&
	    strncmp((const char *)like->pin_source.ptr, "fd:", 3) != 0;
}

/* p11-kit escapes '/' and ':' in the query, where RFC 7512 2.3 allows both:
 * paths are to be read by people. */
static void
unescape_paths(char *text)
{
	char *to = strchr(text, '?');
	const char *p = to;

	if (to == NULL)
		return;
	while (*p != '\0') {
		if (strncasecmp(p, "%2f", 3) == 0 ||
		    strncasecmp(p, "%3a", 3) == 0) {
			*to++ = p[1] == '2' ? '/' : ':';
			p += 3;
		} else {
			*to++ = *p++;
		}
	}
	*to = '\0';
}

char *
p11uri_format(const CK_TOKEN_INFO *token, const struct p11object *object,
    const struct p11uri *like)
{
	P11KitUri *uri = p11_kit_uri_new();
	char *text = NULL;
	CK_TOKEN_INFO *t;

	if (uri == NULL)
		return NULL;
	t = p11_kit_uri_get_token_info(uri);
	memcpy(t->label, token->label, sizeof(t->label));
	memcpy(t->serialNumber, token->serialNumber, sizeof(t->serialNumber));
	if (object != NULL &&
	    (!set_attribute(uri, CKA_CLASS,
		 bytes_of(&object->class, sizeof(object->class))) ||
		!set_attribute(uri, CKA_LABEL, object->label) ||
		!set_attribute(uri, CKA_ID, object->id)))
		goto out;
	if (like != NULL && like->module_path != NULL)
		p11_kit_uri_set_module_path(uri, like->module_path);
	if (like != NULL && has_lasting_source(like))
		p11_kit_uri_set_pin_source(uri,
		    (const char *)like->pin_source.ptr);
	if (p11_kit_uri_format(uri, P11_KIT_URI_FOR_ANY, &text) !=
	    P11_KIT_URI_OK)
		text = NULL;
	else
		unescape_paths(text);
out:
	p11_kit_uri_free(uri);
	return text;
}
