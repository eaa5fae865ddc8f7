/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <p11-kit/pkcs11.h>

#include "mdoc/crypto/p11-token.h"
#include "mdoc/crypto/pin.h"

void
p11list_add(struct p11list *l, const char *uri)
{
	size_t len = l->text.len;

	if (len > 0)
		l->text.ptr[len - 1] = ','; /* it was the NUL */
	if (uri == NULL || (len > 0 && !blob_append_u8(&l->text, ' ')) ||
	    !blob_append(&l->text, uri, strlen(uri) + 1)) {
		blob_truncate(&l->text, len);
		if (len > 0)
			l->text.ptr[len - 1] = '\0';
		return;
	}
	l->n++;
}

const char *
p11list_text(const struct p11list *l)
{
	return l->n == 0 ? "" : (const char *)l->text.ptr;
}

void
p11list_reset(struct p11list *l)
{
	blob_reset(&l->text);
	l->n = 0;
}

void
p11list_add_object(struct p11list *l, const struct p11token *t,
    const struct token *session, CK_OBJECT_HANDLE object, CK_OBJECT_CLASS class)
{
	struct blob label = BLOB_INIT, id = BLOB_INIT;
	struct p11object o = { .class = class };
	char *uri;

	if (token_get(session, object, CKA_LABEL, &label) == CKR_OK)
		o.label = blob_bytes(&label);
	if (token_get(session, object, CKA_ID, &id) == CKR_OK)
		o.id = blob_bytes(&id);
	uri = p11uri_format(&t->info, &o, NULL);
	p11list_add(l, uri);
	free(uri);
	blob_reset(&label);
	blob_reset(&id);
}

static const struct {
	CK_RV rv;
	int code;
} codes[] = {
	{ CKR_HOST_MEMORY, MDOC_E_MEMORY },
	{ CKR_PIN_INCORRECT, MDOC_E_LOGIN },
	{ CKR_PIN_INVALID, MDOC_E_LOGIN },
	{ CKR_PIN_LEN_RANGE, MDOC_E_LOGIN },
	{ CKR_PIN_EXPIRED, MDOC_E_LOGIN },
	{ CKR_PIN_LOCKED, MDOC_E_LOGIN },
	{ CKR_USER_NOT_LOGGED_IN, MDOC_E_LOGIN },
	{ CKR_USER_PIN_NOT_INITIALIZED, MDOC_E_LOGIN },
	{ CKR_FUNCTION_CANCELED, MDOC_E_LOGIN },
	{ CKR_FUNCTION_NOT_SUPPORTED, MDOC_E_UNSUPPORTED },
	{ CKR_MECHANISM_INVALID, MDOC_E_UNSUPPORTED },
	{ CKR_MECHANISM_PARAM_INVALID, MDOC_E_UNSUPPORTED },
	{ CKR_TOKEN_WRITE_PROTECTED, MDOC_E_UNSUPPORTED },
	{ CKR_SESSION_READ_ONLY, MDOC_E_UNSUPPORTED },
	{ CKR_KEY_FUNCTION_NOT_PERMITTED, MDOC_E_KEY },
	{ CKR_KEY_TYPE_INCONSISTENT, MDOC_E_KEY },
	{ CKR_KEY_SIZE_RANGE, MDOC_E_KEY },
	{ CKR_DOMAIN_PARAMS_INVALID, MDOC_E_KEY },
	{ CKR_DATA_INVALID, MDOC_E_STRUCTURE },
};

int
p11token_fail(mdoc_ctx *c, const struct p11token *t, CK_RV rv, const char *what)
{
	int code = MDOC_E_TOKEN;

	for (size_t i = 0; i < nitems(codes); i++) {
		if (codes[i].rv == rv)
			code = codes[i].code;
	}
	return ctx_fail(c, code, "token \"%s\": %s: %s", t->label, what,
	    token_rv_name(rv));
}

