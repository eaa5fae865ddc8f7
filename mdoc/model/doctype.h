/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * doctype: what is known of document types: namespaces, elements, their CBOR
 * types. The profiles of conf/profiles/doctypes are compiled in; the files
 * doctypes/NAME.json below the folder of installed profiles, then below the
 * one that P11_MDOC_PROFILES names, add to them or replace them.
 */
#ifndef MDOC_MODEL_DOCTYPE_H
#define MDOC_MODEL_DOCTYPE_H

#include "mdoc/codec/json-cbor.h"

struct doctype_name_space {
	char *id;
	struct json_cbor_rule *elements;
	size_t elements_n;
};

struct doctype {
	char *id; /* "org.iso.18013.5.1.mDL" */
	char *title;
	char **aliases; /* older spellings of id */
	size_t aliases_n;
	struct doctype_name_space *name_spaces;
	size_t name_spaces_n;
};

struct doctypes;

/* File, JSON pointer or line, and what is wrong there. */
struct doctypes_error {
	char text[1024];
};

/* MDOC_E_JSON or MDOC_E_IO: a profile that cannot be used. */
int
doctypes_new(struct doctypes **ret, struct doctypes_error *ret_error) NODISCARD;
void doctypes_free(struct doctypes **d);

/* One profile more; name: of the file, for errors. */
int doctypes_add(struct doctypes *d, struct bytes json, const char *name,
    struct doctypes_error *ret_error) NODISCARD;
/* All files *.json of a folder. A folder that is not there is no error. */
int doctypes_add_folder(struct doctypes *d, const char *folder,
    struct doctypes_error *ret_error) NODISCARD;

/* By id or alias. NULL: not known. */
const struct doctype *
doctypes_find(const struct doctypes *d, struct bytes doc_type);
/* The i-th; NULL past the last. */
const struct doctype *doctypes_at(const struct doctypes *d, size_t i);

/*
 * The rule of an element; NULL: not known. An id of a profile that ends in "NN"
 * ("age_over_NN") stands for two digits, one in "xx" ("biometric_template_xx")
 * for any ending.
 */
const struct json_cbor_rule *doctype_element(const struct doctype *d,
    struct bytes name_space, struct bytes element);

/*
 * Calls fn for each mandatory element of which has() says that it is not there:
 * of the first namespace of the profile, and of those others of which has()
 * says that they are there (element NULL: asks for the namespace as a whole).
 */
struct doctype_missing {
	bool (*has)(void *arg, const char *name_space, const char *element);
	void (*fn)(void *arg, const char *name_space, const char *element);
	void *arg;
};

void
doctype_find_missing(const struct doctype *d, const struct doctype_missing *m);

#endif
