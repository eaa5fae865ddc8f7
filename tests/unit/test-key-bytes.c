/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "mdoc/crypto/key-bytes.h"
#include "mdoc/crypto/pem.h"
#include "mdoc/crypto/sigver.h"
#include "tests/support/expect.h"
#include "tests/support/failmalloc.h"
#include "tests/support/vectors.h"

static mdoc_ctx *c;
static char folder[64];

static int
setup(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	if (tmp == NULL || strlen(tmp) > 32)
		tmp = "/tmp";
	(void)snprintf(folder, sizeof(folder), "%s/p11-mdoc-XXXXXX", tmp);
	return mkdtemp(folder) != NULL && mdoc_ctx_new(&c) == MDOC_OK ? 0 : -1;
}

static int
teardown(void **state)
{
	char command[128];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	mdoc_ctx_free(&c);
	return system(command);
}

static mdoc_bytes
text(const char *s)
{
	return (mdoc_bytes){ (const unsigned char *)s, strlen(s) };
}

/* P-256 key of the private number 1: its public point is the base point. */
#define D1   "0000000000000000000000000000000000000000000000000000000000000001"
#define GX   "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
#define GY   "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
#define P256 "06082a8648ce3d030107"
#define ECPK "06072a8648ce3d0201"

static const struct {
	const char *hex;
	bool is_private;
} good[] = {
	/* SEC 1, with and without the public key */
	{ "30770201010420" D1 "a00a" P256 "a14403420004" GX GY, true },
	{ "303 10201010420" D1 "a00a" P256, true },
	/* PKCS#8 */
	{ "304102010030 13" ECPK P256 "042730250201010420" D1, true },
	/* SubjectPublicKeyInfo */
	{ "30593013" ECPK P256 "03420004" GX GY, false },
	/* COSE_Key, compressed, with its private part */
	{ "a401022001215820" GX "225820" GY, false },
	{ "a401022001215820" GX "22f5", false },
	{ "a501022001215820" GX "225820" GY "235820" D1, true },
};

static void
test_forms(void **state)
{
	struct blob in = BLOB_INIT;
	mdoc_key *first = NULL, *key = NULL;

	(void)state;
	for (size_t i = 0; i < nitems(good); i++) {
		vectors_hex(good[i].hex, &in);
		expect_ok(c,
		    mdoc_key_from_bytes(c, to_public(blob_bytes(&in)), &key));
		assert_string_equal(mdoc_key_curve(key), "P-256");
		assert_int_equal(mdoc_key_is_private(key), good[i].is_private);
		assert_int_equal(key_point(key).ptr[0], 4);
		if (first == NULL)
			first = key;
		assert_true(mdoc_key_equal(first, key));
		if (key != first)
			mdoc_key_free(&key);
		key = NULL;
	}
	mdoc_key_free(&first);
	blob_reset(&in);
}

static void
test_refused(void **state)
{
	static const struct {
		const char *hex;
		int code;
		const char *text;
	} bad[] = {
		{ "", MDOC_E_KEY, "the input is empty" },
		{ "00", MDOC_E_KEY, "neither PEM nor DER nor a COSE_Key" },
		{ "3000", MDOC_E_KEY, "neither PEM nor DER" },
		{ "3003020100", MDOC_E_KEY, "not a private key" },
		{ "30310201010420" D1 "a00a" P256 "00", MDOC_E_KEY,
		    "1 bytes follow" },
		/* SEC 1: the public key of 1 with the private key 2 */
		{ "30770201010420"
		  "00000000000000000000000000000000000000000000000000000000"
		  "00000002a00a" P256 "a14403420004" GX GY,
		    MDOC_E_KEY, "do not belong together" },
		/* SPKI: not on the curve, neutral element, RSA, secp256k1 */
		{ "30593013" ECPK P256 "03420004" GX GX, MDOC_E_KEY,
		    "not a point of P-256" },
		{ "30193013" ECPK P256 "03020000", MDOC_E_KEY,
		    "not a point of P-256" },
		{ "3015300d06092a864886f70d0101010500030400300000", MDOC_E_KEY,
		    "another kind" },
		{ "30563010" ECPK "06052b8104000a03420004" GX GY, MDOC_E_KEY,
		    "another kind" },
		{ "30593013" ECPK P256 "03420104" GX GY, MDOC_E_KEY,
		    "not a SubjectPublicKeyInfo" },
		{ "a401022001215820" GX "225820" GX, MDOC_E_KEY,
		    "COSE_Key: the public key is not a point of P-256" },
		{ "a401022001215820" GX "225820" GY "00", MDOC_E_CBOR,
		    "COSE_Key: " },
		{ "a3010220012158 20" GX, MDOC_E_STRUCTURE, "y (-3)" },
		/* A private part that belongs to another point, or is 0 */
		{ "a501022001215820" GX "225820" GY "235820" GX, MDOC_E_KEY,
		    "do not belong together" },
		{ "a501022001215820" GX "225820" GY "235820"
		  "0000000000000000000000000000000000000000000000000000000000"
		  "000000",
		    MDOC_E_KEY, "not a private key on P-256" },
		/* The order of the group, and one more than the field */
		{ "a501022001215820" GX "225820" GY "235820"
		  "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc"
		  "632551",
		    MDOC_E_KEY, "not a private key on P-256" },
		{ "308201003003", MDOC_E_KEY, "neither PEM nor DER" },
		{ "30053003020100", MDOC_E_CERTIFICATE, "certificate: " },
	};
	struct blob in = BLOB_INIT;
	mdoc_key *key = NULL;

	(void)state;
	for (size_t i = 0; i < nitems(bad); i++) {
		vectors_hex(bad[i].hex, &in);
		expect_error(c,
		    mdoc_key_from_bytes(c, to_public(blob_bytes(&in)), &key),
		    bad[i].code, bad[i].text);
		assert_null(key);
	}
	expect_error(c, mdoc_key_from_bytes(c, (mdoc_bytes){ NULL, 0 }, &key),
	    MDOC_E_KEY, "empty");
	blob_reset(&in);
}

