/* SPDX-License-Identifier: BSD-3-Clause */
/* What can be wrong around a module: files, names, the clock. */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "doctor.h"

/* Before this, a clock cannot be right: 2025-01-01. */
#define EARLIEST 1735689600

static void
add(json_t *checks, const char *id, const char *result, json_t *text,
    const char *remedy)
{
	json_t *o = json_pack("{s:s,s:s,s:o}", "check", id, "result", result,
	    "text", text);

	if (o != NULL && remedy != NULL)
		json_object_set_new(o, "remedy", json_string(remedy));
	json_array_append_new(checks, o);
}

/* "key = value" or "key: value", blanks around both taken off, in place. */
static bool
split(char *line, char separator, char **ret_key, char **ret_value)
{
	char *at = strchr(line, separator), *end;

	line += strspn(line, " \t");
	if (at == NULL || *line == '#' || *line == ';')
		return false;
	*ret_value = at + 1 + strspn(at + 1, " \t");
	end = *ret_value + strcspn(*ret_value, "\r\n");
	while (end > *ret_value && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	*end = '\0';
	for (end = at; end > line && (end[-1] == ' ' || end[-1] == '\t');)
		end--;
	*end = '\0';
	*ret_key = line;
	return true;
}

/* A name without a slash is a file of p11-kit's folder. */
static json_t *
module_path(const char *value)
{
	if (value[0] == '/')
		return json_string(value);
	return json_sprintf("%s/%s", P11_KIT_MODULE_PATH, value);
}

json_t *
doctor_devices(const char *conf)
{
	json_t *devices = json_array();
	FILE *f = conf != NULL ? fopen(conf, "re") : NULL;
	char line[1024], name[256] = "", *key, *value;

	while (f != NULL && fgets(line, sizeof line, f) != NULL) {
		const char *s = line + strspn(line, " \t");

		if (*s == '[') {
			name[0] = '\0';
			(void)sscanf(s, "[device %255[^]]]", name);
		} else if (*name != '\0' && split(line, '=', &key, &value) &&
		    !strcmp(key, "module")) {
			json_array_append_new(devices,
			    json_pack("{s:s,s:o}", "name", name, "module",
				module_path(value)));
		}
	}
	if (f != NULL)
		fclose(f);
	if (json_array_size(devices) == 0)
		json_array_append_new(devices,
		    json_pack("{s:s,s:s}", "name", "softhsm", "module",
			P11_MDOC_SOFTHSM));
	return devices;
}

static bool
same_file(const char *a, const char *b)
{
	char *x = realpath(a, NULL), *y = realpath(b, NULL);
	bool same = x != NULL && y != NULL && !strcmp(x, y);

	free(x);
	free(y);
	return same;
}

/* NULL: there is no such file, or it does not have the key. */
static json_t *
value_of(const char *folder, const char *file, const char *wanted)
{
	char path[1024], line[1024], *key, *value;
	json_t *found = NULL;
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", folder, file);
	f = fopen(path, "re");
	while (f != NULL && found == NULL && fgets(line, sizeof line, f)) {
		if (split(line, ':', &key, &value) && !strcmp(key, wanted))
			found = json_string(value);
	}
	if (f != NULL)
		fclose(f);
	return found;
}

/* The module that a .module file of p11-kit names; to be freed, or NULL. */
static json_t *
named_by(const char *folder, const char *file)
{
	json_t *module = value_of(folder, file, "module"), *path;

	if (module == NULL || json_string_length(module) == 0)
		return module;
	path = module_path(json_string_value(module));
	json_decref(module);
	return path;
}

struct registered {
	bool ours;
	char twice[128]; /* the file that names the device's module, too */
};

/* Strongest first: a file goes over those of its name behind it. */
#define FOLDERS 3

struct folders {
	char user[1024];
	const char *path[FOLDERS];
	size_t n;
};

/* The folder of a user's configuration; false: p11-kit reads none for root. */
static bool
user_folder(char *out, size_t size, const char *below)
{
	const char *config = secure_getenv("XDG_CONFIG_HOME");
	const char *home = secure_getenv("HOME");
	int n;

	if (getuid() == 0 || (config == NULL && home == NULL))
		return false;
	n = snprintf(out, size, "%s%s/pkcs11%s", config != NULL ? config : home,
	    config != NULL ? "" : "/.config", below);
	return n > 0 && (size_t)n < size;
}

static bool
is_user_only(void)
{
	char folder[1024];
	bool only = false;
	json_t *value;

	if (!user_folder(folder, sizeof folder, ""))
		return false;
	value = value_of(folder, "pkcs11.conf", "user-config");
	only = value != NULL && !strcmp(json_string_value(value), "only");
	json_decref(value);
	return only;
}

static void
folders_list(struct folders *ret)
{
	ret->n = 0;
	if (user_folder(ret->user, sizeof ret->user, "/modules"))
		ret->path[ret->n++] = ret->user;
	if (is_user_only())
		return;
	ret->path[ret->n++] = "/etc/pkcs11/modules";
	ret->path[ret->n++] = P11_KIT_MODULE_CONFIGS;
}

static bool
is_covered(const struct folders *folders, size_t i, const char *file)
{
	for (size_t j = 0; j < i; j++) {
		json_t *stronger = named_by(folders->path[j], file);

		json_decref(stronger);
		if (stronger != NULL)
			return true;
	}
	return false;
}

static void
look_at(const struct folders *folders, size_t i, const char *file,
    const char *ours, const char *device, struct registered *ret)
{
	json_t *module = named_by(folders->path[i], file);
	const char *path = json_string_value(module);

	if (path != NULL && !is_covered(folders, i, file)) {
		if (same_file(path, ours))
			ret->ours = true;
		if (device != NULL && same_file(path, device))
			snprintf(ret->twice, sizeof ret->twice, "%s", file);
	}
	json_decref(module);
}

static void
look_into(const struct folders *folders, size_t i, const char *ours,
    const char *device, struct registered *ret)
{
	DIR *d = opendir(folders->path[i]);
	struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL) {
		size_t n = strlen(e->d_name);

		if (n >= 8 && !strcmp(e->d_name + n - 7, ".module"))
			look_at(folders, i, e->d_name, ours, device, ret);
	}
	if (d != NULL)
		closedir(d);
}

