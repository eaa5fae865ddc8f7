/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "module/device/handle.h"
#include "module/device/mechparam.h"

/*
 * A parameter is a row of words: numbers, pointers and handles have the same
 * size, and CK_BBOOLs before one of those are padded to it. So a place in it
 * is the number of a word, and no structure that a header may lack is needed.
 */
_Static_assert(sizeof(CK_ULONG) == sizeof(void *), "words");

#define MAX_HANDLES 4

struct mechparam_layout {
	CK_MECHANISM_TYPE type;
	unsigned char words;
	unsigned char n; /* handles that the device reads: */
	unsigned char handle[MAX_HANDLES];
	/* Pointer to a structure that begins with n_out new handles; 0: none */
	unsigned char out;
	unsigned char n_out;
	/* Pointers to arrays, each after its count; 0: none */
	unsigned char data; /* of CK_PRF_DATA_PARAM */
	unsigned char keys; /* of CK_DERIVED_KEY */
};

#define NSS(n) (CKM_VENDOR_DEFINED | (0x4e534350UL + (n)))

/* Numbers of 3.0, which p11-kit 0.24 does not have, are in pkcs11t.h. */
static const struct mechparam_layout layouts[] = {
	/* CKM_X9_42_DH_HYBRID_DERIVE, CKM_X9_42_MQV_DERIVE */
	{ 0x32, 9, 1, { 6 }, 0, 0, 0, 0 },
	{ 0x33, 10, 2, { 6, 9 }, 0, 0, 0, 0 },
	/* CKM_CONCATENATE_BASE_AND_KEY */
	{ 0x360, 1, 1, { 0 }, 0, 0, 0, 0 },
	/* CKM_SSL3_KEY_AND_MAC_DERIVE and those of TLS, TLS 1.2 (two), NSS */
	{ 0x372, 9, 0, { 0 }, 8, 4, 0, 0 },
	{ 0x376, 9, 0, { 0 }, 8, 4, 0, 0 },
	{ 0x3e1, 10, 0, { 0 }, 8, 4, 0, 0 },
	{ 0x3e3, 10, 0, { 0 }, 8, 4, 0, 0 },
	{ NSS(23), 9, 0, { 0 }, 8, 4, 0, 0 },
	/* CKM_SP800_108_COUNTER_KDF, _FEEDBACK_KDF, _DOUBLE_PIPELINE_KDF */
	{ 0x3ac, 5, 0, { 0 }, 0, 0, 2, 4 },
	{ 0x3ad, 7, 0, { 0 }, 0, 0, 2, 6 },
	{ 0x3ae, 5, 0, { 0 }, 0, 0, 2, 4 },
	/* ... as NSS has them for data */
	{ NSS(42), 5, 0, { 0 }, 0, 0, 2, 4 },
	{ NSS(43), 7, 0, { 0 }, 0, 0, 2, 6 },
	{ NSS(44), 5, 0, { 0 }, 0, 0, 2, 4 },
	/* CKM_WTLS_SERVER_KEY_AND_MAC_DERIVE, CKM_WTLS_CLIENT_... */
	{ 0x3d4, 11, 0, { 0 }, 10, 2, 0, 0 },
	{ 0x3d5, 11, 0, { 0 }, 10, 2, 0, 0 },
	/* CKM_CMS_SIG; CKM_KIP_DERIVE, _WRAP, _MAC */
	{ 0x500, 8, 1, { 0 }, 0, 0, 0, 0 },
	{ 0x510, 4, 1, { 1 }, 0, 0, 0, 0 },
	{ 0x511, 4, 1, { 1 }, 0, 0, 0, 0 },
	{ 0x512, 4, 1, { 1 }, 0, 0, 0, 0 },
	/* CKM_ECMQV_DERIVE */
	{ 0x1052, 10, 2, { 6, 9 }, 0, 0, 0, 0 },
	/* CKM_X3DH_INITIALIZE, _RESPOND; CKM_X2RATCHET_INITIALIZE, _RESPOND */
	{ 0x4023, 7, 4, { 1, 2, 5, 6 }, 0, 0, 0, 0 },
	{ 0x4024, 6, 1, { 4 }, 0, 0, 0, 0 },
	{ 0x4025, 8, 3, { 1, 2, 3 }, 0, 0, 0, 0 },
	{ 0x4026, 8, 3, { 1, 2, 3 }, 0, 0, 0, 0 },
	/* CKM_HKDF_DERIVE, CKM_HKDF_DATA */
	{ 0x402a, 8, 1, { 5 }, 0, 0, 0, 0 },
	{ 0x402b, 8, 1, { 5 }, 0, 0, 0, 0 },
	/* CKM_IKE2_PRF_PLUS_DERIVE, CKM_IKE_PRF_DERIVE */
	{ 0x402e, 5, 1, { 2 }, 0, 0, 0, 0 },
	{ 0x402f, 7, 1, { 6 }, 0, 0, 0, 0 },
	/* CKM_IKE1_PRF_DERIVE, CKM_IKE1_EXTENDED_DERIVE */
	{ 0x4030, 9, 2, { 2, 3 }, 0, 0, 0, 0 },
	{ 0x4031, 5, 1, { 2 }, 0, 0, 0, 0 },
	/* ... as NSS had them first */
	{ NSS(34), 5, 1, { 2 }, 0, 0, 0, 0 },
	{ NSS(35), 7, 1, { 6 }, 0, 0, 0, 0 },
	{ NSS(36), 9, 2, { 2, 3 }, 0, 0, 0, 0 },
	{ NSS(37), 5, 1, { 2 }, 0, 0, 0, 0 },
};

