/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * secure-start MODULE: what a program sees that runs with more rights than its
 * caller, if that is what it was made. Prints "secure=N rv=0x... BY".
 */
#include "config.h"

#include <sys/auxv.h>

#include <stdio.h>

#include "tests/support/module.h"

int
main(int argc, char **argv)
{
	CK_FUNCTION_LIST *f;
	CK_INFO info;
	CK_RV rv;

	if (argc != 2 || (f = module_open(argv[1])) == NULL)
		return 1;
	rv = f->C_Initialize(NULL);
	printf("secure=%lu rv=0x%lx", getauxval(AT_SECURE), rv);
	if (rv == CKR_OK && f->C_GetInfo(&info) == CKR_OK) {
		printf(" %.8s", info.manufacturerID);
		(void)f->C_Finalize(NULL);
	}
	printf("\n");
	return 0;
}