bool
p11token_is_stale(CK_RV rv)
{
	static const CK_RV stale[] = { CKR_SESSION_HANDLE_INVALID,
		CKR_SESSION_CLOSED, CKR_KEY_HANDLE_INVALID,
		CKR_OBJECT_HANDLE_INVALID, CKR_USER_NOT_LOGGED_IN,
		CKR_DEVICE_REMOVED, CKR_TOKEN_NOT_PRESENT,
		/* Something that failed half way through: only a new session
		 * is without it. */
		CKR_OPERATION_ACTIVE };

	for (size_t i = 0; i < nitems(stale); i++) {
		if (stale[i] == rv)
			return true;
	}
	return false;
}

static void
set_info(struct p11token *t, const CK_TOKEN_INFO *info)
{
	size_t n = sizeof(info->label);

	t->info = *info;
	memcpy(t->label, info->label, n);
	while (n > 0 && t->label[n - 1] == ' ')
		n--;
	t->label[n] = '\0';
}

static CK_RV
open_session(struct p11token *t)
{
	t->generation++;
	t->asked = 0;
	return t->t.f->C_OpenSession(t->t.slot, CKF_SERIAL_SESSION, NULL, NULL,
	    &t->t.session);
}

static bool
same_token(const CK_TOKEN_INFO *a, const CK_TOKEN_INFO *b)
{
	return memcmp(a->label, b->label, sizeof(a->label)) == 0 &&
	    memcmp(a->serialNumber, b->serialNumber, sizeof(a->serialNumber)) ==
	    0;
}

int
p11token_reopen(mdoc_ctx *c, struct p11token *t)
{
	CK_TOKEN_INFO info;
	CK_RV rv;

	(void)t->t.f->C_CloseSession(t->t.session);
	rv = t->t.f->C_GetTokenInfo(t->t.slot, &info);
	if (rv == CKR_OK && !same_token(&info, &t->info))
		return ctx_fail(c, MDOC_E_TOKEN,
		    "token \"%s\" was taken out and another one is in its "
		    "place",
		    t->label);
	if (rv == CKR_OK)
		rv = open_session(t);
	if (rv != CKR_OK)
		return p11token_fail(c, t, rv, "opening a session");
	set_info(t, &info);
	return MDOC_OK;
}

/* The token in a slot, from the list or new in it, with a session. */
static int
attach(mdoc_ctx *c, CK_FUNCTION_LIST *f, CK_SLOT_ID slot,
    const CK_TOKEN_INFO *info, struct p11token **ret)
{
	struct p11token *t;
	CK_SESSION_INFO session;
	CK_RV rv;
	int r;

	for (t = c->modules->tokens; t != NULL; t = t->next) {
		if (t->t.f != f || t->t.slot != slot ||
		    !same_token(&t->info, info))
			continue;
		rv = f->C_GetSessionInfo(t->t.session, &session);
		if (rv != CKR_OK && (r = p11token_reopen(c, t)) != MDOC_OK)
			return r;
		set_info(t, info);
		*ret = t;
		return MDOC_OK;
	}
	if ((t = calloc(1, sizeof(*t))) == NULL)
		return ctx_fail(c, MDOC_E_MEMORY, "out of memory");
	t->t.f = f;
	t->t.slot = slot;
	set_info(t, info);
	if ((rv = open_session(t)) != CKR_OK) {
		r = p11token_fail(c, t, rv, "opening a session");
		free(t);
		return r;
	}
	t->next = c->modules->tokens;
	c->modules->tokens = t;
	*ret = t;
	return MDOC_OK;
}

/* What a search for tokens has seen so far. */
struct search {
	mdoc_ctx *ctx;
	const struct p11uri *uri;
	struct p11token **found;
	size_t max;
	size_t n;
	struct p11list seen;
};

