/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "mdoc/codec/date.h"

#define TAG_TDATE       0    /* RFC 8949 3.4.1 */
#define TAG_FULL_DATE   1004 /* RFC 8943 */

#define SECONDS_PER_DAY 86400

static const uint8_t month_days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31,
	30, 31 };

static bool
is_leap(unsigned year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static unsigned
days_of_month(unsigned year, unsigned month)
{
	return month == 2 && is_leap(year) ? 29 : month_days[month - 1];
}

/* Days from 0000-01-01 to the first day of the year. */
static int64_t
days_before_year(unsigned year)
{
	const int64_t y = year;

	return year == 0
	    ? 0
	    : 365 * y + (y - 1) / 4 - (y - 1) / 100 + (y - 1) / 400 + 1;
}

#define EPOCH_DAYS 719528 /* days_before_year(1970) */

/* n digits, a number from min to max. */
static bool
take_number(struct bytes *text, unsigned n, unsigned min, unsigned max,
    unsigned *ret)
{
	unsigned v = 0;
	uint8_t c;

	while (n-- > 0) {
		if (!bytes_take_u8(text, &c) || c < '0' || c > '9')
			return false;
		v = v * 10 + c - '0';
	}
	if (v < min || v > max)
		return false;
	*ret = v;
	return true;
}

static bool
take_char(struct bytes *text, char wanted)
{
	uint8_t c;

	return bytes_take_u8(text, &c) && c == (uint8_t)wanted;
}

/* full-date of RFC 3339 5.6, as days since 1970-01-01 */
static bool
take_full_date(struct bytes *text, int64_t *ret)
{
	unsigned year, month, day;
	int64_t days;

	if (!take_number(text, 4, 0, 9999, &year) || !take_char(text, '-') ||
	    !take_number(text, 2, 1, 12, &month) || !take_char(text, '-') ||
	    !take_number(text, 2, 1, days_of_month(year, month), &day))
		return false;
	days = days_before_year(year) - EPOCH_DAYS + day - 1;
	while (--month > 0)
		days += days_of_month(year, month);
	*ret = days;
	return true;
}

/* Fractional seconds say nothing that validity depends on. */
static bool
skip_fraction(struct bytes *text, bool *ret_fraction)
{
	struct bytes rest = *text;
	unsigned digit;

	if (!take_char(&rest, '.'))
		return true;
	if (!take_number(&rest, 1, 0, 9, &digit))
		return false;
	do {
		*text = rest;
	} while (take_number(&rest, 1, 0, 9, &digit));
	*ret_fraction = true;
	return true;
}

/* "Z", or what to subtract to get there. */
static bool
take_offset(struct bytes *text, bool *ret_offset, int64_t *ret_seconds)
{
	unsigned hours, minutes;
	int64_t seconds;
	uint8_t c;

	if (!bytes_take_u8(text, &c))
		return false;
	*ret_seconds = 0;
	if (c == 'Z')
		return true;
	if ((c != '+' && c != '-') || !take_number(text, 2, 0, 23, &hours) ||
	    !take_char(text, ':') || !take_number(text, 2, 0, 59, &minutes))
		return false;
	seconds = (int64_t)hours * 3600 + (int64_t)minutes * 60;
	*ret_seconds = c == '+' ? seconds : -seconds;
	*ret_offset = true;
	return true;
}

bool
date_parse(struct bytes text, struct date *ret)
{
	struct date date = { 0 };
	unsigned hour, minute, second;
	int64_t days, offset;

	if (!take_full_date(&text, &days) || !take_char(&text, 'T') ||
	    !take_number(&text, 2, 0, 23, &hour) || !take_char(&text, ':') ||
	    !take_number(&text, 2, 0, 59, &minute) || !take_char(&text, ':') ||
	    !take_number(&text, 2, 0, 59, &second) ||
	    !skip_fraction(&text, &date.fraction) ||
	    !take_offset(&text, &date.offset, &offset) || text.len != 0)
		return false;
	date.seconds = days * SECONDS_PER_DAY + (int64_t)hour * 3600 +
	    (int64_t)minute * 60 + second - offset;
	*ret = date;
	return true;
}

bool
date_parse_full(struct bytes text, int64_t *ret)
{
	int64_t days;

	if (!take_full_date(&text, &days) || text.len != 0)
		return false;
	*ret = days * SECONDS_PER_DAY;
	return true;
}

/* A text string under this tag. */
static bool
read_tagged(struct cbor_reader *r, uint64_t tag, struct bytes *ret,
    size_t *ret_offset)
{
	const size_t offset = cbor_offset(r);
	uint64_t number;

	if (!cbor_get_tag(r, &number))
		return false;
	if (number != tag)
		return cbor_fail(r, CBOR_E_TYPE, offset, NULL);
	*ret_offset = cbor_offset(r);
	return cbor_get_tstr(r, ret);
}

bool
date_read(struct cbor_reader *r, struct date *ret)
{
	struct bytes text;
	size_t offset = 0;

	if (!read_tagged(r, TAG_TDATE, &text, &offset))
		return false;
	if (!date_parse(text, ret))
		return cbor_fail(r, CBOR_E_RANGE, offset, NULL);
	return true;
}

bool
date_read_full(struct cbor_reader *r, int64_t *ret)
{
	struct bytes text;
	size_t offset = 0;

	if (!read_tagged(r, TAG_FULL_DATE, &text, &offset))
		return false;
	if (!date_parse_full(text, ret))
		return cbor_fail(r, CBOR_E_RANGE, offset, NULL);
	return true;
}

/* n digits and what follows them */
static char *
put_number(char *p, unsigned n, int64_t v, char after)
{
	for (unsigned i = n; i-- > 0; v /= 10)
		p[i] = (char)('0' + v % 10);
	p[n] = after;
	return p + n + 1;
}

bool
date_format(int64_t seconds, char *out)
{
	int64_t days, rest;
	unsigned year, month = 1;

	if (seconds < -(int64_t)EPOCH_DAYS * SECONDS_PER_DAY ||
	    seconds >= (days_before_year(10000) - EPOCH_DAYS) * SECONDS_PER_DAY)
		return false;
	seconds += (int64_t)EPOCH_DAYS * SECONDS_PER_DAY;
	days = seconds / SECONDS_PER_DAY;
	rest = seconds % SECONDS_PER_DAY;
	/* At most one too many. */
	year = (unsigned)(days / 365);
	while (days_before_year(year) > days)
		year--;
	days -= days_before_year(year);
	for (; days >= days_of_month(year, month); month++)
		days -= days_of_month(year, month);
	out = put_number(out, 4, year, '-');
	out = put_number(out, 2, month, '-');
	out = put_number(out, 2, days + 1, 'T');
	out = put_number(out, 2, rest / 3600, ':');
	out = put_number(out, 2, rest / 60 % 60, ':');
	out = put_number(out, 2, rest % 60, 'Z');
	*out = '\0';
	return true;
}

void
date_write(struct cbor_writer *w, int64_t seconds)
{
	char text[32];

	if (!date_format(seconds, text)) {
		if (w->error == CBOR_OK)
			w->error = CBOR_E_RANGE;
		return;
	}
	cbor_put_tag(w, TAG_TDATE);
	cbor_put_str(w, text);
}

void
date_write_full(struct cbor_writer *w, struct bytes text)
{
	cbor_put_tag(w, TAG_FULL_DATE);
	cbor_put_tstr(w, text);
}