/* CK_PRF_DATA_PARAM with CK_SP800_108_KEY_HANDLE; CK_DERIVED_KEY */
#define DATA_KEY_HANDLE 5UL

struct data_param {
	CK_ULONG type;
	void *value;
	CK_ULONG len;
};

struct derived_key {
	CK_ATTRIBUTE *template;
	CK_ULONG n;
	CK_OBJECT_HANDLE *ret;
};

/* Not every device minds what comes after the parameter that it reads. */
static const struct mechparam_layout *
begins_as(const CK_MECHANISM *m)
{
	for (size_t i = 0; i < nitems(layouts); i++)
		if (layouts[i].type == m->mechanism)
			return m->pParameter != NULL &&
				m->ulParameterLen >=
				    layouts[i].words * sizeof(CK_ULONG)
			    ? &layouts[i]
			    : NULL;
	return NULL;
}

/* A parameter of another length is not what the table knows: unchanged. */
static const struct mechparam_layout *
layout_of(const CK_MECHANISM *m)
{
	const struct mechparam_layout *l = begins_as(m);

	return l != NULL && m->ulParameterLen == l->words * sizeof(CK_ULONG)
	    ? l
	    : NULL;
}

static void *
pointer_at(const struct mechparam *p, size_t word)
{
	void *pointer;

	memcpy(&pointer, &p->words[word], sizeof(pointer));
	return pointer;
}

/* Keys among the data of a KDF: new arrays, with the device's handles. */
static CK_RV
data_down(const struct device *d, struct mechparam *p)
{
	CK_ULONG n = p->words[p->layout->data - 1];
	const struct data_param *data = pointer_at(p, p->layout->data);
	struct data_param *copy;
	CK_OBJECT_HANDLE *handles;
	bool any = false;

	for (CK_ULONG i = 0; data != NULL && i < n; i++)
		any = any || data[i].type == DATA_KEY_HANDLE;
	if (!any)
		return CKR_OK;
	copy = calloc(n, sizeof(*copy) + sizeof(*handles));
	if (copy == NULL)
		return CKR_HOST_MEMORY;
	p->extra = copy;
	handles = (CK_OBJECT_HANDLE *)(void *)(copy + n);
	memcpy(copy, data, n * sizeof(*copy));
	for (CK_ULONG i = 0; i < n; i++) {
		if (copy[i].type != DATA_KEY_HANDLE || copy[i].value == NULL ||
		    copy[i].len != sizeof(*handles))
			continue;
		memcpy(&handles[i], copy[i].value, sizeof(*handles));
		handles[i] = handle_down(d, handles[i]);
		copy[i].value = &handles[i];
	}
	memcpy(&p->words[p->layout->data], &p->extra, sizeof(void *));
	return CKR_OK;
}

