/* SPDX-License-Identifier: BSD-3-Clause */
/* cmd-doctor: what tokens can do for mdoc, and why not more. */
#include "config.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "doctor.h"
#include "overlay.h"
#include "pin-source.h"
#include "prompt.h"

#define TIMEOUT      20
#define MAX_CRASHES  12
#define MAX_HANGS    2
#define MAX_MESSAGES 20

const struct cli_option cmd_doctor_options[] = {
	{ "profile", "PROFILE",
	    "issuer, reader, wallet or verifier: exit 6 if not" },
	{ "init-args", "TEXT", "of the device's module, with --module" },
	{ "timeout", "SECONDS", "for one call of the module; default: 20" },
	{ "bench", NULL, "how many signatures and MACs in a second?" },
	{ NULL, NULL, NULL },
};

struct exam {
	struct cli *c;
	struct doctor_plan plan;
	struct overlay overlay;
	const char *sources[DOCTOR_MAX_URIS]; /* operands */
	int timeout;
	json_t *report;
	json_t *devices;
	bool absent;       /* no token, or no module */
	bool login_failed; /* or it was not tried */
};

/* ---- what is asked for */

static int
read_uris(struct exam *e)
{
	for (int i = 0; i < e->c->operands_n; i++) {
		const char *text = cli_operand(e->c, i);
		P11KitUri *uri;

		if (i == DOCTOR_MAX_URIS)
			return cli_usage(e->c, "more than %d URIs",
			    DOCTOR_MAX_URIS);
		uri = p11_kit_uri_new();
		if (uri == NULL)
			return cli_fail(e->c, CLI_ERROR, "out of memory");
		e->plan.uris[e->plan.n_uris] = uri;
		e->sources[e->plan.n_uris++] = text;
		if (!cli_is_uri(text) ||
		    p11_kit_uri_parse(text, P11_KIT_URI_FOR_ANY, uri) !=
			P11_KIT_URI_OK ||
		    p11_kit_uri_any_unrecognized(uri))
			return cli_usage(e->c,
			    "\"%s\" is not a pkcs11: URI that is understood",
			    text);
	}
	return CLI_OK;
}

static int
read_options(struct exam *e)
{
	const char *timeout = cli_get(e->c, "timeout"), *profile;
	char *end;

	e->timeout = TIMEOUT;
	e->plan.bench = cli_has(e->c, "bench");
	if (timeout != NULL) {
		long n = strtol(timeout, &end, 10);

		if (*timeout == '\0' || *end != '\0' || n < 1 || n > 3600)
			return cli_usage(e->c, "--timeout: 1 to 3600");
		e->timeout = (int)n;
	}
	for (size_t i = 0; (profile = cli_get_nth(e->c, "profile", i)) != NULL;
	     i++) {
		if (!doctor_is_profile(profile))
			return cli_usage(e->c,
			    "--profile: issuer, reader, wallet or verifier");
	}
	return read_uris(e);
}

static int
choose_module(struct exam *e)
{
	const char *module = cli_get(e->c, "module");
	int code;

	for (size_t i = 0; module == NULL && i < e->plan.n_uris; i++)
		module = p11_kit_uri_get_module_path(e->plan.uris[i]);
	code =
	    overlay_open(e->c, module, cli_get(e->c, "init-args"), &e->overlay);
	e->plan.module = e->overlay.own;
	e->plan.conf = e->overlay.conf;
	return code;
}

/* ---- children */

static const char *
signal_text(int n)
{
	const char *text = sigdescr_np(n);

	return text != NULL ? text : "unknown";
}

