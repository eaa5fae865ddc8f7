/* SPDX-License-Identifier: BSD-3-Clause */
/* select: which items of a credential answer a docRequest. */
#ifndef MDOC_HOLDER_SELECT_H
#define MDOC_HOLDER_SELECT_H

#include "mdoc/holder/credential.h"
#include "mdoc/model/request.h"

/* An element that was asked for and is not given. */
struct refused {
	struct bytes name_space;
	struct bytes element;
};

struct selection {
	const mdoc_credential *credential; /* NULL: none of this docType */
	struct bytes doc_type;
	uint8_t *chosen; /* by item: 0 or 1 */
	size_t chosen_n;
	struct refused *refused; /* grouped by namespace, as requested */
	size_t refused_n;
	size_t refused_cap;
};

/* s->credential and s->doc_type are set. Asks for consent. */
int selection_make(struct selection *s, mdoc_ctx *ctx,
    const mdoc_present_params *params, const struct doc_request *d) NODISCARD;
void selection_reset(struct selection *s);

#endif
