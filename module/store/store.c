/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <sys/random.h>

#include <stdlib.h>
#include <string.h>

#include "common/cbor.h"
#include "common/log.h"
#include "module/device/handle.h"
#include "module/object/attrs.h"
#include "module/store/folder.h"
#include "module/store/keeper.h"
#include "module/store/store.h"
#include "vendor-ext/credential.h"

#define STORE_BIT ((CK_OBJECT_HANDLE)1 << (HANDLE_SHIFT - 1))

/* A file, which was seen; its handle is its place in the list. */
struct record {
	folder_name group;
	folder_name name;
	bool gone;
};

/* What a record holds. One that cannot be opened holds nothing. */
struct content {
	struct blob sealed; /* the file */
	struct blob label;
	struct blob value;
};

#define CONTENT_INIT ((struct content){ BLOB_INIT, BLOB_INIT, BLOB_INIT })

struct search {
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE *v;
	CK_ULONG n;
	CK_ULONG next;
};

struct store {
	struct lock lock; /* of all that follows root; held for moments */
	char *root;
	struct record *records;
	size_t n_records;
	struct search *searches;
	size_t n_searches;
	/* The record that was opened last: it is asked for piece by piece. */
	bool cached;
	size_t cached_index;
	struct content cache;
};

static void
content_reset(struct content *c)
{
	blob_reset(&c->sealed);
	blob_reset(&c->label);
	blob_reset(&c->value);
}

static bool
content_copy(struct content *to, const struct content *from)
{
	return blob_set(&to->sealed, blob_bytes(&from->sealed)) &&
	    blob_set(&to->label, blob_bytes(&from->label)) &&
	    blob_set(&to->value, blob_bytes(&from->value));
}

/* ---- life */

CK_RV
store_new(const char *path, const struct lock_ops *ops, struct store **ret)
{
	struct store *s;
	CK_RV rv;

	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return CKR_HOST_MEMORY;
	rv = lock_init(&s->lock, ops);
	if (rv != CKR_OK) {
		free(s);
		return rv;
	}
	s->root = path[0] == '\0' ? folder_default() : strdup(path);
	if (s->root == NULL) {
		store_free(&s);
		return CKR_GENERAL_ERROR;
	}
	*ret = s;
	return CKR_OK;
}

void
store_free(struct store **store)
{
	struct store *s = *store;

	if (s == NULL)
		return;
	for (size_t i = 0; i < s->n_searches; i++)
		free(s->searches[i].v);
	free(s->searches);
	free(s->records);
	free(s->root);
	content_reset(&s->cache);
	lock_destroy(&s->lock);
	free(s);
	*store = NULL;
}

static void
forget_locked(struct store *s)
{
	content_reset(&s->cache);
	s->cached = false;
}

void
store_forget(struct store *s)
{
	if (s == NULL || lock_take(&s->lock) != CKR_OK)
		return;
	forget_locked(s);
	lock_give(&s->lock);
}

/* ---- handles */

bool
store_has(const struct device *d, CK_OBJECT_HANDLE object)
{
	return d->store != NULL && (object & d->prefix_mask) == d->prefix &&
	    ((object & ~d->prefix_mask) & ~(STORE_BIT - 1)) == STORE_BIT;
}

static CK_OBJECT_HANDLE
handle_of(const struct device *d, size_t index)
{
	return d->prefix | STORE_BIT | (CK_OBJECT_HANDLE)(index + 1);
}

/* The number of a file, which it keeps. */
static CK_RV
record_index(struct store *s, const char *group, const char *name, size_t *ret)
{
	struct record *more;
	CK_RV rv;
	size_t i;

	rv = lock_take(&s->lock);
	if (rv != CKR_OK)
		return rv;
	for (i = 0; i < s->n_records; i++)
		if (!strcmp(s->records[i].name, name) &&
		    !strcmp(s->records[i].group, group))
			break;
	if (i == s->n_records) {
		more = reallocarray(s->records, i + 1, sizeof(*more));
		if (more != NULL) {
			s->records = more;
			memset(&more[i], 0, sizeof(*more));
			memcpy(more[i].group, group, sizeof(more->group));
			memcpy(more[i].name, name, sizeof(more->name));
			s->n_records++;
		} else {
			rv = CKR_HOST_MEMORY;
		}
	}
	lock_give(&s->lock);
	*ret = i;
	return rv;
}

