/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <mdoc/types.h>

#include "mdoc/model/doctype-data.h"
#include "mdoc/model/doctype.h"

#define RULE_DEPTH_MAX 8
#define FILE_MAX_LEN   ((size_t)1 << 20)

struct doctypes {
	struct doctype *list;
	size_t n;
};

/* What is being loaded, and where in it. */
struct loader {
	struct json_cbor at; /* its pointer only */
	const char *name;
	struct doctypes_error *error;
};

static int __attribute__((format(printf, 3, 4)))
fail(struct loader *l, int code, const char *format, ...)
{
	char *text = l->error->text;
	const size_t size = sizeof(l->error->text);
	va_list ap;
	int n;

	n = snprintf(text, size, "%.256s: %s: ", l->name,
	    l->at.pointer[0] != '\0' ? l->at.pointer : "/");
	va_start(ap, format);
	(void)vsnprintf(text + n, size - (size_t)n, format, ap);
	va_end(ap);
	return code;
}

static int
no_memory(struct loader *l)
{
	return fail(l, MDOC_E_MEMORY, "out of memory");
}

/* ---- releasing */

/* As deep as rules_load goes. */
static void
rules_free(struct json_cbor_rule *rules, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		rules_free(rules[i].members, rules[i].members_n);
		free(rules[i].id);
		free(rules[i].values);
	}
	free(rules);
}

static void
doctype_reset(struct doctype *d)
{
	for (size_t i = 0; i < d->aliases_n; i++)
		free(d->aliases[i]);
	for (size_t i = 0; i < d->name_spaces_n; i++) {
		rules_free(d->name_spaces[i].elements,
		    d->name_spaces[i].elements_n);
		free(d->name_spaces[i].id);
	}
	free(d->aliases);
	free(d->name_spaces);
	free(d->id);
	free(d->title);
	*d = (struct doctype){ .id = NULL };
}

/* ---- reading a profile */

static int
string_load(struct loader *l, const json_t *value, char **ret)
{
	char *s;

	if (!json_is_string(value) || json_string_length(value) == 0)
		return fail(l, MDOC_E_JSON, "a string expected, not empty");
	s = strdup(json_string_value(value));
	if (s == NULL)
		return no_memory(l);
	free(*ret);
	*ret = s;
	return MDOC_OK;
}

/* A member of an object that is known: reads it into what target points to. */
struct field {
	const char *name;
	int (*load)(struct loader *l, json_t *value, void *target,
	    unsigned depth);
	bool mandatory;
};

static int
fields_load(struct loader *l, json_t *object, const struct field *fields,
    void *target, unsigned depth)
{
	const size_t length = strlen(l->at.pointer);
	const struct field *f;
	const char *name;
	json_t *value;
	int r;

	if (!json_is_object(object))
		return fail(l, MDOC_E_JSON, "an object expected");
	for (f = fields; f->name != NULL; f++) {
		if (f->mandatory && json_object_get(object, f->name) == NULL)
			return fail(l, MDOC_E_JSON, "\"%s\" is missing",
			    f->name);
	}
	json_object_foreach(object, name, value)
	{
		for (f = fields; f->name != NULL; f++) {
			if (strcmp(f->name, name) == 0)
				break;
		}
		json_cbor_enter(&l->at, name);
		if (f->name == NULL)
			return fail(l, MDOC_E_JSON, "not a known member");
		r = f->load(l, value, target, depth);
		if (r != MDOC_OK)
			return r;
		json_cbor_leave(&l->at, length);
	}
	return MDOC_OK;
}

static int
type_load(struct loader *l, json_t *value, void *target, unsigned depth)
{
	struct json_cbor_rule *rule = target;
	const char *name;

	(void)depth;
	for (int i = 0; json_is_string(value); i++) {
		name = json_cbor_type_name((enum json_cbor_type)i);
		if (name == NULL)
			break;
		if (strcmp(name, json_string_value(value)) == 0) {
			rule->type = (enum json_cbor_type)i;
			return MDOC_OK;
		}
	}
	return fail(l, MDOC_E_JSON,
	    "tstr, uint, int, number, bool, bstr, full-date, tdate, date, "
	    "array, map or any expected");
}

