/* SPDX-License-Identifier: BSD-3-Clause */
/* From what was tried to what a token can do. */
#include "config.h"

#include <string.h>

#include "doctor.h"

#define YES     "yes"
#define NO      "no"
#define UNKNOWN "unknown"

static const char *
text_of(const json_t *o, const char *member)
{
	const char *s = json_string_value(json_object_get(o, member));

	return s != NULL ? s : "";
}

static bool
is(const json_t *o, const char *member, const char *text)
{
	return !strcmp(text_of(o, member), text);
}

/* The line without what only the way to us needed. */
static json_t *
taken(const json_t *line, const char *device)
{
	json_t *o = json_copy((json_t *)(uintptr_t)line);

	json_object_del(o, "type");
	json_object_del(o, "id");
	doctor_explain(o, device);
	return o;
}

/* Is the reason that the curve is not there, or that nothing could be tried? */
static bool
lacks_curve(const json_t *generate)
{
	return is(generate, "error", "CKR_MECHANISM_INVALID") ||
	    is(generate, "error", "CKR_CURVE_NOT_SUPPORTED") ||
	    is(generate, "error", "CKR_DOMAIN_PARAMS_INVALID") ||
	    is(generate, "error", "CKR_KEY_SIZE_RANGE");
}

/* A stronger one, if only because there is one at all. */
static bool
is_better(const char *path, const char *than)
{
	return *path != '\0' && (*than == '\0' || *path < *than);
}

/* One more try counts for a capability. */
static void
count(json_t *capability, const json_t *one)
{
	const char *now = text_of(capability, "result");
	const char *path = text_of(one, "path");

	if (is(one, "result", YES)) {
		json_object_set_new(capability, "result", json_string(YES));
		if (is_better(path, text_of(capability, "path")))
			json_object_set_new(capability, "path",
			    json_string(path));
	} else if (is(one, "result", NO) && !strcmp(now, UNKNOWN)) {
		json_object_set_new(capability, "result", json_string(NO));
	}
}

/* Keys that were named and tried count as well: some tokens have no others. */
static void
count_keys(json_t *capability, json_t *curves, const json_t *keys)
{
	const char *id = text_of(capability, "id");
	json_t *line, *one, *copy;
	size_t i, j;

	json_array_foreach(keys, i, line)
	{
		json_array_foreach(json_object_get(line, "tried"), j, one)
		{
			if (!is(one, "id", id))
				continue;
			count(capability, one);
			copy = json_copy(one);
			json_object_del(copy, "id");
			json_object_set(copy, "curve",
			    json_object_get(line, "curve"));
			json_object_set(copy, "key",
			    json_object_get(line, "uri"));
			json_array_append_new(curves, copy);
		}
	}
}

static json_t *
judge_capability(const struct doctor_capability *k, const json_t *lines,
    const json_t *keys, const char *device)
{
	json_t *o = json_pack("{s:s,s:s,s:s}", "id", k->id, "name", k->text,
	    "result", UNKNOWN);
	json_t *curves = json_array(), *line;
	size_t i;

	json_array_foreach(lines, i, line)
	{
		if (!is(line, "type", "capability") || !is(line, "id", k->id))
			continue;
		count(o, line);
		json_array_append_new(curves, taken(line, device));
	}
	count_keys(o, curves, keys);
	json_object_set_new(o, "curves", curves);
	return o;
}

/* Lines of one type as an array, explained. */
static json_t *
all_of(const json_t *lines, const char *type, const char *device)
{
	json_t *a = json_array(), *line;
	size_t i;

	json_array_foreach(lines, i, line)
	{
		if (is(line, "type", type))
			json_array_append_new(a, taken(line, device));
	}
	return a;
}

static json_t *
last_of(const json_t *lines, const char *type, const char *member,
    const char *value)
{
	json_t *line, *found = NULL;
	size_t i;

	json_array_foreach(lines, i, line)
	{
		if (is(line, "type", type) &&
		    (member == NULL || is(line, member, value)))
			found = line;
	}
	return found;
}

static void
set_one(json_t *token, const char *member, const json_t *line,
    const char *device)
{
	if (line != NULL)
		json_object_set_new(token, member, taken(line, device));
}

/* The same numbers before and after: nothing stayed behind. */
static json_t *
judge_objects(const json_t *lines)
{
	json_t *before = last_of(lines, "objects", "when", "before");
	json_t *after = last_of(lines, "objects", "when", "after");
	json_t *o = json_object();

	if (json_object_get(before, "counts") == NULL)
		return o;
	json_object_set(o, "total", json_object_get(before, "total"));
	json_object_set(o, "counts", json_object_get(before, "counts"));
	if (json_object_get(after, "counts") != NULL)
		json_object_set_new(o, "unchanged",
		    json_boolean(json_equal(json_object_get(before, "counts"),
			json_object_get(after, "counts"))));
	return o;
}

/* What could not be made because no session key can be made was not tried. */
static json_t *
judge_generated(const json_t *lines, const char *device)
{
	json_t *all = all_of(lines, "generate", device), *one;
	size_t i;

	json_array_foreach(all, i, one)
	{
		if (is(one, "result", NO) && !lacks_curve(one) &&
		    json_object_get(one, "text") == NULL)
			json_object_set_new(one, "result",
			    json_string(UNKNOWN));
	}
	return all;
}

/*
 * Does the token make session key pairs at all? The first curve tells why not,
 * unless it is only that curve.
 */
