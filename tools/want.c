/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "want.h"

#define MDL_DOC_TYPE   "org.iso.18013.5.1.mDL"
#define MDL_NAME_SPACE "org.iso.18013.5.1"

struct copying {
	mdoc_request *to;
	size_t document;
	bool any;
};

static int
copy_element(void *arg, const mdoc_request_element *e)
{
	struct copying *p = arg;
	char *type = strndup((const char *)e->doc_type.ptr, e->doc_type.len);
	char *ns = strndup((const char *)e->name_space.ptr, e->name_space.len);
	char *el = strndup((const char *)e->element.ptr, e->element.len);
	int r = MDOC_E_MEMORY;

	if (type != NULL && ns != NULL && el != NULL) {
		r = MDOC_OK;
		if (!p->any || p->document != e->document)
			r = mdoc_request_add_document(p->to, type);
		if (r == MDOC_OK)
			r = mdoc_request_add_element(p->to, ns, el,
			    e->intent_to_retain);
		p->any = true;
		p->document = e->document;
	}
	free(type);
	free(ns);
	free(el);
	return r;
}

static int
from_file(struct cli *c, struct want *w, const char *name)
{
	struct copying p = { w->request, 0, false };
	mdoc_buf in = MDOC_BUF_INIT;
	int code = cli_read_cbor(c, name, &in);
	int r;

	if (code != CLI_OK)
		return code;
	r = mdoc_request_read(c->ctx, cli_bytes(&in), copy_element, &p);
	mdoc_buf_reset(&in);
	return r == MDOC_OK ? CLI_OK : cli_fail_mdoc(c, r, name);
}

/* "NS:ELEMENT"; the mDL's namespace may be left out. */
static int
add_get(struct cli *c, struct want *w, const char *get)
{
	const char *colon = strrchr(get, ':');
	char *ns = colon ? strndup(get, (size_t)(colon - get))
			 : strdup(MDL_NAME_SPACE);
	const char *element = colon ? colon + 1 : get;
	int r;

	if (ns == NULL)
		return cli_fail(c, CLI_ERROR, "out of memory");
	if (*ns == '\0' || *element == '\0') {
		free(ns);
		return cli_usage(c, "--get: \"%s\" is not NS:ELEMENT", get);
	}
	r = mdoc_request_add_element(w->request, ns, element,
	    cli_has(c, "retain"));
	free(ns);
	return r == MDOC_OK ? CLI_OK : cli_fail_mdoc(c, r, "--get");
}

static int
from_options(struct cli *c, struct want *w)
{
	const char *type = cli_get(c, "doctype");
	const char *get;
	int code, r;

	r = mdoc_request_add_document(w->request, type ? type : MDL_DOC_TYPE);
	code = r == MDOC_OK ? CLI_OK : cli_fail_mdoc(c, r, "--doctype");
	if (cli_get(c, "get") == NULL)
		return cli_usage(c, "--get NS:ELEMENT is needed");
	for (size_t i = 0;
	     code == CLI_OK && (get = cli_get_nth(c, "get", i)) != NULL; i++) {
		if (type != NULL && strcmp(type, MDL_DOC_TYPE) != 0 &&
		    strchr(get, ':') == NULL)
			return cli_usage(c, "--get %s: the namespace is needed",
			    get);
		code = add_get(c, w, get);
	}
	return code;
}

static int
open_reader(struct cli *c, struct want *w)
{
	int code;

	if (!cli_has(c, "reader-key"))
		return CLI_OK;
	code = source_key(c, "reader-key", &w->reader_key);
	if (code == CLI_OK)
		code = source_chain_open(c, "reader-cert", &w->chain);
	return code;
}

int
want_open(struct cli *c, struct want *ret)
{
	const char *file = cli_get(c, "request");
	int r, code;

	*ret = (struct want){ 0 };
	r = mdoc_request_new(c->ctx, &ret->request);
	if (r != MDOC_OK)
		return cli_fail_mdoc(c, r, NULL);
	code = file != NULL ? from_file(c, ret, file) : from_options(c, ret);
	if (code == CLI_OK)
		code = open_reader(c, ret);
	if (code != CLI_OK)
		want_close(ret);
	return code;
}

int
want_encode(struct cli *c, struct want *w, mdoc_bytes transcript, mdoc_buf *ret)
{
	int r = mdoc_request_encode(w->request, w->reader_key, w->chain.x5chain,
	    w->chain.n, transcript, ret);

	return r == MDOC_OK ? CLI_OK : cli_fail_mdoc(c, r, NULL);
}

void
want_close(struct want *w)
{
	mdoc_request_free(&w->request);
	mdoc_key_free(&w->reader_key);
	source_chain_close(&w->chain);
}
