/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <p11-mdoc/pkcs11-mdoc.h>

#include "common/log.h"
#include "vendor-ext/purpose-record.h"
#include "vendor-ext/purpose.h"

/* Objects that may vanish while they are read are looked for again. */
#define MAX_TRIES 16
/* Records of one key that are read; crashes leave one more each. */
#define MAX_RECORDS 64

#define ALL_PURPOSES \
	(MDOC_PURPOSE_DEVICE | MDOC_PURPOSE_READER | MDOC_PURPOSE_ISSUER)

/* ---- rules */

CK_ULONG
purpose_of(enum tbs_kind kind)
{
	static const CK_ULONG purposes[] = {
		[TBS_DEVICE_AUTHENTICATION] = MDOC_PURPOSE_DEVICE,
		[TBS_READER_AUTHENTICATION] = MDOC_PURPOSE_READER,
		[TBS_READER_AUTHENTICATION_ALL] = MDOC_PURPOSE_READER,
		[TBS_MOBILE_SECURITY_OBJECT] = MDOC_PURPOSE_ISSUER,
	};

	return (size_t)kind < nitems(purposes) ? purposes[kind] : 0;
}

bool
purpose_is_ours(struct bytes application)
{
	return bytes_equal_str(application, PURPOSE_APPLICATION) ||
	    bytes_equal_str(application, PURPOSE_STATE_APPLICATION);
}

bool
purpose_next_type(struct bytes *list, struct bytes *ret)
{
	const uint8_t *end;
	size_t n;

	if (list->len == 0)
		return false;
	end = memchr(list->ptr, 0, list->len);
	n = end != NULL ? (size_t)(end - list->ptr) : list->len;
	*ret = bytes_of(list->ptr, n);
	n += end != NULL ? 1 : 0;
	*list = bytes_of(list->ptr + n, list->len - n);
	return true;
}

bool
purpose_has_type(struct bytes list, struct bytes wanted)
{
	struct bytes type;

	while (purpose_next_type(&list, &type))
		if (bytes_equal(type, wanted))
			return true;
	return false;
}

/* None of them empty, each of them once. */
static bool
types_valid(struct bytes list)
{
	struct bytes rest = list, type;

	if (list.len > PURPOSE_MAX_DOC_TYPES || !bytes_is_utf8(list, NULL) ||
	    (list.len > 0 && list.ptr[list.len - 1] == 0))
		return false;
	while (purpose_next_type(&rest, &type))
		if (type.len == 0 || purpose_has_type(rest, type))
			return false;
	return true;
}

CK_RV
purpose_validate(const struct purpose *p)
{
	bool names_doc_type =
	    (p->purposes & (MDOC_PURPOSE_DEVICE | MDOC_PURPOSE_ISSUER)) != 0;

	if (p->purposes == 0 || (p->purposes & ~ALL_PURPOSES) != 0 ||
	    p->method > MDOC_METHOD_MAC || p->uses_left == 0 ||
	    p->key_id.len == 0 || p->key_id.len > PURPOSE_MAX_ID ||
	    !types_valid(blob_bytes(&p->doc_types)))
		return CKR_ATTRIBUTE_VALUE_INVALID;
	if ((p->method != MDOC_METHOD_ANY &&
		(p->purposes & MDOC_PURPOSE_DEVICE) == 0) ||
	    (p->doc_types.len > 0 && !names_doc_type))
		return CKR_TEMPLATE_INCONSISTENT;
	return CKR_OK;
}

static bool
method_allows(CK_ULONG method, enum purpose_use use)
{
	switch (method) {
	case MDOC_METHOD_ANY:
	case MDOC_METHOD_ONE:
		return true;
	case MDOC_METHOD_SIGNATURE:
		return use == PURPOSE_SIGN;
	case MDOC_METHOD_MAC:
		return use == PURPOSE_MAC;
	default:
		return false;
	}
}

static const char *
why_not(const struct purpose *p, const struct purpose_want *w)
{
	bool reader = w->purpose == MDOC_PURPOSE_READER;

	if (p->purposes == 0)
		return "its rule is damaged";
	if ((p->purposes & w->purpose) == 0)
		return "it is bound to another purpose";
	if (p->doc_types.len > 0 && !reader && bytes_is_null(w->doc_type))
		return "it is bound to docTypes, and this names none";
	if (p->doc_types.len > 0 && !reader &&
	    !purpose_has_type(blob_bytes(&p->doc_types), w->doc_type))
		return "the docType is none of CKA_MDOC_DOC_TYPES";
	if (p->uses_left == 0)
		return "it has no uses left";
	if (w->purpose == MDOC_PURPOSE_DEVICE &&
	    !method_allows(p->method, w->use))
		return "it is for the other of MAC and signature "
		       "(ISO/IEC 18013-5, 12.4.4)";
	return NULL;
}

