/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What PKCS#11 3.0 adds and p11-kit's header does not have before 0.25, in
 * the words of the specification. A newer header wins.
 */
#ifndef MODULE_PKCS11_3_H
#define MODULE_PKCS11_3_H

#include <p11-kit/pkcs11.h>

#if CRYPTOKI_VERSION_MAJOR < 3

typedef struct CK_INTERFACE {
	CK_UTF8CHAR *pInterfaceName;
	void *pFunctionList;
	CK_FLAGS flags;
} CK_INTERFACE;

#define CKF_INTERFACE_FORK_SAFE 0x00000001UL

typedef CK_RV (*CK_C_GetInterfaceList)(CK_INTERFACE *, CK_ULONG *);
typedef CK_RV (*CK_C_GetInterface)(CK_UTF8CHAR *, CK_VERSION *, CK_INTERFACE **,
    CK_FLAGS);

CK_RV C_GetInterfaceList(CK_INTERFACE *list, CK_ULONG *n);
CK_RV C_GetInterface(CK_UTF8CHAR *name, CK_VERSION *version, CK_INTERFACE **ret,
    CK_FLAGS flags);

#endif

#endif
