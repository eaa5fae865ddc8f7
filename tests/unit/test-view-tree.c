/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/diag.h"
#include "tests/support/vectors.h"
#include "tests/support/viewer.h"

/* +, `, | and ~ stand for the characters that are not ASCII. */
static const struct {
	const char *diag; /* or hex, where it is broken */
	const char *hex;
	size_t max_string;
	const char *want;
} cases[] = {
	{ "{\"version\": \"1.0\", \"documents\": [{\"docType\": \"d\", "
	  "\"issuerSigned\": {\"nameSpaces\": {\"n\": "
	  "[24(<<{\"digestID\": 7, \"random\": "
	  "h'000102030405060708090a0b0c0d0e0f', \"elementIdentifier\": "
	  "\"portrait\", \"elementValue\": h'ffd8ff00'}>>), "
	  "24(<<{\"digestID\": 1, \"random\": h'0001', "
	  "\"elementIdentifier\": \"list\", \"elementValue\": "
	  "[0(\"2020-01-01T00:00:00.5Z\"), 1004(\"2020-13-01\"), {1: "
	  "null}]}>>)]}, \"issuerAuth\": [<<{1: -7}>>, {33: h'3000'}, "
	  "null, h'00']}, \"deviceSigned\": {\"nameSpaces\": 24(<<{}>>), "
	  "\"deviceAuth\": {}}}], \"status\": 10}",
	    NULL, 8,
	    "0x0000 DeviceResponse  325 bytes\n"
	    "0x0009 + version = \"1.0\"\n"
	    "0x0017 + documents [1]\n"
	    "0x0018 | ` [0] Document\n"
	    "0x0021 |   + docType = \"d\"\n"
	    "0x0030 |   + issuerSigned {2}\n"
	    "0x003c |   | + nameSpaces {1}\n"
	    "0x003f |   | | ` n [2]\n"
	    "0x0040 |   | |   + portrait = <bstr 4 B JPEG>  digestID 7, random "
	    "00010203~ (16 B)\n"
	    "0x0094 |   | |   ` list [3]  digestID 1, random 0001 (2 B)\n"
	    "0x00d2 |   | |     + [0] = \"2020-01-\"~ (22 bytes) (tdate, "
	    "fraction of a second)\n"
	    "0x00ea |   | |     + [1] = \"2020-13-\"~ (10 bytes) (full-date, "
	    "not a date)\n"
	    "0x00f8 |   | |     ` [2] {1}\n"
	    "0x00fa |   | |       ` 1 = null\n"
	    "0x0106 |   | ` issuerAuth COSE_Sign1\n"
	    "0x0107 |   |   + protected {1}\n"
	    "0x010a |   |   | ` alg (1) = -7 (ES256)\n"
	    "0x010b |   |   + unprotected {1}\n"
	    "0x010e |   |   | ` x5chain (33) = <certificate 2 B> certificate "
	    "of 2 bytes\n"
	    "0x0111 |   |   + payload = null\n"
	    "0x0112 |   |   ` signature = h'00'\n"
	    "0x0121 |   ` deviceSigned {2}\n"
	    "0x012d |     + nameSpaces DeviceNameSpaces (tag 24)\n"
	    "0x013c |     ` deviceAuth {0}\n"
	    "0x0144 ` status = 10 (general error)\n" },
	{ "[h'000102', {1: 24(<<\"abc\">>)}, -18446744073709551616, 1.5, "
	  "NaN, (_ \"a\", \"b\"), [_ ], undefined, simple(9), true, "
	  "{\"long key \\u00fc\": 256(7)}]",
	    NULL, 0,
	    "0x0000 [11]  57 bytes\n"
	    "0x0001 + [0] = h'000102'\n"
	    "0x0005 + [1] {1}\n"
	    "0x0007 | ` 1 = \"abc\" (tag 24)\n"
	    "0x000e + [2] = -18446744073709551616\n"
	    "0x0017 + [3] = 1.5\n"
	    "0x001a + [4] = NaN\n"
	    "0x001d + [5] text string  ! indefinite length\n"
	    "0x001e | + [0] = \"a\"\n"
	    "0x0020 | ` [1] = \"b\"\n"
	    "0x0023 + [6] [0]  ! indefinite length\n"
	    "0x0025 + [7] = undefined\n"
	    "0x0026 + [8] = simple(9)\n"
	    "0x0027 + [9] = true\n"
	    "0x0028 ` [10] {1}\n"
	    "0x0035   ` \"long key ü\" = 7 (tag 256)\n"
	    "2 defects:\n"
	    "0x001d   ! indefinite length\n"
	    "0x0023   ! indefinite length\n" },
	{ "{0: \"1.0\", 1: [1, 24(<<{1: 2, -1: 1}>>)], 2: [[2, 1, {0: "
	  "false}]]}",
	    NULL, 0,
	    "0x0000 DeviceEngagement  25 bytes\n"
	    "0x0002 + version (0) = \"1.0\"\n"
	    "0x0007 + security (1) [2]\n"
	    "0x0008 | + cipher suite = 1\n"
	    "0x0009 | ` EDeviceKeyBytes COSE_Key (tag 24)\n"
	    "0x000e |   + kty (1) = 2 (EC2)\n"
	    "0x0010 |   ` crv (-1) = 1 (P-256)\n"
	    "0x0012 ` deviceRetrievalMethods (2) [1]\n"
	    "0x0013   ` [0] DeviceRetrievalMethod\n"
	    "0x0014     + type = 2 (BLE)\n"
	    "0x0015     + version = 1\n"
	    "0x0016     ` options BleOptions\n"
	    "0x0018       ` peripheral server mode (0) = false\n" },
	{ NULL, "bf1801020103ff00", 0,
	    "0x0000 {2}  ! indefinite length  8 bytes\n"
	    "0x0003 + 1 = 2  ! head longer than necessary\n"
	    "0x0005 ` 1 = 3  ! duplicate map key\n"
	    "4 defects:\n"
	    "0x0000   ! indefinite length\n"
	    "0x0001   ! head longer than necessary\n"
	    "0x0004   ! duplicate map key\n"
	    "0x0007   ! trailing bytes\n" },
	{ NULL, "a2016161", 0,
	    "0x0000 {1 of 2}  4 bytes\n"
	    "0x0002 ` 1 = \"a\"  ! truncated\n"
	    "1 defect:\n"
	    "0x0004   ! truncated\n" },
	{ NULL, "a16161", 0,
	    "0x0000 {0 of 1}  3 bytes\n"
	    "0x0001 ` a  ! truncated\n"
	    "1 defect:\n"
	    "0x0003   ! truncated\n" },
	{ NULL, "c1", 0,
	    "0x0000 tag  ! truncated  1 byte\n"
	    "1 defect:\n"
	    "0x0001   ! truncated\n" },
	{ NULL, "", 0,
	    "1 defect:\n"
	    "0x0000   ! truncated\n" },
	{ NULL, "a461ff01f5028101f940000381d9010001", 0,
	    "0x0000 {4}  17 bytes\n"
	    "0x0003 + \"\\ufffd\" = 1  ! not UTF-8\n"
	    "0x0005 + true = 2\n"
	    "0x0008 + <array> = 2.0\n"
	    "0x000c ` 3 [1]\n"
	    "0x000d   ` [0] = 1 (tag 256)\n"
	    "1 defect:\n"
	    "0x0002   ! not UTF-8\n" },
	{ NULL, "d81842a101", 0,
	    "0x0000 {0 of 1} (tag 24)  5 bytes\n"
	    "0x0004 ` 1  ! truncated\n"
	    "1 defect:\n"
	    "0x0005   ! truncated\n" },
};

/* Lines and dots of ASCII, in place. */
static char *
ascii(struct blob *text)
{
	static const struct {
		const char *utf8;
		char c;
	} marks[] = {
		{ "\xe2\x94\x9c", '+' },
		{ "\xe2\x94\x94", '`' },
		{ "\xe2\x94\x82", '|' },
		{ "\xe2\x80\xa6", '~' },
	};

	char *p;

	for (size_t i = 0; i < nitems(marks); i++) {
		while ((p = strstr((char *)text->ptr, marks[i].utf8)) != NULL) {
			*p = marks[i].c;
			memmove(p + 1, p + 3, strlen(p + 3) + 1);
		}
	}
	return (char *)text->ptr;
}

static void
test_cases(void **state)
{
	struct blob in = BLOB_INIT, out = BLOB_INIT;

	(void)state;
	for (size_t i = 0; i < nitems(cases); i++) {
		if (cases[i].diag != NULL)
			diag(cases[i].diag, &in);
		else
			vectors_hex(cases[i].hex, &in);
		viewer_text(blob_bytes(&in), view_tree, cases[i].max_string,
		    &out, NULL);
		assert_string_equal(ascii(&out), cases[i].want);
	}
	blob_reset(&in);
	blob_reset(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