CK_RV
purpose_check(const struct purpose *p, const struct purpose_want *w,
    const char **ret_why)
{
	const char *why = why_not(p, w);

	if (why == NULL)
		return CKR_OK;
	*ret_why = why;
	return CKR_KEY_FUNCTION_NOT_PERMITTED;
}

void
purpose_reset(struct purpose *p)
{
	if (p == NULL)
		return;
	blob_reset(&p->key_id);
	blob_reset(&p->doc_types);
	*p = (struct purpose){ 0 };
}

bool
purpose_has_state(const struct purpose *p)
{
	return p->uses_left != PURPOSE_NO_LIMIT || p->method == MDOC_METHOD_ONE;
}

/* ---- their objects */

struct records {
	CK_OBJECT_HANDLE v[MAX_RECORDS];
	CK_ULONG n;
};

/* Room for either name, which PKCS#11 wants not to be const. */
#define NAME_SIZE sizeof(PURPOSE_STATE_APPLICATION)

/* Of one key (label NULL: of any). */
static CK_RV
list(const struct token *t, const char *application, char *label,
    struct records *ret)
{
	CK_OBJECT_CLASS class = CKO_DATA;
	char name[NAME_SIZE];
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_APPLICATION, name, strlen(application) },
		{ CKA_LABEL, label, label != NULL ? strlen(label) : 0 },
	};

	memcpy(name, application, strlen(application) + 1);
	return token_find(t, template, nitems(template) - (label == NULL),
	    ret->v, nitems(ret->v), &ret->n);
}

#define LABEL_SIZE (2 * PURPOSE_MAX_ID + 1)

CK_RV
purpose_any(const struct token *t, bool *ret)
{
	struct records found;
	CK_RV rv;

	rv = list(t, PURPOSE_APPLICATION, NULL, &found);
	if (rv == CKR_OK)
		*ret = found.n > 0;
	return rv;
}

/* What tokens say of an object that another process destroys meanwhile. */
static bool
is_vanished(CK_RV rv)
{
	return rv == CKR_OBJECT_HANDLE_INVALID ||
	    rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_BUFFER_TOO_SMALL ||
	    rv == CKR_GENERAL_ERROR || rv == CKR_FUNCTION_FAILED;
}

typedef bool merge_fn(struct purpose *p, struct bytes record);

/* *ret_gone: one of them has vanished, or is just being written. */
static CK_RV
merge_all(const struct token *t, const struct records *records, merge_fn *merge,
    struct purpose *p, bool *ret_gone)
{
	struct blob value = BLOB_INIT;
	CK_RV rv = CKR_OK;

	*ret_gone = false;
	for (CK_ULONG i = 0; i < records->n; i++) {
		rv = token_get(t, records->v[i], CKA_VALUE, &value);
		if (rv != CKR_OK && !is_vanished(rv))
			break;
		if (rv != CKR_OK || !merge(p, blob_bytes(&value))) {
			*ret_gone = true;
			p->purposes = 0;
		}
		rv = CKR_OK;
	}
	blob_reset(&value);
	return rv;
}

/* What is known of a key; the purposes left out say nothing yet. */
static CK_RV
begin(struct purpose *p, struct bytes key_id)
{
	*p = (struct purpose){ .purposes = ALL_PURPOSES,
		.uses_left = PURPOSE_NO_LIMIT };
	return blob_set(&p->key_id, key_id) ? CKR_OK : CKR_HOST_MEMORY;
}

/* The state of a rule that has one; its records are listed in *states. */
static CK_RV
load_state(const struct token *t, char *label, struct purpose *p,
    struct records *states, bool *ret_gone)
{
	CK_RV rv;

	states->n = 0;
	if (!purpose_has_state(p))
		return CKR_OK;
	rv = list(t, PURPOSE_STATE_APPLICATION, label, states);
	if (rv != CKR_OK)
		return rv;
	rv = merge_all(t, states, purpose_state_merge, p, ret_gone);
	/* Without it nobody knows what was done with the key. */
	if (states->n == 0) {
		*ret_gone = true;
		p->purposes = 0;
	}
	return rv;
}

static CK_RV
load_once(const struct token *t, char *label, struct purpose *p,
    struct records *states, bool *ret_found, bool *ret_gone)
{
	struct records rules;
	CK_RV rv;

