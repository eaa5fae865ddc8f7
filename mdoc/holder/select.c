/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdlib.h>

#include "mdoc/holder/select.h"

/* Attestations of an age that one request may get (18013-5 13.4.6). */
#define AGE_MAX 2

struct choice {
	struct selection *s;
	mdoc_ctx *ctx;
	const mdoc_present_params *params;
	unsigned ages; /* given so far */
	int result;
};

/* ---- age_over_NN */

static const char *const age_name_spaces[] = {
	"org.iso.18013.5.1",
	"org.iso.23220.1",
};

static bool
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* "age_over_NN" */
static bool
age_of(struct bytes element, int *ret)
{
	static const char prefix[] = "age_over_";
	const size_t n = sizeof(prefix) - 1;

	if (element.len != n + 2 || memcmp(element.ptr, prefix, n) != 0 ||
	    !is_digit(element.ptr[n]) || !is_digit(element.ptr[n + 1]))
		return false;
	*ret = (element.ptr[n] - '0') * 10 + (element.ptr[n + 1] - '0');
	return true;
}

static bool
has_age_rule(struct bytes name_space)
{
	for (size_t i = 0; i < nitems(age_name_spaces); i++) {
		if (bytes_equal_str(name_space, age_name_spaces[i]))
			return true;
	}
	return false;
}

static const struct credential_name_space *
name_space_find(const mdoc_credential *c, struct bytes name)
{
	for (size_t i = 0; i < c->name_spaces_n; i++) {
		if (bytes_equal(c->name_spaces[i].name, name))
			return &c->name_spaces[i];
	}
	return NULL;
}

/*
 * The nearest statement that answers "is the holder NN or older": the lowest
 * age at or above NN that is true, else the highest at or below NN that is
 * false (18013-5 13.4.6).
 */
static bool
age_find(const mdoc_credential *c, struct bytes name_space, int asked,
    size_t *ret)
{
	const struct credential_name_space *ns = name_space_find(c, name_space);
	const struct credential_item *item;
	int age, above = 100, below = -1;
	size_t above_i = 0, below_i = 0;
	bool is;

	for (size_t i = 0; ns != NULL && i < ns->count; i++) {
		item = &c->items[ns->first + i];
		if (!age_of(item->element, &age) || item->value.len != 1)
			continue;
		is = item->value.ptr[0] == 0xf5;
		if (is && age >= asked && age < above) {
			above = age;
			above_i = ns->first + i;
		} else if (item->value.ptr[0] == 0xf4 && age <= asked &&
		    age > below) {
			below = age;
			below_i = ns->first + i;
		}
	}
	if (above == 100 && below == -1)
		return false;
	*ret = above < 100 ? above_i : below_i;
	return true;
}

/* ---- choosing */

static bool
refuse(struct choice *c, const struct element_request *e)
{
	struct selection *s = c->s;
	struct refused *p;
	size_t cap;

	if (s->refused_n == s->refused_cap) {
		cap = s->refused_cap == 0 ? 8 : 2 * s->refused_cap;
		p = reallocarray(s->refused, cap, sizeof(*p));
		if (p == NULL) {
			c->result =
			    ctx_fail(c->ctx, MDOC_E_MEMORY, "out of memory");
			return false;
		}
		s->refused = p;
		s->refused_cap = cap;
	}
	s->refused[s->refused_n++] =
	    (struct refused){ e->name_space, e->element };
	return true;
}

static bool
consents(const struct choice *c, const struct element_request *e, size_t i)
{
	const struct credential_item *item = &c->s->credential->items[i];

	if (c->params->consent == NULL)
		return true;
	return c->params->consent(c->params->consent_arg,
		   to_public(c->s->doc_type), to_public(e->name_space),
		   to_public(item->element), e->intent_to_retain) != 0;
}

/* Which item, if any, answers this element. */
static bool
item_find(struct choice *c, const struct element_request *e, size_t *ret,
    bool *ret_age)
{
	const mdoc_credential *credential = c->s->credential;
	int age;

	*ret_age = age_of(e->element, &age) && has_age_rule(e->name_space);
	if (*ret_age && age_find(credential, e->name_space, age, ret))
		return true;
	return credential_item_find(credential, e->name_space, e->element, ret);
}

static bool
choose(void *arg, const struct element_request *e)
{
	struct choice *c = arg;
	bool age;
	size_t i;

	if (!item_find(c, e, &i, &age))
		return refuse(c, e);
	if (c->s->chosen[i])
		return true;
	if ((age && c->ages == AGE_MAX) || !consents(c, e, i))
		return refuse(c, e);
	c->s->chosen[i] = 1;
	c->s->chosen_n++;
	c->ages += age;
	return true;
}

int
selection_make(struct selection *s, mdoc_ctx *ctx,
    const mdoc_present_params *params, const struct doc_request *d)
{
	struct choice c = { .s = s, .ctx = ctx, .params = params };

	/* One more, so that there is something to allocate. */
	s->chosen = calloc(s->credential->items_n + 1, 1);
	if (s->chosen == NULL)
		return ctx_fail(ctx, MDOC_E_MEMORY, "out of memory");
	if (!doc_request_each(d, choose, &c) && c.result == MDOC_OK)
		return ctx_fail(ctx, MDOC_E_INTERNAL,
		    "a request that was read cannot be read again");
	return c.result;
}

void
selection_reset(struct selection *s)
{
	free(s->chosen);
	free(s->refused);
	*s = (struct selection){ .credential = NULL };
}
