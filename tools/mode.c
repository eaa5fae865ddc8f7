/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <string.h>

#include "mode.h"

static const struct {
	char path;
	const char *text;
} explanations[] = {
	{ 'A', "path A (native HKDF): nothing leaves the token" },
	{ 'B', "path B (composed): nothing leaves the token" },
	{ 'C',
	    "path C (C_DigestKey): key and shared secret stay in the "
	    "token; PRK and EMacKey in memory, wiped" },
	{ 'D',
	    "path D (exported Z): the key stays in the token; shared "
	    "secret and EMacKey in memory, wiped" },
	{ 'S', "path S (signature): nothing leaves the token" },
	{ 'M', "path M: the key is in memory, not in a token" },
};

const char *
mode_explain(char path)
{
	for (size_t i = 0; i < sizeof explanations / sizeof explanations[0];
	     i++) {
		if (explanations[i].path == path)
			return explanations[i].text;
	}
	return "";
}

bool
mode_parse(const char *text, enum mdoc_device_auth *ret)
{
	static const char *const names[] = { [MDOC_DEVICE_AUTH_AUTO] = "auto",
		[MDOC_DEVICE_AUTH_SIGNATURE] = "signature",
		[MDOC_DEVICE_AUTH_MAC] = "mac" };

	if (text == NULL)
		text = "auto";
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (!strcmp(names[i], text)) {
			*ret = (enum mdoc_device_auth)i;
			return true;
		}
	}
	return false;
}