static void
test_pem(void **state)
{
	static const char encrypted[] =
	    "-----BEGIN EC PRIVATE KEY-----\n"
	    "Proc-Type: 4,ENCRYPTED\n"
	    "DEK-Info: AES-128-CBC,00000000000000000000000000000000\n\n"
	    "AAAA\n-----END EC PRIVATE KEY-----\n";
	static const char encrypted8[] =
	    "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n"
	    "-----END ENCRYPTED PRIVATE KEY-----\n";
	static const char crl[] =
	    "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n";
	static const char cut[] = "-----BEGIN PUBLIC KEY-----\nAAAA\n";
	mdoc_key *key = NULL;

	(void)state;
	expect_error(c, mdoc_key_from_bytes(c, text(encrypted), &key),
	    MDOC_E_KEY, "encrypted with a passphrase");
	expect_error(c, mdoc_key_from_bytes(c, text(encrypted8), &key),
	    MDOC_E_KEY, "encrypted with a passphrase");
	expect_error(c, mdoc_key_from_bytes(c, text(crl), &key), MDOC_E_KEY,
	    "no PEM block holds a key");
	expect_error(c, mdoc_key_from_bytes(c, text(cut), &key), MDOC_E_IO,
	    "PEM block 1 cannot be read");
	assert_null(key);
}

static bool
run(const char *what)
{
	char command[512];

	(void)snprintf(command, sizeof(command),
	    "cd '%s' && { %s; } >/dev/null 2>&1", folder, what);
	return system(command) == 0;
}

static void
open_file(const char *name, const char *curve, bool is_private)
{
	struct bytes part = bytes_str("message");
	uint8_t sig[CURVE_MAX_SIG];
	struct sigver_input in;
	mdoc_key *key = NULL;
	char path[128];
	size_t len;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	expect_ok(c, mdoc_key_open(c, path, &key));
	assert_string_equal(mdoc_key_curve(key), curve);
	assert_int_equal(mdoc_key_is_private(key), is_private);
	if (is_private && key_alg(key) != 0) {
		expect_ok(c, key_sign_raw(key, &part, 1, sig, &len));
		in = (struct sigver_input){ key_alg(key), &part, 1,
			bytes_of(sig, len) };
		assert_int_equal(sigver_cose(c->sigver, c->hasher,
				     key_curve(key), key_point(key), &in),
		    SIGVER_GOOD);
	}
	mdoc_key_free(&key);
}

