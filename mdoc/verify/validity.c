/* SPDX-License-Identifier: BSD-3-Clause */
/* The dates of the MSO (18013-5 12.3.4, 12.8.1). */
#include "config.h"

#include "mdoc/verify/issuer-auth.h"

static void
date_form(struct verification *v, const char *name, const struct date *d,
    bool *ret_good)
{
	mdoc_check *c;

	if (d->fraction) {
		c = verification_deviation(v, DEV_DATE_FRACTION);
		c->actual = name;
		*ret_good = false;
	}
	if (d->offset) {
		c = verification_deviation(v, DEV_DATE_OFFSET);
		c->actual = name;
		*ret_good = false;
	}
}

/* expected and actual are texts with a date behind them. */
static void
date_deviation(struct verification *v, enum deviation d, const char *expected,
    int64_t expected_date, const char *actual, int64_t actual_date)
{
	mdoc_check *c = verification_deviation(v, d);

	c->expected = report_text(v->report, "%s %s", expected,
	    verification_date(v, expected_date));
	c->actual = report_text(v->report, "%s %s", actual,
	    verification_date(v, actual_date));
}

/* Returns false if a date fails. */
static bool
order_check(struct verification *v, const struct mso *m, const struct cert *ds)
{
	const int64_t signed_at = m->signed_at.seconds;
	const int64_t from = m->valid_from.seconds;
	const int64_t until = m->valid_until.seconds;
	bool good = true;

	if (until <= from) {
		date_deviation(v, DEV_UNTIL_BEFORE_FROM, "later than", from,
		    "validUntil", until);
		good = false;
	}
	if (from < signed_at) {
		date_deviation(v, DEV_FROM_BEFORE_SIGNED, "not before",
		    signed_at, "validFrom", from);
	}
	if (ds == NULL)
		return good;
	if (signed_at < ds->not_before) {
		date_deviation(v, DEV_SIGNED_OUTSIDE, "notBefore",
		    ds->not_before, "signed", signed_at);
		good = false;
	}
	if (signed_at > ds->not_after) {
		date_deviation(v, DEV_SIGNED_OUTSIDE, "notAfter", ds->not_after,
		    "signed", signed_at);
		good = false;
	}
	if (until > ds->not_after)
		date_deviation(v, DEV_UNTIL_AFTER_DS, "notAfter", ds->not_after,
		    "validUntil", until);
	return good;
}

void
validity_verify(struct verification *v, const struct mso *m,
    const struct cert *ds)
{
	bool good = true;

	date_form(v, "signed", &m->signed_at, &good);
	date_form(v, "validFrom", &m->valid_from, &good);
	date_form(v, "validUntil", &m->valid_until, &good);
	if (m->has_expected_update)
		date_form(v, "expectedUpdate", &m->expected_update, &good);
	if (good)
		(void)verification_check(v, CHECK_MSO_DATE_FORM, MDOC_PASS);

	good = order_check(v, m, ds);
	if (v->at < m->valid_from.seconds) {
		date_deviation(v, DEV_NOT_YET, "valid at", v->at, "validFrom",
		    m->valid_from.seconds);
		good = false;
	}
	if (v->at > m->valid_until.seconds) {
		date_deviation(v, DEV_EXPIRED, "valid at", v->at, "validUntil",
		    m->valid_until.seconds);
		good = false;
	}
	if (good)
		(void)verification_check(v, CHECK_MSO_VALIDITY, MDOC_PASS);
}