/* content: what it held when it was opened last, if that is known. */
static CK_RV
record_get(const struct store_call *c, CK_OBJECT_HANDLE object,
    struct record *ret, struct content *content)
{
	struct store *s = c->device->store;
	size_t i = (size_t)(object & (STORE_BIT - 1)) - 1;
	CK_RV rv;

	rv = lock_take(&s->lock);
	if (rv != CKR_OK)
		return rv;
	if (i >= s->n_records || s->records[i].gone) {
		rv = CKR_OBJECT_HANDLE_INVALID;
	} else {
		*ret = s->records[i];
		if (s->cached && s->cached_index == i &&
		    !content_copy(content, &s->cache))
			rv = CKR_HOST_MEMORY;
	}
	lock_give(&s->lock);
	return rv;
}

static void
record_cache(const struct store_call *c, CK_OBJECT_HANDLE object,
    const struct content *content)
{
	struct store *s = c->device->store;

	if (lock_take(&s->lock) != CKR_OK)
		return;
	forget_locked(s);
	s->cached = content_copy(&s->cache, content);
	s->cached_index = (size_t)(object & (STORE_BIT - 1)) - 1;
	if (!s->cached)
		forget_locked(s);
	lock_give(&s->lock);
}

static void
record_gone(const struct store_call *c, CK_OBJECT_HANDLE object)
{
	struct store *s = c->device->store;
	size_t i = (size_t)(object & (STORE_BIT - 1)) - 1;

	if (lock_take(&s->lock) != CKR_OK)
		return;
	if (i < s->n_records)
		s->records[i].gone = true;
	forget_locked(s);
	lock_give(&s->lock);
}

/* ---- content */

/* The record's own name, which it is sealed with. */
static struct bytes
name_bytes(const struct record *r)
{
	return bytes_of(r->name, FOLDER_NAME_LEN);
}

static bool
content_write(struct blob *out, struct bytes label, struct bytes value)
{
	struct cbor_writer w;

	cbor_writer_init(&w, out);
	cbor_put_array(&w, 2);
	cbor_put_bstr(&w, label);
	cbor_put_bstr(&w, value);
	return w.error == CBOR_OK;
}

static bool
content_read(struct bytes in, struct content *ret)
{
	struct bytes label, value;
	struct cbor_reader r;

	cbor_reader_init(&r, in);
	return cbor_enter_array_of(&r, 2) && cbor_get_bstr(&r, &label) &&
	    cbor_get_bstr(&r, &value) && cbor_finish(&r) &&
	    blob_set(&ret->label, label) && blob_set(&ret->value, value);
}

static CK_RV
content_open(struct keeper *k, const struct record *r, struct content *ret)
{
	struct blob plain = BLOB_INIT;
	CK_RV rv;

	rv = seal_open(&k->token, k->hasher, &k->seal, name_bytes(r),
	    blob_bytes(&ret->sealed), &plain);
	if (rv == CKR_OK && !content_read(blob_bytes(&plain), ret))
		rv = CKR_ENCRYPTED_DATA_INVALID;
	/* Damaged: still an object, so that it can be removed. */
	if (rv == CKR_ENCRYPTED_DATA_INVALID) {
		log_printf(LOG_ERROR, "store", "%s is damaged", r->name);
		blob_reset(&ret->label);
		blob_reset(&ret->value);
		rv = CKR_OK;
	}
	blob_reset(&plain);
	return rv;
}

/* For somebody who sees the key; old: what was opened before. */
static CK_RV
content_refresh(const struct store_call *c, struct keeper *k,
    CK_OBJECT_HANDLE object, const struct record *r, struct content *old,
    struct content *ret)
{
	CK_RV rv;