/* Mandatory, optional, recommended, conditional. */
static int
presence_load(struct loader *l, json_t *value, void *target, unsigned depth)
{
	struct json_cbor_rule *rule = target;
	const char *text = json_string_value(value);

	(void)depth;
	if (text == NULL || strlen(text) != 1 || strchr("MORC", *text) == NULL)
		return fail(l, MDOC_E_JSON, "M, O, R or C expected");
	rule->mandatory = *text == 'M';
	return MDOC_OK;
}

static int
max_length_load(struct loader *l, json_t *value, void *target, unsigned depth)
{
	struct json_cbor_rule *rule = target;

	(void)depth;
	if (!json_is_integer(value) || json_integer_value(value) <= 0)
		return fail(l, MDOC_E_JSON, "a number above 0 expected");
	rule->max_length = (size_t)json_integer_value(value);
	return MDOC_OK;
}

static int
latin1_load(struct loader *l, json_t *value, void *target, unsigned depth)
{
	struct json_cbor_rule *rule = target;

	(void)depth;
	if (!json_is_boolean(value))
		return fail(l, MDOC_E_JSON, "true or false expected");
	rule->latin1 = json_is_true(value);
	return MDOC_OK;
}

static int
values_load(struct loader *l, json_t *value, void *target, unsigned depth)
{
	struct json_cbor_rule *rule = target;
	json_t *number;
	size_t i;

	(void)depth;
	if (!json_is_array(value) || json_array_size(value) == 0)
		return fail(l, MDOC_E_JSON, "an array of integers expected");
	rule->values = calloc(json_array_size(value), sizeof(*rule->values));
	if (rule->values == NULL)
		return no_memory(l);
	json_array_foreach(value, i, number)
	{
		if (!json_is_integer(number))
			return fail(l, MDOC_E_JSON,
			    "an array of integers expected");
		rule->values[rule->values_n++] = json_integer_value(number);
	}
	return MDOC_OK;
}

static int rules_load(struct loader *l, json_t *object,
    struct json_cbor_rule **ret, size_t *ret_n, unsigned depth);
static int
rule_load(struct loader *l, json_t *value, void *target, unsigned depth);

static int
members_load(struct loader *l, json_t *value, void *target, unsigned depth)
{
	struct json_cbor_rule *rule = target;

	if (rule->members != NULL)
		return fail(l, MDOC_E_JSON, "items or members, not both");
	return rules_load(l, value, &rule->members, &rule->members_n,
	    depth + 1);
}

static int
items_load(struct loader *l, json_t *value, void *target, unsigned depth)
{
	struct json_cbor_rule *rule = target;

	if (rule->members != NULL)
		return fail(l, MDOC_E_JSON, "items or members, not both");
	rule->members = calloc(1, sizeof(*rule->members));
	if (rule->members == NULL)
		return no_memory(l);
	rule->members_n = 1;
	return rule_load(l, value, rule->members, depth + 1);
}

static int
comment_load(struct loader *l, json_t *value, void *target, unsigned depth)
{
	(void)target;
	(void)depth;
	return json_is_string(value)
	    ? MDOC_OK
	    : fail(l, MDOC_E_JSON, "a string expected");
}

/* What a type may say about its values. */
static bool
rule_is_sound(const struct json_cbor_rule *rule, const json_t *value)
{
	const bool text = rule->type == JSON_CBOR_TSTR;
	const bool array = rule->type == JSON_CBOR_ARRAY;

	return (!rule->latin1 || text) &&
	    (rule->max_length == 0 || text || rule->type == JSON_CBOR_BSTR) &&
	    (rule->values_n == 0 || rule->type == JSON_CBOR_UINT ||
		rule->type == JSON_CBOR_INT) &&
	    (json_object_get(value, "items") == NULL || array) &&
	    (json_object_get(value, "members") == NULL || !array);
}

