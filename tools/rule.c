/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "rule.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
	const char *name;
	unsigned bit;
} purposes[] = { { "device", MDOC_KEY_FOR_DEVICE },
	{ "reader", MDOC_KEY_FOR_READER }, { "issuer", MDOC_KEY_FOR_ISSUER } };

/* For people, and for programs. */
static const struct {
	const char *text;
	const char *name;
} methods[] = {
	[MDOC_KEY_METHOD_ANY] = { NULL, "any" },
	[MDOC_KEY_METHOD_ONE] = { "MAC or signature, not used yet", "one" },
	[MDOC_KEY_METHOD_SIGNATURE] = { "signature only", "signature" },
	[MDOC_KEY_METHOD_MAC] = { "MAC only", "mac" },
};

static bool
purposes_parse(const char *text, unsigned *ret)
{
	size_t i, len;

	*ret = 0;
	do {
		len = strcspn(text, ",");
		for (i = 0; i < N(purposes); i++) {
			if (len == strlen(purposes[i].name) &&
			    !strncmp(text, purposes[i].name, len))
				break;
		}
		if (i == N(purposes))
			return false;
		*ret |= purposes[i].bit;
		text += len;
	} while (*text++ == ',');
	return true;
}

static bool
uses_parse(const char *text, long *ret)
{
	char *end;

	errno = 0;
	*ret = strtol(text, &end, 10);
	return errno == 0 && end != text && *end == '\0' && *ret > 0;
}

int
rule_parse(struct cli *c, struct rule *ret)
{
	const char *purpose = cli_get(c, "purpose");
	const char *uses = cli_get(c, "uses"), *type;
	size_t n = 0;

	*ret = (struct rule){ .rule = { .uses = -1 } };
	while ((type = cli_get_nth(c, "doc-type", n)) != NULL)
		ret->doc_types[n++] = type;
	if (n > 0)
		ret->rule.doc_types = ret->doc_types;
	if (cli_has(c, "one-method"))
		ret->rule.method = MDOC_KEY_METHOD_ONE;
	if (uses != NULL && !uses_parse(uses, &ret->rule.uses))
		return cli_usage(c, "--uses: a number from 1");
	if (purpose != NULL && !purposes_parse(purpose, &ret->rule.purpose))
		return cli_usage(c,
		    "--purpose: device, reader, issuer, or several of them");
	if (purpose == NULL &&
	    (n > 0 || uses != NULL || cli_has(c, "one-method")))
		return cli_usage(c, "--purpose is needed to bind a key");
	return CLI_OK;
}

/* The next docType; false at the end. */
static bool
next_type(mdoc_bytes *list, mdoc_bytes *ret)
{
	const unsigned char *end;

	if (list->len == 0)
		return false;
	end = memchr(list->ptr, 0, list->len);
	ret->ptr = list->ptr;
	ret->len = end != NULL ? (size_t)(end - list->ptr) : list->len;
	list->len -= ret->len + (end != NULL);
	list->ptr += ret->len + (end != NULL);
	return true;
}

void
rule_print(const mdoc_key_info *info)
{
	mdoc_bytes list = info->doc_types, type;
	const char *between = "";

	for (size_t i = 0; i < N(purposes); i++) {
		if ((info->purpose & purposes[i].bit) == 0)
			continue;
		printf("%s%s", between, purposes[i].name);
		between = ", ";
	}
	while (next_type(&list, &type)) {
		printf(", docType ");
		cli_put_text(stdout, type);
	}
	if (info->method >= N(methods))
		printf(", neither MAC nor signature");
	else if (methods[info->method].text != NULL)
		printf(", %s", methods[info->method].text);
	if (info->uses_left >= 0)
		printf(", %ld uses left", info->uses_left);
}

void
rule_json(const mdoc_key_info *info, json_t *key)
{
	mdoc_bytes list = info->doc_types, type;
	json_t *names = json_array(), *types = json_array();

	for (size_t i = 0; i < N(purposes); i++)
		if ((info->purpose & purposes[i].bit) != 0)
			json_array_append_new(names,
			    json_string(purposes[i].name));
	while (next_type(&list, &type))
		json_array_append_new(types, cli_json_text(type));
	json_object_set_new(key, "purpose", names);
	if (info->purpose != 0 && info->doc_types.len > 0)
		json_object_set(key, "docTypes", types);
	if (info->purpose != 0)
		json_object_set_new(key, "method",
		    json_string(info->method < N(methods)
			    ? methods[info->method].name
			    : "none"));
	if (info->purpose != 0 && info->uses_left >= 0)
		json_object_set_new(key, "usesLeft",
		    json_integer(info->uses_left));
	json_decref(types);
}
