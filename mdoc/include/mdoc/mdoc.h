/* SPDX-License-Identifier: BSD-3-Clause */
/* mdoc.h: everything. libmdoc(3). */
#ifndef MDOC_MDOC_H
#define MDOC_MDOC_H

#include <mdoc/cert.h>
#include <mdoc/holder.h>
#include <mdoc/inspect.h>
#include <mdoc/issuer.h>
#include <mdoc/key.h>
#include <mdoc/report.h>
#include <mdoc/request.h>
#include <mdoc/session.h>
#include <mdoc/token.h>
#include <mdoc/transport.h>
#include <mdoc/types.h>
#include <mdoc/verify.h>

#endif
