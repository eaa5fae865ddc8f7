/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "mdoc/session/encrypt.h"

#define COUNTER_AT 8

/* identifier (reader 00..00, mdoc 00..01) || counter, from 1 (12.2) */
static bool
next_nonce(struct encrypt *e, uint8_t nonce[AEAD_NONCE_LEN])
{
	if (e->counter == UINT32_MAX)
		return false;
	e->counter++;
	memset(nonce, 0, AEAD_NONCE_LEN);
	nonce[COUNTER_AT - 1] = e->sender == ENCRYPT_DEVICE;
	nonce[COUNTER_AT] = (uint8_t)(e->counter >> 24);
	nonce[COUNTER_AT + 1] = (uint8_t)(e->counter >> 16);
	nonce[COUNTER_AT + 2] = (uint8_t)(e->counter >> 8);
	nonce[COUNTER_AT + 3] = (uint8_t)e->counter;
	return true;
}

enum encrypt_result
encrypt_seal(struct encrypt *e, struct aead *a, struct bytes in, uint8_t *out)
{
	uint8_t nonce[AEAD_NONCE_LEN];

	if (!next_nonce(e, nonce))
		return ENCRYPT_EXHAUSTED;
	if (!aead_seal(a, blob_bytes(&e->key), nonce, in, out))
		return ENCRYPT_FAILED;
	return ENCRYPT_OK;
}

enum encrypt_result
encrypt_open(struct encrypt *e, struct aead *a, struct bytes in, uint8_t *out)
{
	uint8_t nonce[AEAD_NONCE_LEN];

	if (!next_nonce(e, nonce))
		return ENCRYPT_EXHAUSTED;
	if (in.len < AEAD_TAG_LEN ||
	    !aead_open(a, blob_bytes(&e->key), nonce, in, out))
		return ENCRYPT_FAILED;
	return ENCRYPT_OK;
}

void
encrypt_reset(struct encrypt *e)
{
	blob_reset(&e->key);
}
