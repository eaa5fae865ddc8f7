/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * purpose-record: the CBOR of the rule of a key and of its state, one map for
 * both: a rule has purposes, a state has a generation.
 */
#ifndef VENDOR_EXT_PURPOSE_RECORD_H
#define VENDOR_EXT_PURPOSE_RECORD_H

#include "vendor-ext/purpose.h"

/* CKR_ATTRIBUTE_VALUE_INVALID: docTypes that are not UTF-8. */
CK_RV
purpose_rule_write(const struct purpose *p, struct blob *ret) NODISCARD;
CK_RV
purpose_state_write(const struct purpose *p, struct blob *ret) NODISCARD;

/*
 * What a record says, added to what is known: of several records the stricter
 * values count. key_id: of p; false if the record is of another key, is broken,
 * or out of memory, and then *p must permit nothing.
 */
bool purpose_rule_merge(struct purpose *p, struct bytes record) NODISCARD;
bool purpose_state_merge(struct purpose *p, struct bytes record) NODISCARD;

#endif