static int
rule_load(struct loader *l, json_t *value, void *target, unsigned depth)
{
	static const struct field fields[] = {
		{ "comment", comment_load, false },
		{ "type", type_load, true },
		{ "presence", presence_load, false },
		{ "maxLength", max_length_load, false },
		{ "latin1", latin1_load, false },
		{ "values", values_load, false },
		{ "items", items_load, false },
		{ "members", members_load, false },
		{ NULL, NULL, false },
	};
	int r;

	if (depth > RULE_DEPTH_MAX)
		return fail(l, MDOC_E_JSON, "nested deeper than %d",
		    RULE_DEPTH_MAX);
	r = fields_load(l, value, fields, target, depth);
	if (r == MDOC_OK && !rule_is_sound(target, value))
		r = fail(l, MDOC_E_JSON,
		    "maxLength, latin1, values, items or members that do not "
		    "belong to this type");
	return r;
}

/* {ID: RULE, ...}; what was loaded is in *ret also on failure. */
static int
rules_load(struct loader *l, json_t *object, struct json_cbor_rule **ret,
    size_t *ret_n, unsigned depth)
{
	const size_t length = strlen(l->at.pointer);
	struct json_cbor_rule *rule;
	const char *name;
	json_t *value;
	int r;

	if (!json_is_object(object) || json_object_size(object) == 0)
		return fail(l, MDOC_E_JSON, "an object expected, not empty");
	*ret = calloc(json_object_size(object), sizeof(**ret));
	if (*ret == NULL)
		return no_memory(l);
	json_object_foreach(object, name, value)
	{
		rule = &(*ret)[(*ret_n)++];
		rule->id = strdup(name);
		if (rule->id == NULL)
			return no_memory(l);
		json_cbor_enter(&l->at, name);
		r = rule_load(l, value, rule, depth);
		if (r != MDOC_OK)
			return r;
		json_cbor_leave(&l->at, length);
	}
	return MDOC_OK;
}

static int
id_load(struct loader *l, json_t *value, void *target, unsigned depth)
{
	struct doctype *d = target;

	(void)depth;
	return string_load(l, value, &d->id);
}

static int
title_load(struct loader *l, json_t *value, void *target, unsigned depth)
{
	struct doctype *d = target;

	(void)depth;
	return string_load(l, value, &d->title);
}

static int
aliases_load(struct loader *l, json_t *value, void *target, unsigned depth)
{
	struct doctype *d = target;
	json_t *alias;
	size_t i;
	int r;

	(void)depth;
	if (!json_is_array(value))
		return fail(l, MDOC_E_JSON, "an array of strings expected");
	if (json_array_size(value) == 0)
		return MDOC_OK;
	d->aliases = calloc(json_array_size(value), sizeof(*d->aliases));
	if (d->aliases == NULL)
		return no_memory(l);
	json_array_foreach(value, i, alias)
	{
		r = string_load(l, alias, &d->aliases[d->aliases_n]);
		if (r != MDOC_OK)
			return r;
		d->aliases_n++;
	}
	return MDOC_OK;
}

static int
name_spaces_load(struct loader *l, json_t *value, void *target, unsigned depth)
{
	const size_t length = strlen(l->at.pointer);
	struct doctype *d = target;
	struct doctype_name_space *n;
	const char *name;
	json_t *elements;
	int r;

	if (!json_is_object(value) || json_object_size(value) == 0)
		return fail(l, MDOC_E_JSON, "an object expected, not empty");
	d->name_spaces =
	    calloc(json_object_size(value), sizeof(*d->name_spaces));
	if (d->name_spaces == NULL)
		return no_memory(l);
	json_object_foreach(value, name, elements)
	{
		n = &d->name_spaces[d->name_spaces_n++];
		n->id = strdup(name);
		if (n->id == NULL)
			return no_memory(l);
		json_cbor_enter(&l->at, name);
		r = rules_load(l, elements, &n->elements, &n->elements_n,
		    depth + 1);
		if (r != MDOC_OK)
			return r;
		json_cbor_leave(&l->at, length);
	}
	return MDOC_OK;
}