static json_t *
judge_session_keys(const json_t *generated)
{
	const json_t *line, *first = NULL;
	json_t *o;
	size_t i;

	json_array_foreach(generated, i, line)
	{
		if (is(line, "result", YES))
			return json_pack("{s:s}", "result", YES);
		if (first == NULL && !lacks_curve(line))
			first = line;
	}
	if (first == NULL)
		return json_pack("{s:s}", "result", i > 0 ? NO : UNKNOWN);
	o = json_copy((json_t *)(uintptr_t)first);
	json_object_del(o, "curve");
	return o;
}

/* With why what was tried with them did not work. */
static json_t *
judge_keys(const json_t *lines, const char *device)
{
	json_t *keys = all_of(lines, "key", device), *key, *one;
	size_t i, j;

	json_array_foreach(keys, i, key)
	{
		json_array_foreach(json_object_get(key, "tried"), j, one)
		{
			doctor_explain(one, device);
		}
	}
	return keys;
}

static const char *const profiles[] = { "issuer", "reader", "wallet",
	"walletSignature", "walletMac", "walletMacStrict", "verifier" };

json_t *
doctor_judge(json_t *survey, const json_t *lines, const char *device)
{
	json_t *token = json_copy(survey), *capabilities = json_array();
	json_t *verdicts = json_object(), *generated;
	json_t *keys = judge_keys(lines, device);

	json_object_del(token, "type");
	json_object_del(token, "matches");
	set_one(token, "login", last_of(lines, "login", NULL, NULL), device);
	set_one(token, "failed", last_of(lines, "failed", NULL, NULL), device);
	json_object_set_new(token, "objects", judge_objects(lines));
	set_one(token, "random", last_of(lines, "random", NULL, NULL), device);
	set_one(token, "sessions", last_of(lines, "sessions", NULL, NULL),
	    device);
	generated = judge_generated(lines, device);
	json_object_set_new(token, "sessionKeys",
	    judge_session_keys(generated));
	json_object_set_new(token, "curves", generated);
	for (const struct doctor_capability *k = doctor_capabilities;
	     k->id != NULL; k++)
		json_array_append_new(capabilities,
		    judge_capability(k, lines, keys, device));
	json_object_set_new(token, "capabilities", capabilities);
	json_object_set_new(token, "paths", all_of(lines, "path", device));
	json_object_set_new(token, "keys", keys);
	json_object_set_new(token, "candidates",
	    all_of(lines, "candidate", device));
	json_object_set_new(token, "missingKeys",
	    all_of(lines, "nokey", device));
	json_object_set_new(token, "crashes", all_of(lines, "crash", device));
	for (size_t i = 0; i < sizeof profiles / sizeof profiles[0]; i++)
		json_object_set_new(verdicts, profiles[i],
		    json_string(doctor_verdict(token, profiles[i], 0)));
	json_object_set_new(token, "profiles", verdicts);
	return token;
}

/* ---- profiles */

static const json_t *
capability(const json_t *token, const char *id)
{
	const json_t *o;
	size_t i;

	json_array_foreach(json_object_get(token, "capabilities"), i, o)
	{
		if (is(o, "id", id))
			return o;
	}
	return NULL;
}

/* minimum 0: any path. */
static const char *
can(const json_t *token, const char *id, char minimum)
{
	const json_t *o = capability(token, id);
	const char *result = o != NULL ? text_of(o, "result") : UNKNOWN;
	const char *path = o != NULL ? text_of(o, "path") : "";

	if (!strcmp(result, YES) && minimum != 0 &&
	    (*path == '\0' || *path > minimum))
		return NO;
	return result;
}

/* Both: no is stronger than unknown. */
static const char *
both(const char *a, const char *b)
{
	if (!strcmp(a, NO) || !strcmp(b, NO))
		return NO;
	return !strcmp(a, YES) ? b : a;
}

static const char *
either(const char *a, const char *b)
{
	if (!strcmp(a, YES) || !strcmp(b, YES))
		return YES;
	return !strcmp(a, NO) ? b : a;
}

/* A minimum of A to D asks for a MAC; S is a signature. */
static const char *
wallet(const json_t *token, char minimum)
{
	if (minimum != 0 && minimum != 'S')
		return can(token, "device-mac", minimum);
	return either(can(token, "device-signature", 0),
	    can(token, "device-mac", 0));
}

static const char *
verifier(const json_t *token, char minimum)
{
	const char *reader = can(token, "reader-authentication", 0);

	return both(reader,
	    can(token, "hpke-open", minimum == 'S' ? 0 : minimum));
}

const char *
doctor_verdict(const json_t *token, const char *profile, char minimum)
{
	if (!strcmp(profile, "issuer"))
		return both(can(token, "document-signing", 0),
		    can(token, "certificate-signing", 0));
	if (!strcmp(profile, "reader"))
		return can(token, "reader-authentication", 0);
	if (!strcmp(profile, "verifier"))
		return verifier(token, minimum);
	if (!strcmp(profile, "walletSignature"))
		return can(token, "device-signature", 0);
	if (!strcmp(profile, "walletMac"))
		return can(token, "device-mac", 0);
	if (!strcmp(profile, "walletMacStrict"))
		return can(token, "device-mac", 'B');
	return wallet(token, minimum);
}

bool
doctor_is_profile(const char *name)
{
	static const char *const names[] = { "issuer", "reader", "wallet",
		"verifier" };

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (!strcmp(names[i], name))
			return true;
	}
	return false;
}