static json_t *
end_text(const struct doctor_end *end, int timeout)
{
	const char *mechanism = end->at.mechanism;
	json_t *o = json_pack("{s:s,s:s,s:b}", "type", "crash", "function",
	    end->at.function, "lost", 1);

	if (*mechanism != '\0')
		json_object_set_new(o, "mechanism", json_string(mechanism));
	if (end->timeout)
		json_object_set_new(o, "text",
		    json_sprintf("the module did not answer within %d seconds",
			timeout));
	else if (end->signal != 0)
		json_object_set_new(o, "text",
		    json_sprintf("the module crashed (signal %d, %s)",
			end->signal, signal_text(end->signal)));
	else
		json_object_set_new(o, "text",
		    json_sprintf("the module ended the process (exit %d)",
			end->status));
	if (end->signal != 0 && !end->timeout)
		json_object_set_new(o, "signal", json_integer(end->signal));
	return o;
}

/* "p11-mdoc: conf: FILE was read" */
static char *
conf_of(const char *log)
{
	const char *at = log != NULL ? strstr(log, "p11-mdoc: conf: ") : NULL;
	const char *end = at != NULL ? strstr(at, " was read") : NULL;

	if (end == NULL || memchr(at, '\n', (size_t)(end - at)) != NULL)
		return NULL;
	at += strlen("p11-mdoc: conf: ");
	return strndup(at, (size_t)(end - at));
}

/* What the module had to say; with its own debugging, that is errors. */
static void
keep_messages(struct exam *e, const char *log)
{
	json_t *messages = json_object_get(e->report, "messages");
	const char *end;

	for (; log != NULL && *log != '\0'; log = *end ? end + 1 : end) {
		size_t n = strcspn(log, "\n");

		end = log + n;
		/* Said elsewhere: which configuration was read. */
		if (n > 0 && json_array_size(messages) < MAX_MESSAGES &&
		    (n < 9 || strncmp(end - 9, " was read", 9) != 0))
			json_array_append_new(messages,
			    cli_json_text((mdoc_bytes){
				(const unsigned char *)log, n }));
	}
}

static int
run(struct exam *e, void (*work)(struct doctor_child *), json_t *lines,
    struct doctor_end *end, char **ret_log)
{
	int r = doctor_run(&e->plan, work, e->timeout, lines, ret_log, end);

	if (r != MDOC_OK)
		return cli_fail(e->c, CLI_ERROR, "%s", mdoc_strerror(r));
	if (e->c->verbose && *ret_log != NULL)
		cli_print(stderr, "%s", *ret_log);
	return CLI_OK;
}

/* The module below: of a token; without one, of the first device. */
static const char *
device_of(const struct exam *e, const json_t *token)
{
	const char *said =
	    json_string_value(json_object_get(json_object_get(token, "device"),
		"module"));

	if (said != NULL)
		return said;
	if (e->overlay.device != NULL)
		return e->overlay.device;
	return json_string_value(json_object_get(json_array_get(e->devices, 0),
	    "module"));
}

/* A capability that made the module crash is one that it does not have. */
static void
add_crash(json_t *lines, const struct doctor_end *end, int timeout)
{
	json_t *crash = end_text(end, timeout), *o;

	if (end->at.id[0] != '\0' || end->at.curve[0] != '\0') {
		o = json_deep_copy(crash);
		json_object_set_new(o, "type",
		    json_string(end->at.id[0] != '\0' ? "capability"
						      : "generate"));
		json_object_set_new(o, "id", json_string(end->at.id));
		json_object_set_new(o, "curve", json_string(end->at.curve));
		json_object_set_new(o, "result", json_string("no"));
		json_array_append_new(lines, o);
	}
	json_array_append_new(lines, crash);
}

/* What stopped the module once is not tried with the other curves. */
static void
learn(struct doctor_plan *plan, const struct doctor_at *at)
{
	const struct doctor_curve *c, *other;

	plan->skip = at->step;
	for (unsigned i = 0; doctor_capabilities[i].id != NULL; i++) {
		if (!strcmp(doctor_capabilities[i].id, at->id))
			plan->crashed |= 1U << i;
	}
	if (at->id[0] != '\0')
		return;
	for (unsigned i = 0; (c = doctor_curve_at(i)) != NULL; i++) {
		if (strcmp(c->name, at->curve) != 0)
			continue;
		for (unsigned k = 0; (other = doctor_curve_at(k)) != NULL; k++)
			if (other->kind == c->kind)
				plan->broken |= 1U << k;
	}
}

