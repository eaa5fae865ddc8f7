/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <sys/stat.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ini.h>

#include "common/log.h"
#include "module/state/conf.h"

#define MAX_SLOTS 64
#define MAX_PATH  1024

enum section {
	SECTION_NONE,
	SECTION_MODULE,
	SECTION_DEVICE
};

/* While a file is read. */
struct parse {
	FILE *file;
	const char *path;
	unsigned line;
	bool continued; /* this line is indented: more of the value above */
	bool failed;
	enum section section;
	unsigned section_line;
	unsigned seen; /* bit i: keys[i] was given in this section */
	bool remote_said;
	bool module_seen;
	/* What [module] says, for devices that do not say otherwise. */
	enum conf_info info;
	enum agree_path weakest;
	struct conf conf;
	struct conf_error *error;
};

struct word {
	const char *name;
	int value;
};

static const struct word info_words[] = {
	{ "own", CONF_INFO_OWN },
	{ "downstream", CONF_INFO_DOWNSTREAM },
	{ NULL, 0 },
};

static const struct word yes_no_words[] = {
	{ "yes", true },
	{ "no", false },
	{ NULL, 0 },
};

static const struct word path_words[] = {
	{ "A", AGREE_PATH_A },
	{ "B", AGREE_PATH_B },
	{ "C", AGREE_PATH_C },
	{ "D", AGREE_PATH_D },
	{ "S", AGREE_PATH_S },
	{ NULL, 0 },
};

static const struct word lock_words[] = {
	{ "none", CONF_LOCK_NONE },
	{ "module", CONF_LOCK_MODULE },
	{ "slot", CONF_LOCK_SLOT },
	{ NULL, 0 },
};