	*ret_found = false;
	*ret_gone = false;
	rv = list(t, PURPOSE_APPLICATION, label, &rules);
	if (rv != CKR_OK || rules.n == 0)
		return rv;
	*ret_found = true;
	rv = merge_all(t, &rules, purpose_rule_merge, p, ret_gone);
	if (rv == CKR_OK && !*ret_gone)
		rv = load_state(t, label, p, states, ret_gone);
	return rv;
}

/*
 * While others write states, one may be missed that is replaced just then: the
 * records are looked for until all that were found can be read.
 */
static CK_RV
load(const struct token *t, struct bytes key_id, struct purpose *ret,
    struct records *states, bool *ret_found)
{
	char label[LABEL_SIZE];
	struct purpose p = { 0 };
	bool gone = true;
	CK_RV rv = CKR_OK;

	bytes_to_hex(key_id, label);
	for (int i = 0; rv == CKR_OK && gone && i < MAX_TRIES; i++) {
		purpose_reset(&p);
		rv = begin(&p, key_id);
		if (rv == CKR_OK)
			rv = load_once(t, label, &p, states, ret_found, &gone);
	}
	if (rv == CKR_OK && gone)
		log_printf(LOG_ERROR, "purpose",
		    "the rule of key %s is damaged: nothing is permitted",
		    label);
	if (rv == CKR_OK && *ret_found)
		*ret = p;
	else
		purpose_reset(&p);
	return rv;
}

CK_RV
purpose_find(const struct token *t, struct bytes key_id, struct purpose *ret,
    bool *ret_found)
{
	struct records states;

	*ret_found = false;
	if (key_id.len == 0 || key_id.len > PURPOSE_MAX_ID)
		return CKR_OK;
	return load(t, key_id, ret, &states, ret_found);
}

typedef CK_RV write_fn(const struct purpose *p, struct blob *ret);

static CK_RV
write_record(const struct token *t, const struct purpose *p,
    const char *application, write_fn *write, CK_BBOOL private,
    CK_OBJECT_HANDLE *ret)
{
	char label[LABEL_SIZE], name[NAME_SIZE];
	struct blob record = BLOB_INIT;
	CK_OBJECT_CLASS class = CKO_DATA;
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_PRIVATE, &private, sizeof(private) },
		{ CKA_MODIFIABLE, &no, sizeof(no) },
		{ CKA_APPLICATION, name, strlen(application) },
		{ CKA_LABEL, label, 2 * p->key_id.len },
		{ CKA_VALUE, NULL, 0 },
	};
	CK_RV rv;

	bytes_to_hex(blob_bytes(&p->key_id), label);
	memcpy(name, application, strlen(application) + 1);
	rv = write(p, &record);
	template[nitems(template) - 1].pValue = record.ptr;
	template[nitems(template) - 1].ulValueLen = record.len;
	if (rv == CKR_OK)
		rv = t->f->C_CreateObject(t->session, template,
		    nitems(template), ret);
	blob_reset(&record);
	return rv;
}

/* The state first: a rule without it would permit nothing. */
CK_RV
purpose_create(const struct token *t, const struct purpose *p, CK_BBOOL private)
{
	CK_OBJECT_HANDLE state = CK_INVALID_HANDLE, rule;
	CK_RV rv;

	rv = purpose_validate(p);
	if (rv == CKR_OK && purpose_has_state(p))
		rv = write_record(t, p, PURPOSE_STATE_APPLICATION,
		    purpose_state_write, private, &state);
	if (rv != CKR_OK)
		return rv;
	rv = write_record(t, p, PURPOSE_APPLICATION, purpose_rule_write,
	    private, &rule);
	if (rv != CKR_OK && state != CK_INVALID_HANDLE)
		(void)t->f->C_DestroyObject(t->session, state);
	return rv;
}

/* ---- spending */

/* The state after one use; false: it is as before. */
static bool
state_next(struct purpose *p, enum purpose_use use)
{
	bool changed = false;

	if (p->uses_left != PURPOSE_NO_LIMIT) {
		p->uses_left--;
		changed = true;
	}
	if (p->method == MDOC_METHOD_ONE && use != PURPOSE_OTHER) {
		p->method = use == PURPOSE_MAC ? MDOC_METHOD_MAC
					       : MDOC_METHOD_SIGNATURE;
		changed = true;
	}
	p->generation++;
	return changed;
}

/*
 * Replaces the states that were seen by one that is stricter. Whoever destroys
 * all that he saw has spent a use of his own: the others see his state, or one
 * made after it, before they can see that theirs are gone. Whoever destroys
 * none takes back what he wrote; whoever destroys some has to leave it, so
 * that no state can return.
 */