/* Goes on behind a step that did not come back. */
static int
probe(struct exam *e, json_t *lines)
{
	struct doctor_end end;
	int code = CLI_OK, hangs = 0;

	e->plan.skip = e->plan.broken = e->plan.crashed = 0;
	for (int i = 0; i < MAX_CRASHES && code == CLI_OK; i++) {
		char *log = NULL;

		code = run(e, doctor_probe, lines, &end, &log);
		free(log);
		if (code != CLI_OK || end.done)
			break;
		add_crash(lines, &end, e->timeout);
		hangs += end.timeout;
		if (end.at.step <= e->plan.skip || hangs == MAX_HANGS)
			break;
		learn(&e->plan, &end.at);
	}
	return code;
}

/* ---- one token */

static bool
flag(const json_t *token, const char *name)
{
	return json_is_true(json_object_get(json_object_get(token, "flags"),
	    name));
}

static void
set_login(json_t *lines, const char *result, const char *text)
{
	json_array_append_new(lines,
	    json_pack("{s:s,s:s,s:s}", "type", "login", "result", result,
		"text", text));
}

/* Where the PIN of this token is said to be; NULL: nowhere. */
static const char *
pin_source_of(const struct exam *e, const json_t *token, const char **ret_value)
{
	const json_t *match;
	const char *source;
	size_t i;

	*ret_value = NULL;
	json_array_foreach(json_object_get(token, "matches"), i, match)
	{
		P11KitUri *uri = e->plan.uris[json_integer_value(match)];

		*ret_value = p11_kit_uri_get_pin_value(uri);
		source = p11_kit_uri_get_pin_source(uri);
		if (*ret_value != NULL || source != NULL)
			return source;
	}
	return e->c->pin_source;
}

