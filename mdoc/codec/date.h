/* SPDX-License-Identifier: BSD-3-Clause */
/* date: tdate (tag 0, RFC 3339) and full-date (tag 1004). */
#ifndef MDOC_CODEC_DATE_H
#define MDOC_CODEC_DATE_H

#include "common/cbor.h"

struct date {
	int64_t seconds; /* since 1970-01-01T00:00:00Z */
	bool fraction;   /* had fractional seconds: tolerated, not allowed */
	bool offset;     /* had an offset other than Z: the same */
};

/*
 * "2026-11-21T12:00:00Z". Strict but for what struct date notes: upper case,
 * field ranges, days of the month, no leap second.
 */
bool date_parse(struct bytes text, struct date *ret) NODISCARD;
/* "2026-11-21" */
bool date_parse_full(struct bytes text, int64_t *ret) NODISCARD;
/* 0("..."). Errors have an offset and no text: cbor_expect names the field. */
bool date_read(struct cbor_reader *r, struct date *ret) NODISCARD;
/* A year outside 0000 to 9999 is the writer's error CBOR_E_RANGE. */
void date_write(struct cbor_writer *w, int64_t seconds);
/* 1004("2026-11-21") (RFC 8943) */
bool date_read_full(struct cbor_reader *r, int64_t *ret) NODISCARD;
void date_write_full(struct cbor_writer *w, struct bytes text);
/* 20 characters and a NUL; out holds 32. false: not a year of four digits. */
bool date_format(int64_t seconds, char *out) NODISCARD;

#endif