static void
check_p11_kit(json_t *checks, const char *ours, const char *device)
{
	struct registered r = { false, "" };
	struct folders folders;

	folders_list(&folders);
	for (size_t i = 0; i < folders.n; i++)
		look_into(&folders, i, ours, device, &r);
	if (r.ours && r.twice[0] != '\0')
		add(checks, "p11-kit", "warning",
		    json_sprintf("p11-kit shows each token twice: %s names "
				 "the device beside p11-mdoc.module",
			r.twice),
		    "an empty file of that name with the line \"module:\" in "
		    "/etc/pkcs11/modules hides the device");
	else if (r.ours)
		add(checks, "p11-kit", "ok",
		    json_string("p11-kit knows this module"), NULL);
	else
		add(checks, "p11-kit", "ok",
		    json_string("p11-kit does not know this module: programs "
				"have to name it"),
		    NULL);
}

/* The value of a key in SoftHSMv2's configuration; to be freed, or NULL. */
static char *
softhsm_folder(const char *conf)
{
	char line[1024], *key, *value, *folder = NULL;
	FILE *f = fopen(conf, "re");

	while (f != NULL && folder == NULL && fgets(line, sizeof line, f)) {
		if (split(line, '=', &key, &value) &&
		    !strcmp(key, "directories.tokendir"))
			folder = strdup(value);
	}
	if (f != NULL)
		fclose(f);
	return folder;
}

#define SOFTHSM_REMEDY                                                         \
	"set SOFTHSM2_CONF to a configuration of your own, or join the group " \
	"softhsm (Debian)"

static void
check_softhsm(json_t *checks)
{
	const char *conf = secure_getenv("SOFTHSM2_CONF");
	char *folder;

	if (conf == NULL || *conf == '\0')
		conf = "/etc/softhsm/softhsm2.conf";
	if (access(conf, R_OK) != 0) {
		add(checks, "softhsm", "error",
		    json_sprintf("SoftHSMv2's configuration %s: %s", conf,
			strerror(errno)),
		    SOFTHSM_REMEDY);
		return;
	}
	folder = softhsm_folder(conf);
	if (folder != NULL && access(folder, R_OK | X_OK) != 0)
		add(checks, "softhsm", "error",
		    json_sprintf("SoftHSMv2's tokens in %s: %s", folder,
			strerror(errno)),
		    SOFTHSM_REMEDY);
	else
		add(checks, "softhsm", "ok",
		    json_sprintf("SoftHSMv2's configuration is %s", conf),
		    NULL);
	free(folder);
}

static void
check_clock(json_t *checks)
{
	char text[32];
	time_t now = time(NULL);

	if (now < EARLIEST)
		add(checks, "clock", "error",
		    json_sprintf("the clock says %s", cli_time_text(now, text)),
		    "set it: certificates and documents are valid for a time");
	else
		add(checks, "clock", "ok",
		    json_sprintf("the clock says %s", cli_time_text(now, text)),
		    NULL);
}

json_t *
doctor_check_installation(const char *module, const char *conf,
    const char *device)
{
	json_t *checks = json_array();

	add(checks, "module", "ok", json_string(module), NULL);
	add(checks, "configuration", "ok",
	    conf != NULL ? json_string(conf)
			 : json_string("none was found: the device is "
				       "SoftHSMv2"),
	    NULL);
	check_p11_kit(checks, module, device);
	if (device != NULL && strstr(device, "softhsm") != NULL)
		check_softhsm(checks);
	check_clock(checks);
	return checks;
}