static bool
can_prompt(void)
{
	return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

/*
 * The PIN, if there is one to be had; only for the one token that is meant, and
 * never the last try of a PIN that nobody types.
 */
static int
find_pin(struct exam *e, const json_t *token, bool only, json_t *lines,
    mdoc_buf *ret)
{
	const char *value, *source = pin_source_of(e, token, &value);
	bool stored = source != NULL || value != NULL;

	if (!flag(token, "loginRequired") || !flag(token, "pinInitialized"))
		return CLI_OK;
	if (flag(token, "pinLocked")) {
		set_login(lines, "failed", "the PIN is locked");
		return CLI_OK;
	}
	e->plan.keypad = flag(token, "keypad");
	if (e->plan.keypad && (only || e->plan.n_uris > 0)) {
		cli_say(e->c, "the token asks for its PIN itself");
		e->plan.login = true;
		return CLI_OK;
	}
	if (stored && flag(token, "pinFinalTry")) {
		set_login(lines, "failed",
		    "one try is left before the PIN is locked: the stored PIN "
		    "is not tried; log in once by hand");
		return CLI_OK;
	}
	if (value != NULL)
		e->plan.login = mdoc_buf_append(ret,
				    (mdoc_bytes){ (const unsigned char *)value,
					strlen(value) }) == MDOC_OK;
	else if (source != NULL && (only || source != e->c->pin_source)) {
		if (pin_source_read(e->c, source, ret) != CLI_OK)
			return CLI_TOKEN;
		e->plan.login = true;
	} else if (only && can_prompt()) {
		e->plan.login =
		    prompt_pin(e->c,
			json_string_value(json_object_get(token, "label")), 1,
			flag(token, "pinFinalTry"), ret) == MDOC_OK;
	}
	return CLI_OK;
}

static int
examine(struct exam *e, json_t *token, bool only)
{
	json_t *lines = json_array(), *again, *o;
	mdoc_buf pin = MDOC_BUF_INIT;
	int code;

	e->plan.login = e->plan.keypad = false;
	if (e->plan.bench && isatty(STDERR_FILENO))
		cli_say(e->c, "measuring token \"%s\", some seconds ...",
		    json_string_value(json_object_get(token, "label")));
	e->plan.slot =
	    (CK_SLOT_ID)json_integer_value(json_object_get(token, "slot"));
	e->plan.device = device_of(e, token);
	code = find_pin(e, token, only, lines, &pin);
	if (code != CLI_OK)
		goto out;
	e->plan.pin = cli_bytes(&pin);
	if (!e->plan.login && flag(token, "loginRequired") &&
	    json_array_size(lines) == 0)
		set_login(lines, "not tried",
		    only ? "without a PIN: private keys are not seen; add "
			   "--pin-source file:PATH"
			 : "several tokens: a PIN goes into the URI of its "
			   "token, ?pin-source=file:PATH");
	if (json_array_size(lines) > 0)
		e->login_failed = true;
	code = probe(e, lines);
	o = json_array_get(lines, 0);
	if (e->plan.login && json_array_size(lines) == 1 &&
	    !strcmp(json_string_value(json_object_get(o, "type")), "login")) {
		/* What can be known without it. */
		e->login_failed = true;
		e->plan.login = false;
		again = json_array();
		code = probe(e, again);
		json_array_extend(lines, again);
		json_decref(again);
	}
	json_array_append_new(json_object_get(e->report, "tokens"),
	    doctor_judge(token, lines, e->plan.device));
out:
	mdoc_buf_reset(&pin);
	json_decref(lines);
	return code;
}

/* ---- all tokens */

/* Those that the URIs name; without URIs all that are initialised. */
static bool
is_meant(const struct exam *e, const json_t *token)
{
	if (e->plan.n_uris > 0)
		return json_array_size(json_object_get(token, "matches")) > 0;
	return flag(token, "initialized");
}

static int
examine_all(struct exam *e, json_t *lines)
{
	json_t *line, *meant = json_array(), *failures;
	int code = CLI_OK;
	size_t i;

	failures = json_object_get(e->report, "failures");
	json_array_foreach(lines, i, line)
	{
		const char *type =
		    json_string_value(json_object_get(line, "type"));

		if (!strcmp(type, "library")) {
			json_object_set(e->report, "library", line);
			json_object_del(line, "type");
		} else if (!strcmp(type, "token") && is_meant(e, line)) {
			json_array_append(meant, line);
		} else if (strcmp(type, "token") != 0) {
			doctor_explain(line, device_of(e, NULL));
			json_array_append(failures, line);
		}
	}
	json_array_foreach(meant, i, line)
	{
		code = examine(e, line, json_array_size(meant) == 1);
		if (code != CLI_OK)
			break;
	}
	e->absent = json_array_size(meant) == 0;
	/* Which there would have been. */
	json_array_foreach(lines, i, line)
	{
		if (e->absent && json_object_get(line, "uri") != NULL)
			json_array_append(json_object_get(e->report, "others"),
			    json_object_get(line, "uri"));
	}
	json_decref(meant);
	return code;
}

static int
survey(struct exam *e)
{
	struct doctor_end end = { .done = false };
	json_t *lines = json_array(), *crash;
	char *log = NULL, *conf;
	int code;

	code = run(e, doctor_survey, lines, &end, &log);
	conf = e->overlay.conf != NULL ? strdup(e->overlay.conf) : conf_of(log);
	if (code != CLI_OK)
		goto out;
	e->devices = doctor_devices(conf);
	e->plan.several = json_array_size(e->devices) > 1;
	json_object_set(e->report, "devices", e->devices);
	json_object_set_new(e->report, "installation",
	    doctor_check_installation(e->overlay.own,
		e->overlay.conf != NULL ? "made for this run" : conf,
		device_of(e, NULL)));
	if (!end.done) {
		crash = end_text(&end, e->timeout);
		json_array_append_new(lines, crash);
	}
	code = examine_all(e, lines);
	if (e->absent || !end.done)
		keep_messages(e, log);
out:
	free(conf);
	free(log);
	json_decref(lines);
	return code;
}

/* ---- the end */

/* Every token that was meant has to be able to. */
static bool
is_able(const struct exam *e, const char *profile, char minimum)
{
	const json_t *token;
	size_t i;

	json_array_foreach(json_object_get(e->report, "tokens"), i, token)
	{
		if (strcmp(doctor_verdict(token, profile, minimum), "yes"))
			return false;
	}
	return true;
}

/* A token that is there and cannot be opened. */
static bool
is_closed(const struct exam *e)
{
	const json_t *token;
	size_t i;

	json_array_foreach(json_object_get(e->report, "tokens"), i, token)
	{
		if (json_object_get(token, "failed") != NULL)
			return true;
	}
	return false;
}

static int
exit_code(const struct exam *e)
{
	const char *path = cli_get(e->c, "minimum-path"), *profile;
	char minimum = path != NULL ? *path : 0;
	bool asked = path != NULL, able = true;
	size_t i;

	for (i = 0; (profile = cli_get_nth(e->c, "profile", i)) != NULL; i++) {
		able = able && is_able(e, profile, minimum);
		asked = true;
	}
	if (i == 0 && minimum != 0)
		able = is_able(e, "wallet", minimum);
	if (e->absent || is_closed(e))
		return CLI_TOKEN;
	/* No PIN is not a fault, unless it is why nothing can be said. */
	if (e->login_failed &&
	    (cli_has(e->c, "pin-source") || (asked && !able)))
		return CLI_TOKEN;
	return able ? CLI_OK : CLI_UNABLE;
}

/* Which of what was asked for it is that a token cannot do. */
static void
say_unable(const struct exam *e, const char *profile)
{
	const char *path = cli_get(e->c, "minimum-path"), *verdict;
	const json_t *token;
	size_t i;

	json_array_foreach(json_object_get(e->report, "tokens"), i, token)
	{
		verdict =
		    doctor_verdict(token, profile, path != NULL ? *path : 0);
		if (strcmp(verdict, "yes") != 0)
			cli_say(e->c, "%s: token \"%s\": %s%s%s: %s",
			    e->c->path,
			    json_string_value(json_object_get(token, "label")),
			    profile, path != NULL ? " with path " : "",
			    path != NULL ? path : "", verdict);
	}
}

static void
say_all_unable(const struct exam *e)
{
	const char *profile;
	size_t i;

	for (i = 0; (profile = cli_get_nth(e->c, "profile", i)) != NULL; i++)
		say_unable(e, profile);
	if (i == 0 && cli_has(e->c, "minimum-path"))
		say_unable(e, "wallet");
}

static int
finish(struct exam *e)
{
	int code = exit_code(e);

	json_object_set_new(e->report, "exit", json_integer(code));
	if (e->c->json) {
		code = cli_json(e->report, code);
		e->report = NULL;
		return code;
	}
	doctor_report(e->c, e->report);
	fflush(stdout);
	say_all_unable(e);
	if (e->absent)
		(void)cli_fail(e->c, code,
		    e->plan.n_uris > 0 ? "no token matches"
				       : "no token that is initialised");
	return code;
}

static void
exam_free(struct exam *e)
{
	for (size_t i = 0; i < e->plan.n_uris; i++)
		p11_kit_uri_free(e->plan.uris[i]);
	json_decref(e->report);
	json_decref(e->devices);
	overlay_close(&e->overlay);
}

int
cmd_doctor(struct cli *c)
{
	struct exam e = { .c = c, .overlay = OVERLAY_INIT };
	int code;

	e.report = json_pack("{s:[],s:[],s:[],s:[]}", "failures", "messages",
	    "others", "tokens");
	code = read_options(&e);
	if (code == CLI_OK)
		code = choose_module(&e);
	if (code == CLI_OK)
		code = survey(&e);
	/* Before anything is printed, which may be the end: "| head". */
	overlay_close(&e.overlay);
	if (code == CLI_OK)
		code = finish(&e);
	exam_free(&e);
	return code;
}