static bool
matches(const struct search *s, CK_FUNCTION_LIST *f, CK_SLOT_ID slot,
    const CK_TOKEN_INFO *info)
{
	P11KitUri *uri = s->uri->uri;
	CK_SLOT_ID wanted = p11_kit_uri_get_slot_id(uri);
	CK_SLOT_INFO slot_info;
	CK_INFO module_info;

	return (wanted == (CK_SLOT_ID)-1 || wanted == slot) &&
	    p11_kit_uri_match_token_info(uri, info) == 1 &&
	    f->C_GetSlotInfo(slot, &slot_info) == CKR_OK &&
	    p11_kit_uri_match_slot_info(uri, &slot_info) == 1 &&
	    f->C_GetInfo(&module_info) == CKR_OK &&
	    p11_kit_uri_match_module_info(uri, &module_info) == 1;
}

static int
look_at_slot(struct search *s, CK_FUNCTION_LIST *f, CK_SLOT_ID slot)
{
	CK_TOKEN_INFO info;
	char *uri;
	int r;

	/* A token that goes away meanwhile is none of those looked for. */
	if (f->C_GetTokenInfo(slot, &info) != CKR_OK ||
	    (info.flags & CKF_TOKEN_INITIALIZED) == 0)
		return MDOC_OK;
	if (!matches(s, f, slot, &info)) {
		uri = p11uri_format(&info, NULL, NULL);
		p11list_add(&s->seen, uri);
		free(uri);
		return MDOC_OK;
	}
	if (s->n == s->max)
		return MDOC_OK;
	r = attach(s->ctx, f, slot, &info, &s->found[s->n]);
	if (r == MDOC_OK)
		s->n++;
	return r;
}

static int
look_at_module(struct search *s, CK_FUNCTION_LIST *f)
{
	CK_SLOT_ID slots[P11TOKEN_MAX];
	CK_ULONG n = nitems(slots);
	int r = MDOC_OK;
	CK_RV rv;

	rv = f->C_GetSlotList(CK_TRUE, slots, &n);
	if (rv != CKR_OK)
		return ctx_fail(s->ctx, MDOC_E_TOKEN,
		    "the slots of a PKCS#11 module cannot be listed: %s",
		    token_rv_name(rv));
	for (CK_ULONG i = 0; i < n && r == MDOC_OK; i++)
		r = look_at_slot(s, f, slots[i]);
	return r;
}

int
p11token_match(mdoc_ctx *c, const struct p11uri *uri, struct p11token **ret,
    size_t max, size_t *ret_n)
{
	struct search s = { .ctx = c, .uri = uri, .found = ret, .max = max };
	const struct module *m;
	const char *module;
	int r;

	if ((r = modules_get(c, uri, &m)) != MDOC_OK)
		return r;
	for (size_t i = 0; m->lists[i] != NULL && r == MDOC_OK; i++)
		r = look_at_module(&s, m->lists[i]);
	if (r == MDOC_OK && s.n == 0) {
		module = m->path == NULL ? "p11-kit's modules" : m->path;
		r = s.seen.n == 0
		    ? ctx_fail(c, MDOC_E_TOKEN,
			  "%s: no token: %s has none that is initialised",
			  uri->text, module)
		    : ctx_fail(c, MDOC_E_TOKEN, "%s: no such token; %s has: %s",
			  uri->text, module, p11list_text(&s.seen));
	}
	p11list_reset(&s.seen);
	if (r == MDOC_OK)
		*ret_n = s.n;
	return r;
}

int
p11token_fail_many(mdoc_ctx *c, const struct p11uri *uri,
    struct p11token *const *tokens, size_t n)
{
	struct p11list list = { .n = 0 };
	char *text;
	int r;

	for (size_t i = 0; i < n; i++) {
		text = p11uri_format(&tokens[i]->info, NULL, NULL);
		p11list_add(&list, text);
		free(text);
	}
	r = ctx_fail(c, MDOC_E_TOKEN,
	    "%s: more than one token matches: name one of %s", uri->text,
	    p11list_text(&list));
	p11list_reset(&list);
	return r;
}

