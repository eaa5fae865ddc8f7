/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * device-mac: the device MAC of an mdoc through plain PKCS#11, as any program
 * can do it; p11-kit loads the module and understands the URI.
 *
 *	device-mac MODULE 'pkcs11:token=wallet;object=dev-1' PIN-FILE <DATA >TAG
 *
 * DATA is DeviceAuthenticationBytes. Says which key path the token takes.
 */
#include <stdio.h>
#include <string.h>

#include <p11-kit/p11-kit.h>
#include <p11-kit/uri.h>

#include <p11-mdoc/pkcs11-mdoc.h>

static int
compute(CK_FUNCTION_LIST *f, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key)
{
	static CK_BYTE data[65536];
	CK_MECHANISM mechanism = { CKM_MDOC_DEVICE_MAC, NULL, 0 };
	CK_ULONG path = 0, tag_len = 32;
	CK_ATTRIBUTE attribute = { CKA_MDOC_KEY_PATH, &path, sizeof path };
	CK_BYTE tag[32];
	size_t n = fread(data, 1, sizeof data, stdin);
	CK_RV rv = f->C_SignInit(session, &mechanism, key);

	if (rv == CKR_OK)
		rv = f->C_Sign(session, data, n, tag, &tag_len);
	if (rv == CKR_OK)
		rv = f->C_GetAttributeValue(session, key, &attribute, 1);
	if (rv != CKR_OK)
		return fprintf(stderr, "device MAC: 0x%lx\n", rv), 1;
	fwrite(tag, 1, tag_len, stdout);
	fprintf(stderr, "path %c\n", (char)path);
	return 0;
}

static int
find_and_compute(CK_FUNCTION_LIST *f, P11KitUri *uri, char *pin)
{
	CK_ATTRIBUTE *label = p11_kit_uri_get_attribute(uri, CKA_LABEL);
	CK_OBJECT_CLASS private = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE want[2] = { { CKA_CLASS, &private, sizeof private } };
	CK_ULONG slots_n = 16, i, n = 0;
	CK_SLOT_ID slots[16];
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE key;
	CK_TOKEN_INFO info;

	if (f->C_GetSlotList(CK_TRUE, slots, &slots_n) != CKR_OK)
		slots_n = 0;
	for (i = 0; i < slots_n; i++)
		if (f->C_GetTokenInfo(slots[i], &info) == CKR_OK &&
		    p11_kit_uri_match_token_info(uri, &info))
			break;
	if (i == slots_n || label == NULL ||
	    f->C_OpenSession(slots[i], CKF_SERIAL_SESSION, NULL, NULL,
		&session) != CKR_OK) {
		fprintf(stderr, "no such token, or no object in the URI\n");
		return 1;
	}
	want[1] = *label;
	if (f->C_Login(session, CKU_USER, (CK_UTF8CHAR *)pin, strlen(pin)) ||
	    f->C_FindObjectsInit(session, want, 2) ||
	    f->C_FindObjects(session, &key, 1, &n) ||
	    f->C_FindObjectsFinal(session) || n == 0) {
		fprintf(stderr, "the login failed, or there is no such key\n");
		return 1;
	}
	return compute(f, session, key);
}

int
main(int argc, char **argv)
{
	P11KitUri *uri = p11_kit_uri_new();
	CK_FUNCTION_LIST *module = NULL;
	char pin[64] = "";
	FILE *f;
	int r;

	if (argc != 4 || p11_kit_uri_parse(argv[2], P11_KIT_URI_FOR_ANY, uri) ||
	    (f = fopen(argv[3], "r")) == NULL) {
		fprintf(stderr, "usage: device-mac MODULE URI PIN-FILE\n");
		return p11_kit_uri_free(uri), 2;
	}
	if (fgets(pin, sizeof pin, f) != NULL)
		pin[strcspn(pin, "\n")] = '\0';
	fclose(f);
	module = p11_kit_module_load(argv[1], 0);
	if (module == NULL || p11_kit_module_initialize(module) != CKR_OK)
		return 1; /* p11-kit said why */
	r = find_and_compute(module, uri, pin);
	p11_kit_module_finalize(module);
	p11_kit_module_release(module);
	p11_kit_uri_free(uri);
	return r;
}