static CK_RV
replace(const struct token *t, const struct purpose *next, CK_BBOOL private,
    const struct records *seen, bool *ret_won)
{
	CK_OBJECT_HANDLE made;
	CK_ULONG destroyed = 0;
	CK_RV rv, failure = CKR_OK;

	rv = write_record(t, next, PURPOSE_STATE_APPLICATION,
	    purpose_state_write, private, &made);
	if (rv != CKR_OK)
		return rv;
	for (CK_ULONG i = 0; i < seen->n; i++) {
		rv = t->f->C_DestroyObject(t->session, seen->v[i]);
		if (rv == CKR_OK)
			destroyed++;
		else
			failure = rv;
	}
	*ret_won = destroyed == seen->n;
	if (destroyed == 0)
		(void)t->f->C_DestroyObject(t->session, made);
	if (failure != CKR_OK)
		log_printf(LOG_INFO, "purpose", "a use was made elsewhere: %s",
		    token_rv_name(failure));
	return CKR_OK;
}

static bool
is_listed(const struct records *r, CK_OBJECT_HANDLE object)
{
	for (CK_ULONG i = 0; i < r->n; i++)
		if (r->v[i] == object)
			return true;
	return false;
}

static bool
same_records(const struct records *a, const struct records *b)
{
	bool same = a->n == b->n;

	for (CK_ULONG i = 0; same && i < a->n; i++)
		same = is_listed(b, a->v[i]);
	return same;
}

/* One attempt; *ret_done unless somebody else was faster. */
static CK_RV
spend_once(const struct token *t, struct bytes key_id,
    const struct purpose_want *w, const char **ret_why, bool *ret_done)
{
	char label[LABEL_SIZE];
	struct records seen, again;
	struct purpose p = { 0 };
	CK_BBOOL private = CK_TRUE;
	bool found;
	CK_RV rv;

	*ret_done = true;
	rv = load(t, key_id, &p, &seen, &found);
	if (rv == CKR_OK && !found) {
		*ret_why = "its rule is gone";
		rv = CKR_KEY_FUNCTION_NOT_PERMITTED;
	}
	if (rv != CKR_OK)
		goto out;
	rv = purpose_check(&p, w, ret_why);
	if (rv != CKR_OK || seen.n == 0 || !state_next(&p, w->use))
		goto out;
	bytes_to_hex(key_id, label);
	rv = list(t, PURPOSE_STATE_APPLICATION, label, &again);
	if (rv != CKR_OK)
		goto out;
	*ret_done = same_records(&seen, &again);
	if (*ret_done)
		rv = token_get_flag(t, seen.v[0], CKA_PRIVATE, &private);
	if (rv == CKR_OK && *ret_done)
		rv = replace(t, &p, private, &seen, ret_done);
	/* Also what SoftHSMv2 says where its threads meet in one folder. */
	if (is_vanished(rv)) {
		*ret_done = false;
		rv = CKR_OK;
	}
out:
	purpose_reset(&p);
	return rv;
}

CK_RV
purpose_spend(const struct token *t, struct bytes key_id,
    const struct purpose_want *w, const char **ret_why)
{
	bool done = false;
	CK_RV rv = CKR_OK;

	if (key_id.len == 0 || key_id.len > PURPOSE_MAX_ID)
		return CKR_ARGUMENTS_BAD;
	for (int i = 0; rv == CKR_OK && !done && i < MAX_TRIES; i++)
		rv = spend_once(t, key_id, w, ret_why, &done);
	return rv == CKR_OK && !done ? CKR_FUNCTION_FAILED : rv;
}

static CK_RV
remove_all(const struct token *t, const char *application, char *label)
{
	struct records found;
	CK_RV rv, one;

	do {
		rv = list(t, application, label, &found);
		for (CK_ULONG i = 0; rv == CKR_OK && i < found.n; i++) {
			one = t->f->C_DestroyObject(t->session, found.v[i]);
			if (one != CKR_OBJECT_HANDLE_INVALID)
				rv = one;
		}
	} while (rv == CKR_OK && found.n == MAX_RECORDS);
	return rv;
}

/* The state last: a rule without one would permit nothing. */
CK_RV
purpose_remove(const struct token *t, struct bytes key_id)
{
	char label[LABEL_SIZE];
	CK_RV rv;

	if (key_id.len == 0 || key_id.len > PURPOSE_MAX_ID)
		return CKR_OK;
	bytes_to_hex(key_id, label);
	rv = remove_all(t, PURPOSE_APPLICATION, label);
	if (rv == CKR_OK)
		rv = remove_all(t, PURPOSE_STATE_APPLICATION, label);
	return rv;
}
