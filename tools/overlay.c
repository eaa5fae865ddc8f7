/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <errno.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "overlay.h"

static int
no_memory(const struct cli *c)
{
	return cli_fail(c, CLI_ERROR, "out of memory");
}

int
overlay_folder(struct cli *c, struct overlay *o)
{
	const char *parent = secure_getenv("TMPDIR");

	if (o->folder != NULL)
		return CLI_OK;
	if (parent == NULL || *parent != '/')
		parent = "/tmp";
	if (asprintf(&o->folder, "%s/p11-mdoc.XXXXXX", parent) < 0) {
		o->folder = NULL;
		return no_memory(c);
	}
	if (mkdtemp(o->folder) != NULL)
		return CLI_OK;
	(void)cli_fail(c, CLI_ERROR, "%s: %s", o->folder, strerror(errno));
	free(o->folder);
	o->folder = NULL;
	return CLI_ERROR;
}

/* One line of p11-mdoc.conf(5); " ;" would begin a comment. */
static bool
is_value(const char *s)
{
	for (const char *p = s; *p != '\0'; p++) {
		if ((unsigned char)*p < ' ' ||
		    (*p == ';' && p > s && p[-1] == ' '))
			return false;
	}
	return true;
}

static int
write_conf(struct cli *c, struct overlay *o, const char *init_args)
{
	FILE *f;
	int code = overlay_folder(c, o);

	if (code != CLI_OK)
		return code;
	if (asprintf(&o->conf, "%s/p11-mdoc.conf", o->folder) < 0) {
		o->conf = NULL;
		return no_memory(c);
	}
	f = fopen(o->conf, "wxe");
	if (f == NULL)
		return cli_fail(c, CLI_ERROR, "%s: %s", o->conf,
		    strerror(errno));
	fprintf(f, "[device module]\nmodule = %s\n", o->device);
	if (init_args != NULL)
		fprintf(f, "init-args = %s\n", init_args);
	if (fclose(f) != 0)
		return cli_fail(c, CLI_ERROR, "%s: %s", o->conf,
		    strerror(errno));
	return CLI_OK;
}

/* A name without a slash is a file of p11-kit's folder, as in p11-kit. */
static char *
whole_path(const char *module)
{
	char *path = NULL;

	if (strchr(module, '/') != NULL)
		return realpath(module, NULL);
	if (asprintf(&path, "%s/%s", P11_KIT_MODULE_PATH, module) < 0)
		return NULL;
	if (access(path, R_OK) != 0) {
		free(path);
		return NULL;
	}
	return path;
}

int
overlay_open(struct cli *c, const char *module, const char *init_args,
    struct overlay *ret)
{
	char *path;

	if (module == NULL)
		module = secure_getenv("P11_MDOC_MODULE");
	path = module != NULL ? whole_path(module) : NULL;
	if (module != NULL && path == NULL)
		return cli_fail(c, CLI_TOKEN, "%s: %s", module,
		    strerror(errno != 0 ? errno : ENOENT));
	if (path != NULL && cli_is_own_module(path)) {
		ret->own = path;
		path = NULL;
	} else {
		ret->own = cli_own_module();
	}
	if (path == NULL && init_args != NULL)
		return cli_usage(c, "--init-args goes with --module");
	if (ret->own == NULL)
		return cli_fail(c, CLI_ERROR,
		    "p11-mdoc.so is not found: neither next to the program nor "
		    "at " P11_MDOC_MODULE);
	if (path == NULL)
		return CLI_OK;
	ret->device = path;
	if (!is_value(path) || (init_args != NULL && !is_value(init_args)))
		return cli_usage(c,
		    "--module, --init-args: control characters and \" ;\" "
		    "cannot be written to p11-mdoc.conf");
	return write_conf(c, ret, init_args);
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

void
overlay_close(struct overlay *o)
{
	if (o->folder != NULL)
		(void)nftw(o->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(o->own);
	free(o->device);
	free(o->conf);
	free(o->folder);
	*o = (struct overlay)OVERLAY_INIT;
}