static int
doctype_load(struct loader *l, json_t *root, struct doctype *d)
{
	static const struct field fields[] = {
		{ "comment", comment_load, false },
		{ "docType", id_load, true },
		{ "title", title_load, true },
		{ "aliases", aliases_load, false },
		{ "namespaces", name_spaces_load, true },
		{ NULL, NULL, false },
	};

	return fields_load(l, root, fields, d, 0);
}

/* ---- the set */

/* Takes the content of *d over. */
static int
doctypes_put(struct loader *l, struct doctypes *set, struct doctype *d)
{
	struct doctype *p;

	for (size_t i = 0; i < set->n; i++) {
		if (strcmp(set->list[i].id, d->id) == 0) {
			doctype_reset(&set->list[i]);
			set->list[i] = *d;
			return MDOC_OK;
		}
	}
	p = reallocarray(set->list, set->n + 1, sizeof(*p));
	if (p == NULL)
		return no_memory(l);
	set->list = p;
	set->list[set->n++] = *d;
	return MDOC_OK;
}

int
doctypes_add(struct doctypes *d, struct bytes json, const char *name,
    struct doctypes_error *ret_error)
{
	struct loader l = { .name = name, .error = ret_error };
	struct doctype one = { .id = NULL };
	json_error_t e;
	json_t *root;
	int r;

	root = json_loadb((const char *)json.ptr, json.len,
	    JSON_REJECT_DUPLICATES, &e);
	if (root == NULL) {
		(void)snprintf(ret_error->text, sizeof(ret_error->text),
		    "%.256s: line %d, column %d: %s", name, e.line, e.column,
		    e.text);
		return MDOC_E_JSON;
	}
	r = doctype_load(&l, root, &one);
	if (r == MDOC_OK)
		r = doctypes_put(&l, d, &one);
	if (r != MDOC_OK)
		doctype_reset(&one);
	json_decref(root);
	return r;
}

static int
add_file(struct doctypes *d, const char *path, struct doctypes_error *ret_error)
{
	FILE *f = fopen(path, "rbe");
	struct blob content = BLOB_INIT;
	uint8_t buf[2048];
	bool memory = true;
	size_t n;
	int r;

	while (f != NULL && memory && content.len <= FILE_MAX_LEN &&
	    (n = fread(buf, 1, sizeof(buf), f)) > 0)
		memory = blob_append(&content, buf, n);
	if (f == NULL || ferror(f) || content.len > FILE_MAX_LEN) {
		(void)snprintf(ret_error->text, sizeof(ret_error->text),
		    "%.512s: %s", path,
		    content.len > FILE_MAX_LEN ? "too long" : strerror(errno));
		r = MDOC_E_IO;
	} else if (!memory) {
		(void)snprintf(ret_error->text, sizeof(ret_error->text),
		    "out of memory");
		r = MDOC_E_MEMORY;
	} else {
		r = doctypes_add(d, blob_bytes(&content), path, ret_error);
	}
	if (f != NULL)
		fclose(f);
	blob_reset(&content);
	return r;
}

static int
is_profile(const struct dirent *e)
{
	const size_t n = strlen(e->d_name);

	return n > 5 && e->d_name[0] != '.' &&
	    strcmp(e->d_name + n - 5, ".json") == 0;
}

int
doctypes_add_folder(struct doctypes *d, const char *folder,
    struct doctypes_error *ret_error)
{
	struct dirent **names = NULL;
	char path[1024];
	int n, r = MDOC_OK;

	n = scandir(folder, &names, is_profile, alphasort);
	if (n < 0 && errno != ENOENT && errno != ENOTDIR) {
		(void)snprintf(ret_error->text, sizeof(ret_error->text),
		    "%.512s: %s", folder, strerror(errno));
		return MDOC_E_IO;
	}
	for (int i = 0; i < n; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder,
		    names[i]->d_name);
		if (r == MDOC_OK)
			r = add_file(d, path, ret_error);
		free(names[i]);
	}
	free(names);
	return r;
}