	rv = folder_read(c->device->store->root, r->group, r->name,
	    &ret->sealed);
	if (rv != CKR_OK)
		return rv;
	if (old->sealed.len > 0 &&
	    bytes_equal(blob_bytes(&old->sealed), blob_bytes(&ret->sealed))) {
		blob_move(&ret->label, &old->label);
		blob_move(&ret->value, &old->value);
		return CKR_OK;
	}
	rv = content_open(k, r, ret);
	if (rv == CKR_OK)
		record_cache(c, object, ret);
	return rv;
}

/* What an object holds, for who sees the key that it is sealed with. */
static CK_RV
content_load(const struct store_call *c, CK_OBJECT_HANDLE object,
    struct record *ret_record, struct content *ret)
{
	struct content old = CONTENT_INIT;
	struct keeper k;
	CK_RV rv;

	rv = record_get(c, object, ret_record, &old);
	if (rv != CKR_OK)
		goto out;
	rv = keeper_open(c, ret_record->group, &k);
	if (rv != CKR_OK) {
		store_forget(c->device->store);
		goto out;
	}
	rv = content_refresh(c, &k, object, ret_record, &old, ret);
	keeper_close(&k);
out:
	content_reset(&old);
	return rv;
}

/* ---- the functions */

bool
store_takes(const struct device *d, const CK_ATTRIBUTE *t, CK_ULONG n)
{
	CK_OBJECT_CLASS class;
	struct bytes token;

	if (d == NULL || d->store == NULL)
		return false;
	token = attrs_bytes(t, n, CKA_TOKEN);
	return token.len == sizeof(CK_BBOOL) && token.ptr[0] != CK_FALSE &&
	    attrs_ulong(t, n, CKA_CLASS, &class) && class == CKO_DATA &&
	    bytes_equal_str(attrs_bytes(t, n, CKA_APPLICATION),
		CREDENTIAL_APPLICATION);
}

CK_RV
store_create(const struct store_call *c, const CK_ATTRIBUTE *t, CK_ULONG n,
    CK_OBJECT_HANDLE *ret)
{
	struct blob plain = BLOB_INIT, sealed = BLOB_INIT;
	uint8_t random[FOLDER_NAME_LEN / 2];
	struct record r = { .gone = false };
	struct keeper k;
	size_t index = 0;
	CK_RV rv;

	if (ret == NULL)
		return CKR_ARGUMENTS_BAD;
	rv = keeper_make(c, &k);
	if (rv != CKR_OK)
		return rv;
	rv = CKR_FUNCTION_FAILED;
	if (!content_write(&plain, attrs_bytes(t, n, CKA_LABEL),
		attrs_bytes(t, n, CKA_VALUE)) ||
	    getrandom(random, sizeof(random), 0) != sizeof(random))
		goto out;
	folder_name_make(random, r.name);
	memcpy(r.group, k.group, sizeof(r.group));
	rv = seal_close(&k.token, k.hasher, &k.seal, name_bytes(&r),
	    blob_bytes(&plain), &sealed);
	if (rv == CKR_OK)
		rv = folder_write(c->device->store->root, r.group, r.name,
		    blob_bytes(&sealed));
	if (rv == CKR_OK)
		rv = record_index(c->device->store, r.group, r.name, &index);
	if (rv == CKR_OK)
		*ret = handle_of(c->device, index);
out:
	keeper_close(&k);
	blob_reset(&plain);
	blob_reset(&sealed);
	return rv;
}

CK_RV
store_destroy(const struct store_call *c, CK_OBJECT_HANDLE object)
{
	struct content content = CONTENT_INIT;
	struct record r;
	CK_RV rv;

	rv = keeper_may_write(c);
	/* Only who could read it. */
	if (rv == CKR_OK)
		rv = content_load(c, object, &r, &content);
	content_reset(&content);
	if (rv == CKR_OK)
		rv = folder_remove(c->device->store->root, r.group, r.name);
	if (rv == CKR_OK)
		record_gone(c, object);
	return rv;
}

