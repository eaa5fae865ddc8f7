/* SPDX-License-Identifier: BSD-3-Clause */
/* The report for a person. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "doctor.h"

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

/* "ok   device MAC                  ..." */
static void
head(const char *mark, const char *what)
{
	cli_print(stdout, "%-5s%-24s ", mark, what);
}

/* "C_DeriveKey CKM_HKDF_DERIVE: CKR_MECHANISM_INVALID" and what it means. */
static void
failure(const json_t *o)
{
	const char *text = text_of(o, "text");

	if (json_object_get(o, "function") != NULL)
		cli_print(stdout, "%s%s%s%s%s", text_of(o, "function"),
		    *text_of(o, "mechanism") ? " " : "",
		    text_of(o, "mechanism"),
		    json_object_get(o, "error") != NULL &&
			    !is(o, "error", "CKR_OK")
			? ": "
			: "",
		    is(o, "error", "CKR_OK") ? "" : text_of(o, "error"));
	if (*text != '\0')
		cli_print(stdout, "%s%s",
		    json_object_get(o, "function") != NULL ? ": " : "", text);
	putchar('\n');
	if (*text_of(o, "cause") != '\0' && *text == '\0')
		cli_print(stdout, "       %s\n", text_of(o, "cause"));
	if (*text_of(o, "remedy") != '\0')
		cli_print(stdout, "       -> %s\n", text_of(o, "remedy"));
}

/* ---- the token */

static const char *
class_text(const char *name)
{
	static const char *const texts[][2] = {
		{ "publicKeys", "public keys" },
		{ "privateKeys", "private keys" },
		{ "secretKeys", "secret keys" },
	};

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		if (!strcmp(texts[i][0], name))
			return texts[i][1];
	}
	return name;
}

static void
put_objects(const json_t *token)
{
	const json_t *o = json_object_get(token, "objects");
	json_t *n;
	json_t *counts = json_object_get(o, "counts");
	const char *name;

	if (json_object_get(o, "total") == NULL)
		return;
	head("", "objects");
	if (json_integer_value(json_object_get(o, "total")) == 0)
		printf("none ");
	json_object_foreach(counts, name, n)
	{
		cli_print(stdout, "%" JSON_INTEGER_FORMAT " %s  ",
		    json_integer_value(n), class_text(name));
	}
	n = json_object_get(o, "unchanged");
	if (json_is_true(n))
		puts("(session objects only; nothing was written)");
	else if (json_is_false(n))
		puts("(CHANGED while doctor was at work)");
	else
		puts("(not counted again)");
}

static const struct {
	const char *flag;
	const char *text;
} flags[] = {
	{ "pinLocked",
	    "the user PIN is locked; the security officer can set "
	    "a new one" },
	{ "pinFinalTry", "ONE try is left for the user PIN" },
	{ "pinCountLow", "a wrong user PIN was given lately" },
	{ "pinToBeChanged", "the user PIN has to be changed" },
	{ "writeProtected", "the token is write-protected" },
};

static void
put_flags(const json_t *token)
{
	const json_t *f = json_object_get(token, "flags");

	if (json_is_false(json_object_get(f, "initialized"))) {
		head("warn", "token");
		puts("not initialised: p11-mdoc token init, or the vendor's "
		     "tool");
		return;
	}
	if (json_is_false(json_object_get(f, "pinInitialized"))) {
		head("warn", "token");
		puts("no user PIN was set yet");
	}
	for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
		if (json_is_true(json_object_get(f, flags[i].flag))) {
			head("warn", "token");
			puts(flags[i].text);
		}
	}
}

static void
put_login(const json_t *token)
{
	const json_t *o = json_object_get(token, "login");

	if (is(o, "result", "ok")) {
		head("ok", "login");
		putchar('\n');
	} else if (is(o, "result", "failed")) {
		head("no", "login");
		failure(o);
	} else if (o != NULL) {
		head("warn", "login");
		failure(o);
	}
}

/* What is not right with random numbers or sessions. */
static void
put_small(const json_t *token)
{
	const json_t *random = json_object_get(token, "random");
	const json_t *sessions = json_object_get(token, "sessions");

	if (is(random, "result", "yes")) {
		head("ok", "random numbers");
		putchar('\n');
	} else if (random != NULL) {
		head("warn", "random numbers");
		failure(random);
	}
	if (json_is_true(json_object_get(sessions, "limited"))) {
		head("warn", "sessions");
		cli_print(stdout, "no more than %" JSON_INTEGER_FORMAT ": ",
		    json_integer_value(json_object_get(sessions, "opened")));
		failure(sessions);
	}
}

/* ---- capabilities */

static void
put_rate(const json_t *one)
{
	const json_t *rate = json_object_get(one, "perSecond");

	if (rate != NULL)
		printf(" (%.0f/s)", json_real_value(rate));
}

