/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * login: the user's PIN from where "pin-source" in p11-mdoc.conf says, so that
 * applications work with a token whose PIN they do not have.
 */
#ifndef MODULE_LOGIN_H
#define MODULE_LOGIN_H

#include "module/device/device.h"

/*
 * For a new session of the device: logs in, unless somebody is. A PIN that
 * cannot be read or is refused is not tried again, as tokens count tries;
 * then applications have to log in as ever. Does nothing without pin-source.
 */
void login_user(struct device *d, CK_SESSION_HANDLE down);
/* Says in what a device says of its token that no application need log in. */
void login_info(const struct device *d, CK_TOKEN_INFO *info);

#endif
