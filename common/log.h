/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * log: nothing, unless P11_MDOC_DEBUG (read with secure_getenv) is 1, 2 or 3;
 * then lines on stderr. Never pass a PIN, a key, a secret or a data element.
 */
#ifndef COMMON_LOG_H
#define COMMON_LOG_H

#include <stdbool.h>

enum log_level {
	LOG_ERROR = 1,
	LOG_INFO = 2,
	LOG_DEBUG = 3
};

bool log_enabled(enum log_level level);
void log_printf(enum log_level level, const char *area, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