/* Curves with this path, in a line. */
static unsigned
put_curves(const json_t *capability, const char *path)
{
	const json_t *one;
	unsigned n = 0;
	size_t i;

	json_array_foreach(json_object_get(capability, "curves"), i, one)
	{
		if (!is(one, "result", "yes") ||
		    (path != NULL && !is(one, "path", path)))
			continue;
		cli_print(stdout, "%s%s%s", n++ > 0 ? " " : "",
		    text_of(one, "curve"),
		    json_object_get(one, "key") != NULL ? " (named key)" : "");
		put_rate(one);
	}
	return n;
}

static const struct {
	const char *path;
	const char *mark;
	const char *text;
} paths[] = {
	{ "A", "ok", "path A (native): nothing leaves the token" },
	{ "B", "ok", "path B (composed): nothing leaves the token" },
	{ "C", "ok-",
	    "path C (C_DigestKey): PRK and derived keys in memory; the shared "
	    "secret stays" },
	{ "D", "ok-", "path D (exported): the shared secret in memory" },
	{ "", "ok", "path not known" },
};

static bool
has_path(const json_t *capability, const char *path)
{
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(capability, "curves"), i, one)
	{
		if (is(one, "result", "yes") && is(one, "path", path))
			return true;
	}
	return false;
}

/* One line for each path that is taken. */
static void
put_agreement(const json_t *capability)
{
	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
		if (!has_path(capability, paths[i].path))
			continue;
		head(paths[i].mark, text_of(capability, "name"));
		cli_print(stdout, "%s\n%30s", paths[i].text, "");
		put_curves(capability, paths[i].path);
		putchar('\n');
	}
}

static bool
same_reason(const json_t *a, const json_t *b)
{
	return is(a, "result", text_of(b, "result")) &&
	    is(a, "function", text_of(b, "function")) &&
	    is(a, "mechanism", text_of(b, "mechanism")) &&
	    is(a, "error", text_of(b, "error")) &&
	    is(a, "text", text_of(b, "text"));
}

/* Curves that are not "yes", each reason once, with its curves. */
static void
put_failures(const json_t *curves, const char *name)
{
	const json_t *a, *b;
	size_t i, j;

	json_array_foreach(curves, i, a)
	{
		bool first = !is(a, "result", "yes");

		for (j = 0; j < i && first; j++)
			first = !same_reason(a, json_array_get(curves, j));
		if (!first)
			continue;
		head(is(a, "result", "no") ? "no" : "?", name);
		for (j = i; j < json_array_size(curves); j++) {
			b = json_array_get(curves, j);
			if (same_reason(a, b))
				cli_print(stdout, "%s%s", j > i ? " " : "",
				    text_of(b, "curve"));
		}
		cli_print(stdout, "\n       ");
		failure(a);
	}
}

static void
put_capability(const json_t *capability, bool agrees)
{
	if (is(capability, "result", "yes") && agrees) {
		put_agreement(capability);
	} else if (is(capability, "result", "yes")) {
		head("ok", text_of(capability, "name"));
		put_curves(capability, NULL);
		putchar('\n');
	} else if (json_array_size(json_object_get(capability, "curves")) ==
	    0) {
		head("?", text_of(capability, "name"));
		puts("could not be tried");
	}
	put_failures(json_object_get(capability, "curves"),
	    text_of(capability, "name"));
}

/* Of the device MAC; "": none. */
static const char *
best_path(const json_t *token)
{
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(token, "capabilities"), i, one)
	{
		if (is(one, "id", "device-mac"))
			return text_of(one, "path");
	}
	return "";
}

/* Why not a stronger path than the one that is taken? */
static void
put_paths(const json_t *token)
{
	const char *best = best_path(token);
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(token, "paths"), i, one)
	{
		char what[32];

		if (!is(one, "result", "no") ||
		    (*best != '\0' && *text_of(one, "path") >= *best))
			continue;
		snprintf(what, sizeof what, "key path %s",
		    text_of(one, "path"));
		head("no", what);
		failure(one);
	}
}

/* ---- keys, crashes, verdict */

static const char *
yes_no(const json_t *o, const char *member, const char *yes, const char *no)
{
	return json_is_true(json_object_get(o, member)) ? yes : no;
}

static void
put_key(const json_t *key)
{
	const json_t *purpose = json_object_get(key, "purpose"), *one;
	bool path = *text_of(key, "path") != '\0';
	size_t i;

	head(yes_no(key, "extractable", "warn", "key"),
	    json_object_get(key, "curve") != NULL ? text_of(key, "curve")
						  : "unknown kind");
	cli_print(stdout, "%s%s\n", text_of(key, "uri"),
	    yes_no(key, "extractable", "  (extractable!)", ""));
	cli_print(stdout, "       %s%s%s%s%s",
	    yes_no(key, "sign", "signs; ", "does not sign; "),
	    yes_no(key, "derive", "agrees", "no CKA_DERIVE: signature only"),
	    path ? ", path " : "", text_of(key, "path"),
	    yes_no(key, "alwaysAuthenticate", "; wants the PIN each time", ""));
	json_array_foreach(purpose, i, one)
	{
		cli_print(stdout, "%s%s",
		    i == 0 ? "; bound (not tried): " : ", ",
		    json_string_value(one));
	}
	putchar('\n');
	json_array_foreach(json_object_get(key, "tried"), i, one)
	{
		if (is(one, "result", "yes"))
			continue;
		cli_print(stdout, "       no %s: ", text_of(one, "id"));
		failure(one);
	}
}

