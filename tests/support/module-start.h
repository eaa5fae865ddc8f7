/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * module-start: the module's own code, linked into a test, over SoftHSMv2 or
 * over the stub device. A test that uses it links $(module_libs).
 */
#ifndef TESTS_SUPPORT_MODULE_START_H
#define TESTS_SUPPORT_MODULE_START_H

#include "module/device/device.h"
#include "tests/support/module.h"
#include "tests/support/stub-device.h"

/* Flags of a session that reads and writes. */
#define MODULE_RW (CKF_SERIAL_SESSION | CKF_RW_SESSION)

/*
 * A token, the module initialised on it, and a read-write session with the
 * user logged in. false: a line on standard error says why.
 */
bool module_start(struct softhsm *s, CK_SESSION_HANDLE *ret) NODISCARD;
/* C_Finalize; the token goes with the program. */
void module_stop(void);

/*
 * The stub device's switches, all off; NULL if it is not where it is built.
 * C_Initialize is left to the test. conf: lines for its section, or NULL.
 */
struct stub *module_configure_stub(const char *conf);

/* The same with n copies of it, one or two lines for each; n at most 8. */
#define MODULE_MAX_STUBS 8
bool module_configure_stubs(size_t n, const char *const *conf,
    struct stub **ret) NODISCARD;

/* The devices below the module that runs now. */
struct device *module_device_at(size_t i);
struct device *module_device(void);

#endif