static bool parse_fail(struct parse *p, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Keeps the first error. Returns false. */
static bool
parse_fail(struct parse *p, const char *format, ...)
{
	va_list ap;
	int n;

	if (p->failed)
		return false;
	p->failed = true;
	n = snprintf(p->error->text, sizeof(p->error->text), "%s:%u: ", p->path,
	    p->line);
	if (n < 0 || (size_t)n >= sizeof(p->error->text))
		return false;
	va_start(ap, format);
	(void)vsnprintf(p->error->text + n, sizeof(p->error->text) - (size_t)n,
	    format, ap);
	va_end(ap);
	return false;
}

static struct conf_device *
device(struct parse *p)
{
	return &p->conf.devices[p->conf.n_devices - 1];
}

static bool
word_find(struct parse *p, const struct word *words, const char *key,
    const char *value, int *ret)
{
	char wanted[64] = "";
	size_t n = 0;

	for (const struct word *w = words; w->name != NULL; w++) {
		if (!strcmp(w->name, value)) {
			*ret = w->value;
			return true;
		}
		n += (size_t)snprintf(wanted + n, sizeof(wanted) - n, "%s%s",
		    n > 0 ? ", " : "", w->name);
	}
	return parse_fail(p, "%s: '%s' is none of %s", key, value, wanted);
}

static bool
set_string(struct parse *p, const char *value, char **ret)
{
	char *s;

	s = strdup(value);
	if (s == NULL)
		return parse_fail(p, "out of memory");
	free(*ret);
	*ret = s;
	return true;
}

static bool
set_info(struct parse *p, const char *value)
{
	int v = 0;

	if (!word_find(p, info_words, "info", value, &v))
		return false;
	*(p->section == SECTION_MODULE ? &p->info : &device(p)->info) =
	    (enum conf_info)v;
	return true;
}

static bool
set_minimum_path(struct parse *p, const char *value)
{
	int v = 0;

	if (!word_find(p, path_words, "minimum-path", value, &v))
		return false;
	*(p->section == SECTION_MODULE ? &p->weakest : &device(p)->weakest) =
	    (enum agree_path)v;
	return true;
}

/* A bare name is looked for where p11-kit keeps modules. */
static bool
set_module(struct parse *p, const char *value)
{
	char path[MAX_PATH];
	int n;

	if (value[0] == '/')
		return set_string(p, value, &device(p)->module);
	if (value[0] == '\0' || strchr(value, '/') != NULL)
		return parse_fail(p,
		    "module: '%s' is neither an absolute path "
		    "nor a file name",
		    value);
	n = snprintf(path, sizeof(path), "%s/%s", P11_KIT_MODULE_PATH, value);
	if (n < 0 || (size_t)n >= sizeof(path))
		return parse_fail(p, "module: the name is too long");
	return set_string(p, path, &device(p)->module);
}

/* May go on over indented lines. */
static bool
set_init_args(struct parse *p, const char *value)
{
	struct conf_device *d = device(p);
	size_t old, more;
	char *s;

	if (!p->continued || d->init_args == NULL)
		return set_string(p, value, &d->init_args);
	old = strlen(d->init_args);
	more = strlen(value);
	s = malloc(old + more + 2);
	if (s == NULL)
		return parse_fail(p, "out of memory");
	memcpy(s, d->init_args, old);
	s[old] = ' ';
	memcpy(s + old + 1, value, more + 1);
	free(d->init_args);
	d->init_args = s;
	return true;
}

static bool
set_lock(struct parse *p, const char *value)
{
	int v = 0;

	if (!word_find(p, lock_words, "lock", value, &v))
		return false;
	device(p)->lock = (enum conf_lock)v;
	return true;
}

static bool
set_critical(struct parse *p, const char *value)
{
	int v = 0;

	if (!word_find(p, yes_no_words, "critical", value, &v))
		return false;
	device(p)->critical = v != 0;
	return true;
}

static bool
set_remote(struct parse *p, const char *value)
{
	int v = 0;

	if (!word_find(p, yes_no_words, "remote", value, &v))
		return false;
	device(p)->remote = v != 0;
	p->remote_said = true;
	return true;
}

/* What login.c reads. Not the PIN itself: this file may be read by many. */
static bool
set_pin_source(struct parse *p, const char *value)
{
	const char *name = value + 5;

	if (!strncmp(value, "file:", 5) && name[0] == '/')
		return set_string(p, value, &device(p)->pin_source);
	if (!strncmp(value, "cred:", 5) && name[0] != '\0' && name[0] != '.' &&
	    strchr(name, '/') == NULL)
		return set_string(p, value, &device(p)->pin_source);
	return parse_fail(p,
	    "pin-source: neither file:/PATH nor cred:NAME was given");
}

static bool
set_store(struct parse *p, const char *value)
{
	if (!strcmp(value, "token"))
		return true;
	if (!strcmp(value, "file"))
		return set_string(p, "", &device(p)->store);
	if (value[0] == '/')
		return set_string(p, value, &device(p)->store);
	return parse_fail(p,
	    "store: '%s' is neither token, file nor an absolute path", value);
}

/* Numbers, decimal or 0x..., with blanks or commas between them. */
static bool
set_slots(struct parse *p, const char *value)
{
	CK_SLOT_ID slots[MAX_SLOTS], *copy;
	const char *s = value;
	size_t n = 0;
	char *end;

	while (*(s += strspn(s, " \t,")) != '\0') {
		if (n == MAX_SLOTS)
			return parse_fail(p, "slots: more than %d", MAX_SLOTS);
		errno = 0;
		slots[n++] = strtoul(s, &end, 0);
		if (errno != 0 || end == s || *s == '-' || *s == '+' ||
		    strchr(" \t,", *end) == NULL)
			return parse_fail(p,
			    "slots: '%s': a slot number was expected", s);
		s = end;
	}
	if (n == 0)
		return parse_fail(p, "slots: no slot number");
	copy = calloc(n, sizeof(*copy));
	if (copy == NULL)
		return parse_fail(p, "out of memory");
	memcpy(copy, slots, n * sizeof(*copy));
	free(device(p)->slots);
	device(p)->slots = copy;
	device(p)->n_slots = n;
	return true;
}

static const struct key {
	const char *name;
	bool (*set)(struct parse *, const char *);
	enum section section;
	bool lines; /* may go on over several lines */
} keys[] = {
	{ "info", set_info, SECTION_MODULE, false },
	{ "minimum-path", set_minimum_path, SECTION_MODULE, false },
	{ "module", set_module, SECTION_DEVICE, false },
	{ "init-args", set_init_args, SECTION_DEVICE, true },
	{ "critical", set_critical, SECTION_DEVICE, false },
	{ "info", set_info, SECTION_DEVICE, false },
	{ "lock", set_lock, SECTION_DEVICE, false },
	{ "minimum-path", set_minimum_path, SECTION_DEVICE, false },
	{ "pin-source", set_pin_source, SECTION_DEVICE, false },
	{ "remote", set_remote, SECTION_DEVICE, false },
	{ "slots", set_slots, SECTION_DEVICE, false },
	{ "store", set_store, SECTION_DEVICE, false },
};

/*
 * One file is loaded once, whatever the names it is given by: two devices would
 * have one state, and what ends one would end the other.
 */
static const struct conf_device *
device_same(struct parse *p, const struct conf_device *d)
{
	struct stat a, b;
	bool there = stat(d->module, &a) == 0;

	for (const struct conf_device *o = p->conf.devices; o < d; o++) {
		if (!strcmp(o->module, d->module) ||
		    (there && stat(o->module, &b) == 0 &&
			a.st_dev == b.st_dev && a.st_ino == b.st_ino))
			return o;
	}
	return NULL;
}

/* Where the file says nothing. */
static bool
is_known_remote(const char *module)
{
	const char *name = strrchr(module, '/');

	return name != NULL && !strcmp(name, "/p11-kit-client.so");
}

static bool
section_end(struct parse *p)
{
	const struct conf_device *same;

	if (p->section != SECTION_DEVICE)
		return true;
	if (device(p)->module == NULL) {
		p->line = p->section_line;
		return parse_fail(p, "[device %s] has no module",
		    device(p)->name);
	}
	if (!p->remote_said)
		device(p)->remote = is_known_remote(device(p)->module);
	same = device_same(p, device(p));
	if (same == NULL)
		return true;
	p->line = p->section_line;
	return parse_fail(p,
	    "[device %s]: the module is that of [device %s] (%s)",
	    device(p)->name, same->name, same->module);
}

static bool
device_begin(struct parse *p, const char *name)
{
	struct conf_device *more;

	if (*name == '\0')
		return parse_fail(p, "[device] needs a name: [device NAME]");
	if (p->conf.n_devices == CONF_MAX_DEVICES)
		return parse_fail(p, "more than %d devices", CONF_MAX_DEVICES);
	for (size_t i = 0; i < p->conf.n_devices; i++)
		if (!strcmp(p->conf.devices[i].name, name))
			return parse_fail(p, "[device %s] is given twice",
			    name);
	more =
	    reallocarray(p->conf.devices, p->conf.n_devices + 1, sizeof(*more));
	if (more == NULL)
		return parse_fail(p, "out of memory");
	p->conf.devices = more;
	memset(&more[p->conf.n_devices++], 0, sizeof(*more));
	return set_string(p, name, &device(p)->name);
}

/* name: what stands between the brackets. */
static bool
section_begin(struct parse *p, const char *name)
{
	size_t word = strcspn(name, " \t");

	if (!section_end(p))
		return false;
	p->seen = 0;
	p->remote_said = false;
	p->section = SECTION_NONE;
	if (!strcmp(name, "module")) {
		if (p->module_seen)
			return parse_fail(p, "[module] is given twice");
		p->module_seen = true;
		p->section = SECTION_MODULE;
	} else if (word == 6 && !strncmp(name, "device", 6)) {
		if (!device_begin(p, name + word + strspn(name + word, " \t")))
			return false;
		p->section = SECTION_DEVICE;
	} else {
		return parse_fail(p, "unknown section [%s]", name);
	}
	p->section_line = p->line;
	return true;
}

/*
 * inih says nothing of a section without keys and counts lines for itself
 * only, so that both are seen to here, before inih gets the line.
 */
static void
line_seen(struct parse *p, char *line)
{
	char *start, *end;

	if (p->line == 1 && !strncmp(line, "\xef\xbb\xbf", 3))
		line += 3;
	start = line + strspn(line, " \t\r\n");
	p->continued = start > line;
	if (*start != '[' || p->failed)
		return;
	p->continued = false;
	end = strchr(start, ']');
	if (end == NULL) {
		parse_fail(p, "a section without ']'");
		return;
	}
	*end = '\0';
	section_begin(p, start + 1);
	*end = ']';
}

/* Stands in for fgets(). */
static char *
line_read(char *line, int size, void *stream)
{
	struct parse *p = stream;
	size_t n;

	if (p->failed || fgets(line, size, p->file) == NULL)
		return NULL;
	p->line++;
	n = strlen(line);
	if (n > 0 && line[n - 1] != '\n' && !feof(p->file)) {
		if (n + 1 == (size_t)size)
			parse_fail(p, "a line longer than %d bytes", size - 2);
		else
			parse_fail(p, "a NUL byte");
		return NULL;
	}
	line_seen(p, line);
	return p->failed ? NULL : line;
}

static int
key_seen(void *user, const char *section, const char *name, const char *value)
{
	struct parse *p = user;

	(void)section;
	if (p->failed)
		return 0;
	if (p->section == SECTION_NONE)
		return parse_fail(p, "'%s' stands before any section", name);
	for (size_t i = 0; i < nitems(keys); i++) {
		if (keys[i].section != p->section ||
		    strcmp(keys[i].name, name) != 0)
			continue;
		if (p->continued && (p->seen & 1U << i) && !keys[i].lines)
			return parse_fail(p,
			    "%s: an indented line goes on with the one above, "
			    "and this has one line only",
			    name);
		if (!p->continued && (p->seen & 1U << i))
			return parse_fail(p, "%s is given twice", name);
		p->seen |= 1U << i;
		return keys[i].set(p, value);
	}
	return parse_fail(p, "unknown key '%s' in section [%s]", name,
	    p->section == SECTION_MODULE ? "module" : "device");
}

static bool
parse_file(struct parse *p)
{
	char text[128];
	int line;

	line = ini_parse_stream(line_read, p, key_seen, p);
	if (p->failed)
		return false;
	if (ferror(p->file)) {
		return parse_fail(p, "cannot be read: %s",
		    strerror_r(errno, text, sizeof(text)));
	}
	if (line != 0) {
		p->line = line > 0 ? (unsigned)line : 0;
		return parse_fail(p,
		    line > 0 ? "neither KEY = VALUE nor [SECTION]"
			     : "out of memory");
	}
	return section_end(p);
}

/* With no device named, SoftHSMv2 is it. */
static bool
devices_complete(struct parse *p)
{
	struct conf_device *d;

	if (p->conf.n_devices == 0 &&
	    (!device_begin(p, "softhsm") ||
		!set_string(p, P11_MDOC_SOFTHSM, &device(p)->module)))
		return false;
	for (size_t i = 0; i < p->conf.n_devices; i++) {
		d = &p->conf.devices[i];
		if (d->info == CONF_INFO_UNSET)
			d->info = p->info;
		if (d->weakest == AGREE_PATH_UNKNOWN)
			d->weakest = p->weakest;
	}
	return true;
}

static struct parse
parse_of(const char *path, struct conf_error *error)
{
	return (struct parse){ .path = path,
		.info = CONF_INFO_OWN,
		.weakest = AGREE_PATH_UNKNOWN,
		.conf = CONF_INIT,
		.error = error };
}

CK_RV
conf_read(const char *path, struct conf *ret, struct conf_error *ret_error)
{
	struct parse p = parse_of(path, ret_error);
	CK_RV rv = CKR_GENERAL_ERROR;
	char text[128];

	ret_error->text[0] = '\0';
	p.file = fopen(path, "re");
	if (p.file == NULL) {
		(void)snprintf(ret_error->text, sizeof(ret_error->text),
		    "%s: %s", path, strerror_r(errno, text, sizeof(text)));
		goto out;
	}
	if (!parse_file(&p) || !devices_complete(&p))
		goto out;
	log_printf(LOG_INFO, "conf", "%s was read", path);
	*ret = p.conf;
	p.conf = CONF_INIT;
	rv = CKR_OK;
out:
	if (p.file != NULL)
		(void)fclose(p.file);
	conf_reset(&p.conf);
	return rv;
}

static CK_RV
conf_builtin(struct conf *ret, struct conf_error *ret_error)
{
	struct parse p = parse_of("built-in", ret_error);

	if (!devices_complete(&p)) {
		conf_reset(&p.conf);
		return CKR_HOST_MEMORY;
	}
	*ret = p.conf;
	return CKR_OK;
}

/* The user's own file; false if there is no such place. */
static bool
user_path(char *path, size_t size)
{
	const char *dir;
	int n = -1;

	/* Both are NULL in a setuid program. */
	dir = secure_getenv("XDG_CONFIG_HOME");
	if (dir != NULL && dir[0] == '/') {
		n = snprintf(path, size, "%s/p11-mdoc/p11-mdoc.conf", dir);
	} else {
		dir = secure_getenv("HOME");
		if (dir != NULL && dir[0] == '/')
			n = snprintf(path, size,
			    "%s/.config/p11-mdoc/p11-mdoc.conf", dir);
	}
	return n > 0 && (size_t)n < size;
}

/* Missing is not an error here; anything else that is wrong with it is. */
static bool
is_missing(const char *path)
{
	FILE *f;
	int e;

	f = fopen(path, "re");
	e = errno;
	if (f != NULL)
		(void)fclose(f);
	return f == NULL && (e == ENOENT || e == ENOTDIR);
}

CK_RV
conf_load(struct conf *ret, struct conf_error *ret_error)
{
	char path[MAX_PATH];
	const char *named;

	ret_error->text[0] = '\0';
	named = secure_getenv("P11_MDOC_CONF");
	if (named != NULL && named[0] != '\0')
		return conf_read(named, ret, ret_error);
	if (user_path(path, sizeof(path)) && !is_missing(path))
		return conf_read(path, ret, ret_error);
	if (!is_missing(P11_MDOC_SYSCONFDIR "/p11-mdoc.conf"))
		return conf_read(P11_MDOC_SYSCONFDIR "/p11-mdoc.conf", ret,
		    ret_error);
	return conf_builtin(ret, ret_error);
}

void
conf_device_reset(struct conf_device *d)
{
	free(d->name);
	free(d->module);
	free(d->init_args);
	free(d->pin_source);
	free(d->store);
	free(d->slots);
	memset(d, 0, sizeof(*d));
}

void
conf_reset(struct conf *c)
{
	for (size_t i = 0; i < c->n_devices; i++)
		conf_device_reset(&c->devices[i]);
	free(c->devices);
	*c = CONF_INIT;
}