/* Everything that openssl(1) writes. */
static void
test_openssl(void **state)
{
	static const struct {
		const char *curve;
		const char *algorithm;
	} list[] = {
		{ "P-256", "EC -pkeyopt ec_paramgen_curve:P-256" },
		{ "P-384", "EC -pkeyopt ec_paramgen_curve:P-384" },
		{ "P-521", "EC -pkeyopt ec_paramgen_curve:P-521" },
		{ "brainpoolP256r1",
		    "EC -pkeyopt ec_paramgen_curve:brainpoolP256r1" },
		{ "brainpoolP320r1",
		    "EC -pkeyopt ec_paramgen_curve:brainpoolP320r1" },
		{ "brainpoolP384r1",
		    "EC -pkeyopt ec_paramgen_curve:brainpoolP384r1" },
		{ "brainpoolP512r1",
		    "EC -pkeyopt ec_paramgen_curve:brainpoolP512r1" },
		{ "Ed25519", "ED25519" },
		{ "Ed448", "ED448" },
		{ "X25519", "X25519" },
		{ "X448", "X448" },
	};

	char command[128];

	(void)state;
	if (!run("openssl version")) {
		print_message("# skipped: openssl(1) is not here\n");
		skip();
	}
	for (size_t i = 0; i < nitems(list); i++) {
		(void)snprintf(command, sizeof(command),
		    "openssl genpkey -algorithm %s -out key.pem",
		    list[i].algorithm);
		assert_true(run(command));
		assert_true(run("openssl pkey -in key.pem -outform DER "
				"-out key.der && "
				"openssl pkey -in key.pem -pubout "
				"-out pub.pem && "
				"openssl pkey -in key.pem -pubout "
				"-outform DER -out pub.der"));
		open_file("key.pem", list[i].curve, true);
		open_file("key.der", list[i].curve, true);
		open_file("pub.pem", list[i].curve, false);
		open_file("pub.der", list[i].curve, false);
	}
	/* With EC PARAMETERS before it, the SEC 1 form, a compressed point */
	assert_true(run("openssl ecparam -name prime256v1 -genkey "
			"-out sec1.pem && "
			"openssl ec -in sec1.pem -conv_form compressed "
			"-out compressed.pem && "
			"openssl req -x509 -new -key sec1.pem -subj /CN=x "
			"-out cert.pem && "
			"cat cert.pem sec1.pem >both.pem"));
	open_file("sec1.pem", "P-256", true);
	open_file("compressed.pem", "P-256", true);
	open_file("cert.pem", "P-256", false);
	open_file("both.pem", "P-256", true);
}

static void
test_openssl_refused(void **state)
{
	static const struct {
		const char *command;
		const char *text;
	} list[] = {
		{ "openssl genrsa -out k.pem 2048", "another kind" },
		{ "openssl ecparam -name secp256k1 -genkey -noout -out k.pem",
		    "another kind" },
		{ "openssl ecparam -name prime256v1 -genkey -noout | "
		  "openssl ec -aes128 -passout pass:x -out k.pem",
		    "encrypted with a passphrase" },
		{ "openssl ecparam -name prime256v1 -genkey -noout | "
		  "openssl pkcs8 -topk8 -passout pass:x -out k.pem",
		    "encrypted with a passphrase" },
		/* Two keys: the first counts; none, if it is cut */
		{ "openssl ecparam -name prime256v1 -genkey -noout | "
		  "head -c 100 >k.pem",
		    "PEM block 1 cannot be read" },
	};

	mdoc_key *key = NULL;
	char path[128];

	(void)state;
	if (!run("openssl version"))
		skip();
	(void)snprintf(path, sizeof(path), "%s/k.pem", folder);
	for (size_t i = 0; i < nitems(list); i++) {
		assert_true(run(list[i].command));
		expect_error(c, mdoc_key_open(c, path, &key),
		    strstr(list[i].text, "block") ? MDOC_E_IO : MDOC_E_KEY,
		    list[i].text);
		/* With the name of the file */
		assert_non_null(strstr(mdoc_ctx_error(c), path));
		assert_null(key);
	}
}

static void
test_files(void **state)
{
	struct blob content = BLOB_INIT;
	char path[128];

	(void)state;
	expect_error(c, file_read(c, folder, &content), MDOC_E_IO,
	    "Is a directory");
	(void)snprintf(path, sizeof(path), "%s/big", folder);
	assert_true(run("head -c 4194305 /dev/zero >big"));
	expect_error(c, file_read(c, path, &content), MDOC_E_IO,
	    "longer than 4194304 bytes");
	assert_null(content.ptr);
	assert_true(run("head -c 4194304 /dev/zero >big"));
	expect_ok(c, file_read(c, path, &content));
	assert_int_equal(content.len, PEM_MAX_FILE);
	blob_reset(&content);
}

static void
test_memory(void **state)
{
	struct blob in = BLOB_INIT;
	mdoc_key *key = NULL;
	unsigned long n;
	int r;

	(void)state;
	for (size_t i = 0; i < nitems(good); i++) {
		vectors_hex(good[i].hex, &in);
		for (n = 1;; n++) {
			failmalloc_arm(n);
			r = mdoc_key_from_bytes(c, to_public(blob_bytes(&in)),
			    &key);
			if (!failmalloc_disarm())
				break;
			assert_int_equal(r, MDOC_E_MEMORY);
			assert_null(key);
		}
		assert_int_equal(r, MDOC_OK);
		mdoc_key_free(&key);
	}
	blob_reset(&in);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_pem),
		cmocka_unit_test(test_openssl),
		cmocka_unit_test(test_openssl_refused),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests_name("key-bytes", tests, setup, teardown);
}