static void
put_keys(const json_t *token)
{
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(token, "keys"), i, one)
	{
		put_key(one);
	}
	json_array_foreach(json_object_get(token, "candidates"), i, one)
	{
		cli_print(stdout, "       could be named: %s\n",
		    text_of(one, "uri"));
	}
	json_array_foreach(json_object_get(token, "missingKeys"), i, one)
	{
		head("no", "key");
		failure(one);
	}
}

static void
put_verdict(const json_t *token)
{
	static const struct {
		const char *profile;
		const char *name;
	} lines[] = {
		{ "issuer", "issuer" },
		{ "reader", "reader" },
		{ "walletSignature", "wallet-signature" },
		{ "walletMac", "wallet-MAC" },
		{ "walletMacStrict", "wallet-MAC-strict" },
		{ "verifier", "verifier" },
	};

	const json_t *p = json_object_get(token, "profiles");
	const char *best = best_path(token);

	printf("verdict");
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		cli_print(stdout, "%s %s %s", i == 0 ? ":" : " ·",
		    lines[i].name, text_of(p, lines[i].profile));
		if (!strcmp(lines[i].profile, "walletMac") &&
		    is(p, "walletMac", "yes") && *best != '\0')
			cli_print(stdout, " (path %s)", best);
	}
	putchar('\n');
}

static void
put_token(const json_t *token)
{
	const json_t *device = json_object_get(token, "device");
	const json_t *one;
	size_t i;

	cli_print(stdout,
	    "\ntoken    %s  %s  serial %s  slot %" JSON_INTEGER_FORMAT "\n",
	    *text_of(token, "label") ? text_of(token, "label") : "-",
	    text_of(token, "model"), text_of(token, "serial"),
	    json_integer_value(json_object_get(token, "slot")));
	if (*text_of(device, "module") != '\0') {
		head("", "device");
		cli_print(stdout, "[%s] %s, PKCS#11 %s\n",
		    text_of(device, "name"), text_of(device, "module"),
		    text_of(device, "pkcs11"));
	}
	put_flags(token);
	put_login(token);
	if (json_object_get(token, "failed") != NULL) {
		head("no", "token");
		failure(json_object_get(token, "failed"));
	}
	json_array_foreach(json_object_get(token, "crashes"), i, one)
	{
		head("CRASH", "");
		failure(one);
	}
	put_small(token);
	json_array_foreach(json_object_get(token, "capabilities"), i, one)
	{
		put_capability(one, doctor_capabilities[i].agrees);
	}
	put_failures(json_object_get(token, "curves"), "new key pairs");
	put_paths(token);
	put_keys(token);
	put_objects(token);
	put_verdict(token);
}

void
doctor_report(const struct cli *c, const json_t *report)
{
	const json_t *library = json_object_get(report, "library"), *one;
	const json_t *devices = json_object_get(report, "devices");
	size_t i;

	json_array_foreach(json_object_get(report, "installation"), i, one)
	{
		if (is(one, "result", "ok") && !c->verbose &&
		    !is(one, "check", "module") &&
		    !is(one, "check", "configuration"))
			continue;
		cli_print(stdout, "%-8s %-14s %s\n", text_of(one, "result"),
		    text_of(one, "check"), text_of(one, "text"));
		if (*text_of(one, "remedy") != '\0')
			cli_print(stdout, "       -> %s\n",
			    text_of(one, "remedy"));
	}
	/* With tokens, each says which is its own. */
	json_array_foreach(devices, i, one)
	{
		if (json_array_size(json_object_get(report, "tokens")) == 0)
			cli_print(stdout, "%-8s %-14s %s\n", "device",
			    text_of(one, "name"), text_of(one, "module"));
	}
	if (library != NULL)
		cli_print(stdout, "%-8s %-14s %s %s, Cryptoki %s", "library",
		    text_of(library, "manufacturer"),
		    text_of(library, "description"),
		    text_of(library, "version"), text_of(library, "cryptoki"));
	json_array_foreach(json_object_get(library, "interfaces"), i, one)
	{
		cli_print(stdout, "%s%s", i == 0 ? "; " : ", ",
		    json_string_value(one));
	}
	if (library != NULL)
		putchar('\n');
	json_array_foreach(json_object_get(report, "failures"), i, one)
	{
		head("no", "module");
		failure(one);
	}
	json_array_foreach(json_object_get(report, "messages"), i, one)
	{
		cli_print(stdout, "         %s\n", json_string_value(one));
	}
	json_array_foreach(json_object_get(report, "others"), i, one)
	{
		cli_print(stdout, "there is %s\n", json_string_value(one));
	}
	json_array_foreach(json_object_get(report, "tokens"), i, one)
	{
		put_token(one);
	}
}