CK_RV
store_size(const struct store_call *c, CK_OBJECT_HANDLE object, CK_ULONG *size)
{
	struct content content = CONTENT_INIT;
	struct record r;
	CK_RV rv;

	if (size == NULL)
		return CKR_ARGUMENTS_BAD;
	rv = content_load(c, object, &r, &content);
	if (rv == CKR_OK)
		*size = (CK_ULONG)(content.label.len + content.value.len);
	content_reset(&content);
	return rv;
}

static CK_RV
attribute_put(const struct content *content, CK_ATTRIBUTE *a)
{
	static const CK_BBOOL yes = CK_TRUE;

	switch (a->type) {
	case CKA_CLASS:
		return attrs_put_ulong(a, CKO_DATA);
	case CKA_TOKEN:
	case CKA_PRIVATE:
	case CKA_MODIFIABLE:
	case CKA_DESTROYABLE:
	case CKA_COPYABLE:
		return attrs_put(a, bytes_of(&yes, sizeof(yes)));
	case CKA_APPLICATION:
		return attrs_put(a, bytes_str(CREDENTIAL_APPLICATION));
	case CKA_OBJECT_ID:
		return attrs_put(a, BYTES_NULL);
	case CKA_LABEL:
		return attrs_put(a, blob_bytes(&content->label));
	case CKA_VALUE:
		return attrs_put(a, blob_bytes(&content->value));
	default:
		return attrs_put_none(a);
	}
}

CK_RV
store_get(const struct store_call *c, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *t,
    CK_ULONG n)
{
	struct content content = CONTENT_INIT;
	struct record r;
	CK_RV rv;

	if (t == NULL)
		return CKR_ARGUMENTS_BAD;
	rv = content_load(c, object, &r, &content);
	for (CK_ULONG i = 0; attrs_is_partial(rv) && i < n; i++)
		rv = attrs_worse(rv, attribute_put(&content, &t[i]));
	content_reset(&content);
	return rv;
}

/* A record is written once: credential.c makes another instead. */
CK_RV
store_set(const struct store_call *c, CK_OBJECT_HANDLE object)
{
	struct content content = CONTENT_INIT;
	struct record r;
	CK_RV rv;

	rv = content_load(c, object, &r, &content);
	content_reset(&content);
	return rv == CKR_OK ? CKR_ATTRIBUTE_READ_ONLY : rv;
}

/* ---- searches */

/* Those without CKA_TOKEN too: who finds all finds those of the token. */
static bool
is_asked(const CK_ATTRIBUTE *t, CK_ULONG n)
{
	struct bytes token = attrs_bytes(t, n, CKA_TOKEN);
	CK_OBJECT_CLASS class = CKO_DATA;

	(void)attrs_ulong(t, n, CKA_CLASS, &class);
	return class == CKO_DATA &&
	    !(token.len == sizeof(CK_BBOOL) && token.ptr[0] == CK_FALSE) &&
	    bytes_equal_str(attrs_bytes(t, n, CKA_APPLICATION),
		CREDENTIAL_APPLICATION);
}

/* Of what a template asks, only the label is not the same in all. */
static CK_RV
matches(const struct store_call *c, CK_OBJECT_HANDLE object,
    const CK_ATTRIBUTE *t, CK_ULONG n, bool *ret)
{
	const CK_ATTRIBUTE *label = attrs_find(t, n, CKA_LABEL);
	struct content content = CONTENT_INIT;
	struct record r;
	CK_RV rv = CKR_OK;

	*ret = true;
	if (label == NULL)
		return CKR_OK;
	rv = content_load(c, object, &r, &content);
	*ret = rv == CKR_OK &&
	    bytes_equal(blob_bytes(&content.label),
		bytes_of(label->pValue, label->ulValueLen));
	content_reset(&content);
	/* Removed meanwhile. */
	return rv == CKR_OBJECT_HANDLE_INVALID ? CKR_OK : rv;
}