int
p11token_get(mdoc_ctx *c, const struct p11uri *uri, struct p11token **ret)
{
	struct p11token *found[P11TOKEN_MAX];
	size_t n = 0;
	int r;

	r = p11token_match(c, uri, found, nitems(found), &n);
	if (r != MDOC_OK)
		return r;
	if (n > 1)
		return p11token_fail_many(c, uri, found, n);
	*ret = found[0];
	return MDOC_OK;
}

bool
p11token_is_open(struct p11token *t)
{
	CK_SESSION_INFO info;

	if ((t->info.flags & CKF_LOGIN_REQUIRED) == 0)
		return true;
	return t->t.f->C_GetSessionInfo(t->t.session, &info) == CKR_OK &&
	    (info.state == CKS_RO_USER_FUNCTIONS ||
		info.state == CKS_RW_USER_FUNCTIONS);
}

bool
p11token_signs(struct p11token *t, CK_MECHANISM_TYPE type)
{
	unsigned bit = 1u << (type & 0x1f);
	CK_MECHANISM_INFO info;

	if ((t->asked & bit) == 0) {
		t->asked |= bit;
		t->has &= ~bit;
		if (t->t.f->C_GetMechanismInfo(t->t.slot, type, &info) ==
			CKR_OK &&
		    (info.flags & CKF_SIGN) != 0)
			t->has |= bit;
	}
	return (t->has & bit) != 0;
}

int
p11token_login(mdoc_ctx *c, struct p11token *t, const struct p11uri *uri)
{
	if (p11token_is_open(t))
		return MDOC_OK;
	return pin_login(c, t, uri, t->t.session, CKU_USER);
}

int
p11token_begin(mdoc_ctx *c, const struct p11token *t, struct token *ret)
{
	struct token rw = t->t;
	CK_RV rv;

	rv = rw.f->C_OpenSession(rw.slot, CKF_SERIAL_SESSION | CKF_RW_SESSION,
	    NULL, NULL, &rw.session);
	if (rv != CKR_OK)
		return p11token_fail(c, t, rv, "opening a session to write");
	*ret = rw;
	return MDOC_OK;
}

void
p11token_end(struct token *t)
{
	if (t->f != NULL)
		(void)t->f->C_CloseSession(t->session);
	t->f = NULL;
}

CK_RV
p11token_find(const struct token *t, CK_OBJECT_CLASS class, struct bytes label,
    struct bytes id, CK_OBJECT_HANDLE *ret, CK_ULONG *ret_n)
{
	CK_BYTE text[256], name[256];
	CK_ATTRIBUTE template[3] = { { CKA_CLASS, &class, sizeof(class) } };
	CK_ULONG n = 1;
	CK_RV rv;

	if (label.len > sizeof(text) || id.len > sizeof(name))
		return CKR_ATTRIBUTE_VALUE_INVALID;
	/* Copies: PKCS#11 has no const. */
	if (!bytes_is_null(label)) {
		memcpy(text, label.ptr, label.len);
		template[n++] = (CK_ATTRIBUTE){ CKA_LABEL, text, label.len };
	}
	if (!bytes_is_null(id)) {
		memcpy(name, id.ptr, id.len);
		template[n++] = (CK_ATTRIBUTE){ CKA_ID, name, id.len };
	}
	rv = token_find(t, template, n, ret, P11TOKEN_FOUND, ret_n);
	if (rv != CKR_OPERATION_ACTIVE)
		return rv;
	/* A search that could not be ended. */
	(void)t->f->C_FindObjectsFinal(t->session);
	return token_find(t, template, n, ret, P11TOKEN_FOUND, ret_n);
}

void
p11token_free_all(struct p11token **list)
{
	struct p11token *next;

	for (struct p11token *t = *list; t != NULL; t = next) {
		next = t->next;
		(void)t->t.f->C_CloseSession(t->t.session);
		free(t);
	}
	*list = NULL;
}
