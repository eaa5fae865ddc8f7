/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * key-derive: a device opens the first message of a reader (18013-5 12.2.3)
 * with an EDeviceKey in a token: SKReader becomes a key object there.
 *
 *	key-derive MODULE PIN-FILE LABEL TRANSCRIPT <MESSAGE >PLAIN
 * The first token. LABEL: of the private key. TRANSCRIPT: a file of
 * SessionTranscriptBytes. Says which key path was taken.
 */
#include <stdio.h>
#include <string.h>

#include <p11-kit/p11-kit.h>

#include <p11-mdoc/pkcs11-mdoc.h>

static CK_BYTE pin[64], transcript[65536], message[65536], plain[65536];

static CK_ULONG
read_file(FILE *f, CK_BYTE *to, size_t size)
{
	return f != NULL ? fread(to, 1, size, f) : 0;
}

static CK_RV
find(CK_FUNCTION_LIST *f, CK_SESSION_HANDLE session, char *label,
    CK_OBJECT_HANDLE *ret)
{
	CK_OBJECT_CLASS private = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE want[] = { { CKA_CLASS, &private, sizeof private },
		{ CKA_LABEL, label, strlen(label) } };
	CK_ULONG n = 0;
	CK_RV rv = f->C_FindObjectsInit(session, want, 2);

	if (rv == CKR_OK && (rv = f->C_FindObjects(session, ret, 1, &n)) == 0)
		rv = f->C_FindObjectsFinal(session);
	return rv == CKR_OK && n == 0 ? CKR_KEY_HANDLE_INVALID : rv;
}

static CK_RV
open_message(CK_FUNCTION_LIST *f, CK_SESSION_HANDLE session,
    CK_OBJECT_HANDLE device_key, CK_ULONG transcript_len)
{
	/* No peer key: the reader's is in the transcript. */
	CK_MDOC_KEY_DERIVE_PARAMS how = { CK_MDOC_PARAMS_VERSION,
		MDOC_ROLE_SKREADER, NULL, 0, transcript, transcript_len };
	CK_MECHANISM derive = { CKM_MDOC_KEY_DERIVE, &how, sizeof how };
	CK_BYTE iv[12] = { [11] = 1 }; /* the reader's first */
	CK_GCM_PARAMS tag = { iv, sizeof iv, sizeof iv * 8, NULL, 0, 128 };
	CK_MECHANISM gcm = { CKM_AES_GCM, &tag, sizeof tag };
	CK_ULONG path = 0, len = sizeof plain;
	CK_ATTRIBUTE taken = { CKA_MDOC_KEY_PATH, &path, sizeof path };
	CK_OBJECT_HANDLE sk_reader;
	CK_RV rv;

	rv = f->C_DeriveKey(session, &derive, device_key, NULL, 0, &sk_reader);
	if (rv == CKR_OK)
		rv = f->C_GetAttributeValue(session, sk_reader, &taken, 1);
	if (rv == CKR_OK)
		rv = f->C_DecryptInit(session, &gcm, sk_reader);
	if (rv == CKR_OK)
		rv = f->C_Decrypt(session, message,
		    read_file(stdin, message, sizeof message), plain, &len);
	if (rv == CKR_OK && fwrite(plain, 1, len, stdout) == len)
		fprintf(stderr, "path %c\n", (char)path);
	return rv;
}

int
main(int argc, char **argv)
{
	CK_FUNCTION_LIST *f = NULL;
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE key;
	CK_ULONG slots_n = 16, n;
	CK_SLOT_ID slots[16];
	CK_RV rv;

	if (argc != 5) {
		fputs("usage: MODULE PIN-FILE LABEL TRANSCRIPT\n", stderr);
		return 2;
	}
	f = p11_kit_module_load(argv[1], 0);
	if (f == NULL || p11_kit_module_initialize(f) != CKR_OK)
		return 1; /* p11-kit said why */
	(void)read_file(fopen(argv[2], "r"), pin, sizeof pin - 1);
	n = read_file(fopen(argv[4], "r"), transcript, sizeof transcript);
	if ((rv = f->C_GetSlotList(CK_TRUE, slots, &slots_n)) == CKR_OK &&
	    (rv = f->C_OpenSession(slots[0], CKF_SERIAL_SESSION, NULL, NULL,
		 &session)) == CKR_OK &&
	    (rv = f->C_Login(session, CKU_USER, pin,
		 strcspn((char *)pin, "\n"))) == CKR_OK &&
	    (rv = find(f, session, argv[3], &key)) == CKR_OK)
		rv = open_message(f, session, key, n);
	if (rv != CKR_OK)
		fprintf(stderr, "%s\n", p11_kit_strerror(rv));
	p11_kit_module_finalize(f);
	p11_kit_module_release(f);
	return rv != CKR_OK;
}