static CK_RV
gather_group(const struct store_call *c, const char *group,
    const CK_ATTRIBUTE *t, CK_ULONG n, struct search *ret)
{
	struct store *s = c->device->store;
	folder_name *names = NULL;
	CK_OBJECT_HANDLE *more;
	size_t count = 0, index = 0;
	bool good;
	CK_RV rv;

	rv = folder_list(s->root, group, &names, &count);
	if (rv != CKR_OK)
		return rv;
	more = reallocarray(ret->v, ret->n + count + 1, sizeof(*more));
	if (more == NULL)
		rv = CKR_HOST_MEMORY;
	else
		ret->v = more;
	for (size_t i = 0; rv == CKR_OK && i < count; i++) {
		rv = record_index(s, group, names[i], &index);
		if (rv == CKR_OK)
			rv = matches(c, handle_of(c->device, index), t, n,
			    &good);
		if (rv == CKR_OK && good)
			ret->v[ret->n++] = handle_of(c->device, index);
	}
	free(names);
	return rv;
}

/* All of the groups whose key the session sees. */
static CK_RV
gather(const struct store_call *c, const CK_ATTRIBUTE *t, CK_ULONG n,
    struct search *ret)
{
	folder_name *groups = NULL;
	struct keeper k;
	size_t count = 0;
	CK_RV rv;

	rv = folder_list(c->device->store->root, NULL, &groups, &count);
	for (size_t i = 0; rv == CKR_OK && i < count; i++) {
		rv = keeper_open(c, groups[i], &k);
		if (rv == CKR_OK) {
			keeper_close(&k);
			rv = gather_group(c, groups[i], t, n, ret);
		} else if (rv == CKR_OBJECT_HANDLE_INVALID) {
			rv = CKR_OK;
		}
	}
	free(groups);
	return rv;
}

static CK_RV
search_keep(struct store *s, const struct search *search)
{
	struct search *more;
	CK_RV rv;

	rv = lock_take(&s->lock);
	if (rv != CKR_OK)
		return rv;
	more = reallocarray(s->searches, s->n_searches + 1, sizeof(*more));
	if (more != NULL) {
		s->searches = more;
		more[s->n_searches++] = *search;
	} else {
		rv = CKR_HOST_MEMORY;
	}
	lock_give(&s->lock);
	return rv;
}

void
store_find_final(const struct store_call *c)
{
	struct store *s = c->device->store;

	if (lock_take(&s->lock) != CKR_OK)
		return;
	for (size_t i = s->n_searches; i > 0; i--) {
		struct search *search = &s->searches[i - 1];

		if (search->session != c->session)
			continue;
		free(search->v);
		*search = s->searches[--s->n_searches];
	}
	lock_give(&s->lock);
}

CK_RV
store_find_init(const struct store_call *c, const CK_ATTRIBUTE *t, CK_ULONG n)
{
	struct search search = { .session = c->session };
	CK_RV rv;

	/* Of a session that had this handle before, perhaps. */
	store_find_final(c);
	if (!is_asked(t, n))
		return CKR_OK;
	rv = gather(c, t, n, &search);
	if (rv == CKR_OK && search.n > 0)
		rv = search_keep(c->device->store, &search);
	if (rv != CKR_OK || search.n == 0)
		free(search.v);
	return rv;
}

CK_ULONG
store_find(const struct store_call *c, CK_OBJECT_HANDLE *o, CK_ULONG max)
{
	struct store *s = c->device->store;
	CK_ULONG n = 0;

	if (lock_take(&s->lock) != CKR_OK)
		return 0;
	for (size_t i = 0; i < s->n_searches; i++) {
		struct search *search = &s->searches[i];

		while (search->session == c->session && n < max &&
		    search->next < search->n)
			o[n++] = search->v[search->next++];
	}
	lock_give(&s->lock);
	return n;
}