static int
add_all(struct doctypes *d, struct doctypes_error *ret_error)
{
	const char *folder = secure_getenv("P11_MDOC_PROFILES");
	char path[1024];
	int r = MDOC_OK;

	for (const struct doctype_data *p = doctype_data;
	     r == MDOC_OK && p->name != NULL; p++)
		r = doctypes_add(d, bytes_of(p->json, p->len), p->name,
		    ret_error);
	if (r == MDOC_OK)
		r = doctypes_add_folder(d,
		    P11_MDOC_DATADIR "/profiles/doctypes", ret_error);
	if (r == MDOC_OK && folder != NULL && folder[0] != '\0') {
		(void)snprintf(path, sizeof(path), "%s/doctypes", folder);
		r = doctypes_add_folder(d, path, ret_error);
	}
	return r;
}

int
doctypes_new(struct doctypes **ret, struct doctypes_error *ret_error)
{
	struct doctypes *d = calloc(1, sizeof(*d));
	int r;

	if (d == NULL) {
		(void)snprintf(ret_error->text, sizeof(ret_error->text),
		    "out of memory");
		return MDOC_E_MEMORY;
	}
	r = add_all(d, ret_error);
	if (r == MDOC_OK)
		*ret = d;
	else
		doctypes_free(&d);
	return r;
}

void
doctypes_free(struct doctypes **d)
{
	if (d == NULL || *d == NULL)
		return;
	for (size_t i = 0; i < (*d)->n; i++)
		doctype_reset(&(*d)->list[i]);
	free((*d)->list);
	free(*d);
	*d = NULL;
}

/* ---- looking up */

const struct doctype *
doctypes_at(const struct doctypes *d, size_t i)
{
	return i < d->n ? &d->list[i] : NULL;
}

const struct doctype *
doctypes_find(const struct doctypes *d, struct bytes doc_type)
{
	for (size_t i = 0; i < d->n; i++) {
		if (bytes_equal_str(doc_type, d->list[i].id))
			return &d->list[i];
	}
	for (size_t i = 0; i < d->n; i++) {
		for (size_t j = 0; j < d->list[i].aliases_n; j++) {
			if (bytes_equal_str(doc_type, d->list[i].aliases[j]))
				return &d->list[i];
		}
	}
	return NULL;
}

/* "age_over_NN" and "biometric_template_xx" */
static bool
pattern_matches(const char *pattern, struct bytes id)
{
	const size_t n = strlen(pattern);

	if (n < 3 || id.len < n - 1 || memcmp(pattern, id.ptr, n - 2) != 0)
		return false;
	if (strcmp(pattern + n - 2, "xx") == 0)
		return true;
	return strcmp(pattern + n - 2, "NN") == 0 && id.len == n &&
	    id.ptr[n - 2] >= '0' && id.ptr[n - 2] <= '9' &&
	    id.ptr[n - 1] >= '0' && id.ptr[n - 1] <= '9';
}

const struct json_cbor_rule *
doctype_element(const struct doctype *d, struct bytes name_space,
    struct bytes element)
{
	const struct doctype_name_space *n;

	for (size_t i = 0; i < d->name_spaces_n; i++) {
		n = &d->name_spaces[i];
		if (!bytes_equal_str(name_space, n->id))
			continue;
		for (size_t j = 0; j < n->elements_n; j++) {
			if (bytes_equal_str(element, n->elements[j].id))
				return &n->elements[j];
		}
		for (size_t j = 0; j < n->elements_n; j++) {
			if (pattern_matches(n->elements[j].id, element))
				return &n->elements[j];
		}
	}
	return NULL;
}

void
doctype_find_missing(const struct doctype *d, const struct doctype_missing *m)
{
	const struct doctype_name_space *n;

	for (size_t i = 0; i < d->name_spaces_n; i++) {
		n = &d->name_spaces[i];
		if (i > 0 && !m->has(m->arg, n->id, NULL))
			continue;
		for (size_t j = 0; j < n->elements_n; j++) {
			if (n->elements[j].mandatory &&
			    !m->has(m->arg, n->id, n->elements[j].id))
				m->fn(m->arg, n->id, n->elements[j].id);
		}
	}
}