CK_RV
mechparam_copy(const struct device *d, CK_MECHANISM *m, struct mechparam *p)
{
	const struct mechparam_layout *l = layout_of(m);
	CK_RV rv = CKR_OK;

	if (l == NULL)
		return CKR_OK;
	p->layout = l;
	p->extra = NULL;
	memcpy(p->words, m->pParameter, m->ulParameterLen);
	for (size_t i = 0; i < l->n; i++)
		p->words[l->handle[i]] = handle_down(d, p->words[l->handle[i]]);
	if (l->data != 0)
		rv = data_down(d, p);
	p->copy = *m;
	p->copy.pParameter = p->words;
	p->m = &p->copy;
	return rv;
}

/* n handles in memory of the application, which need not be aligned. */
static CK_RV
handles_up(const struct device *d, void *to, size_t n)
{
	unsigned char *at = to;
	CK_OBJECT_HANDLE h;
	CK_RV rv = CKR_OK;

	for (size_t i = 0; rv == CKR_OK && at != NULL && i < n;
	     i++, at += sizeof(h)) {
		memcpy(&h, at, sizeof(h));
		rv = handle_up(d, &h);
		memcpy(at, &h, sizeof(h));
	}
	return rv;
}

static CK_RV
keys_up(const struct device *d, const struct mechparam *p)
{
	CK_ULONG n = p->words[p->layout->keys - 1];
	const struct derived_key *keys = pointer_at(p, p->layout->keys);
	CK_RV rv = CKR_OK;

	for (CK_ULONG i = 0; rv == CKR_OK && keys != NULL && i < n; i++)
		rv = handles_up(d, keys[i].ret, 1);
	return rv;
}

CK_RV
mechparam_end(const struct device *d, struct mechparam *p, CK_RV rv)
{
	const struct mechparam_layout *l = p->layout;

	if (rv == CKR_OK && l->out != 0)
		rv = handles_up(d, pointer_at(p, l->out), l->n_out);
	if (rv == CKR_OK && l->keys != 0)
		rv = keys_up(d, p);
	free(p->extra);
	return rv;
}

CK_RV
mechparam_keys(const CK_MECHANISM *m, CK_OBJECT_HANDLE **ret, size_t *ret_n)
{
	const struct mechparam_layout *l = m != NULL ? begins_as(m) : NULL;
	struct mechparam p = { .layout = l };
	const struct data_param *data = NULL;
	CK_OBJECT_HANDLE *keys;
	CK_ULONG n_data = 0;
	size_t n = 0;

	*ret = NULL;
	*ret_n = 0;
	if (l == NULL)
		return CKR_OK;
	memcpy(p.words, m->pParameter, l->words * sizeof(CK_ULONG));
	if (l->data != 0)
		data = pointer_at(&p, l->data);
	if (data != NULL)
		n_data = p.words[l->data - 1];
	if (n_data > SIZE_MAX - MAX_HANDLES)
		return CKR_HOST_MEMORY;
	keys = calloc(MAX_HANDLES + n_data, sizeof(*keys));
	if (keys == NULL)
		return CKR_HOST_MEMORY;
	for (size_t i = 0; i < l->n; i++)
		keys[n++] = p.words[l->handle[i]];
	for (CK_ULONG i = 0; i < n_data; i++)
		if (data[i].type == DATA_KEY_HANDLE && data[i].value != NULL &&
		    data[i].len == sizeof(*keys))
			memcpy(&keys[n++], data[i].value, sizeof(*keys));
	*ret = keys;
	*ret_n = n;
	return CKR_OK;
}
