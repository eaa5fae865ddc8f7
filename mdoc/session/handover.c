/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <string.h>

#include "mdoc/session/handover.h"

static void
write_qr(struct cbor_writer *w, const struct bytes *parts, size_t n)
{
	(void)parts;
	(void)n;
	cbor_put_null(w);
}

/* [Handover Select, Handover Request / null]: negotiated or static. */
static void
write_nfc(struct cbor_writer *w, const struct bytes *parts, size_t n)
{
	cbor_put_array(w, 2);
	cbor_put_bstr(w, parts[0]);
	if (n > 1)
		cbor_put_bstr(w, parts[1]);
	else
		cbor_put_null(w);
}

static const struct handover handovers[] = {
	{ "qr", 0, 0, "no parts", write_qr },
	{ "nfc", 1, 2, "Handover Select and perhaps Handover Request",
	    write_nfc },
};

const struct handover *
handover_find(const char *name)
{
	for (size_t i = 0; name != NULL && i < nitems(handovers); i++) {
		if (strcmp(handovers[i].name, name) == 0)
			return &handovers[i];
	}
	return NULL;
}

const struct handover *
handover_at(size_t i)
{
	return i < nitems(handovers) ? &handovers[i] : NULL;
}
