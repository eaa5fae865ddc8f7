/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * remote-mac: the device MAC of an mdoc with a key behind "p11-kit server",
 * which carries attributes but neither vendor mechanisms nor key agreement.
 * EMacKey is created by saying what it is derived from; HMAC does the rest.
 *
 *	remote-mac MODULE PIN-FILE KEY-ID TRANSCRIPT <MAC-STRUCTURE >TAG
 *
 * MODULE: p11-kit-client.so, its first token. KEY-ID: CKA_ID in hex.
 * TRANSCRIPT: a file of SessionTranscriptBytes. MAC-STRUCTURE: RFC 9052 6.3,
 * over DeviceAuthenticationBytes. Says which path the other end has taken.
 */
#include <stdio.h>
#include <string.h>

#include <p11-kit/p11-kit.h>

#include <p11-mdoc/pkcs11-mdoc.h>

static CK_BYTE pin[64], id[32], transcript[65536], data[65536];

static CK_ULONG
read_file(FILE *f, CK_BYTE *to, size_t size)
{
	return f != NULL ? fread(to, 1, size, f) : 0;
}

static CK_RV
compute(CK_FUNCTION_LIST *f, CK_SESSION_HANDLE session, CK_ATTRIBUTE *key_id,
    CK_ATTRIBUTE *transcript_bytes, CK_ULONG data_len)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_ULONG role = MDOC_ROLE_EMACKEY, path = 0, tag_len = 32;
	CK_ATTRIBUTE emac_key[] = { { CKA_CLASS, &class, sizeof class },
		{ CKA_MDOC_ROLE, &role, sizeof role }, *key_id,
		*transcript_bytes };
	CK_ATTRIBUTE taken = { CKA_MDOC_KEY_PATH, &path, sizeof path };
	CK_MECHANISM hmac = { CKM_SHA256_HMAC, NULL, 0 };
	CK_OBJECT_HANDLE key;
	CK_BYTE tag[32];
	CK_RV rv = f->C_CreateObject(session, emac_key, 4, &key);

	if (rv == CKR_OK)
		rv = f->C_GetAttributeValue(session, key, &taken, 1);
	if (rv == CKR_OK)
		rv = f->C_SignInit(session, &hmac, key);
	if (rv == CKR_OK)
		rv = f->C_Sign(session, data, data_len, tag, &tag_len);
	if (rv != CKR_OK)
		return rv;
	fwrite(tag, 1, tag_len, stdout);
	fprintf(stderr, "path %c\n", (char)path);
	return f->C_DestroyObject(session, key);
}

int
main(int argc, char **argv)
{
	CK_ATTRIBUTE key_id = { CKA_MDOC_KEY_ID, id, 0 };
	CK_ATTRIBUTE bytes = { CKA_MDOC_SESSION_TRANSCRIPT, transcript, 0 };
	CK_FUNCTION_LIST *f = NULL;
	CK_SESSION_HANDLE session;
	CK_ULONG slots_n = 16;
	CK_SLOT_ID slots[16];
	CK_RV rv;

	if (argc != 5) {
		fprintf(stderr,
		    "usage: remote-mac MODULE PIN-FILE KEY-ID "
		    "TRANSCRIPT <MAC-STRUCTURE >TAG\n");
		return 2;
	}
	(void)read_file(fopen(argv[2], "r"), pin, sizeof pin - 1);
	while (key_id.ulValueLen < sizeof id &&
	    sscanf(argv[3], "%2hhx", &id[key_id.ulValueLen]) == 1) {
		key_id.ulValueLen++;
		argv[3] += 2;
	}
	bytes.ulValueLen =
	    read_file(fopen(argv[4], "r"), transcript, sizeof transcript);
	f = p11_kit_module_load(argv[1], 0);
	if (f == NULL || p11_kit_module_initialize(f) != CKR_OK)
		return 1; /* p11-kit said why */
	rv = f->C_GetSlotList(CK_TRUE, slots, &slots_n);
	if (rv == CKR_OK)
		rv = f->C_OpenSession(slots[0], CKF_SERIAL_SESSION, NULL, NULL,
		    &session);
	if (rv == CKR_OK)
		rv = f->C_Login(session, CKU_USER, pin,
		    strcspn((char *)pin, "\n"));
	if (rv == CKR_OK)
		rv = compute(f, session, &key_id, &bytes,
		    read_file(stdin, data, sizeof data));
	if (rv != CKR_OK)
		fprintf(stderr, "%s\n", p11_kit_strerror(rv));
	p11_kit_module_finalize(f);
	p11_kit_module_release(f);
	return rv != CKR_OK;
}
