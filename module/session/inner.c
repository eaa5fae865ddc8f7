/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "module/session/inner.h"
#include "vendor-ext/hasher.h"

struct token
inner_caller(const struct api_call *c)
{
	return (struct token){ c->f, c->down, c->slot };
}

CK_RV
inner_open(const struct api_call *c, struct inner *ret)
{
	/* As the caller's: an SO's login forbids sessions only to read. */
	return inner_open_flags(c, c->session->flags, ret);
}

CK_RV
inner_open_flags(const struct api_call *c, CK_FLAGS flags, struct inner *ret)
{
	struct inner i = { inner_caller(c), true };
	CK_RV rv;

	rv = c->f->C_OpenSession(c->slot, flags, NULL, NULL, &i.token.session);
	if (rv == CKR_SESSION_COUNT) {
		i = (struct inner){ inner_caller(c), false };
		rv = CKR_OK;
	}
	if (rv == CKR_OK)
		*ret = i;
	return rv;
}

void
inner_close(struct inner *i)
{
	if (i->own)
		i->token.f->C_CloseSession(i->token.session);
	i->own = false;
}

struct hasher *
inner_hasher(const struct api_call *c)
{
	struct session *s = c->session;

	if (s->hasher == NULL)
		s->hasher = hasher_new();
	return s->hasher;
}
