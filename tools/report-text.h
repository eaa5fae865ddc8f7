/* SPDX-License-Identifier: BSD-3-Clause */
/* report-text: a verification report for a person or as JSON. */
#ifndef TOOLS_REPORT_TEXT_H
#define TOOLS_REPORT_TEXT_H

#include "cli.h"

/* Prints the report on standard output; the exit code that belongs to it. */
int report_print(const struct cli *c, const mdoc_report *report);
/* The same as a JSON object (without "schema"). NULL: out of memory. */
json_t *report_json(const struct cli *c, const mdoc_report *report);
int report_exit(const mdoc_report *report);
/* Without the claims; each line after prefix; f: stdout or stderr. */
void report_text(const struct cli *c, const mdoc_report *report, FILE *f);

#endif
