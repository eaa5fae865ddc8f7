/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * folder: a folder of folders of small files, ROOT/GROUP/NAME, that only their
 * owner may read. A file is written once, as a whole: a crash leaves all of it
 * or nothing. Groups and names are FOLDER_NAME_LEN hexadecimal digits; anything
 * else that lies there is left alone.
 */
#ifndef MODULE_FOLDER_H
#define MODULE_FOLDER_H

#include <stdbool.h>

#include <p11-kit/pkcs11.h>

#include "common/blob.h"
#include "common/util.h"

#define FOLDER_NAME_LEN 32
/* Longer ones are not read. */
#define FOLDER_MAX_FILE (16UL << 20)

typedef char folder_name[FOLDER_NAME_LEN + 1];

/* $XDG_DATA_HOME/p11-mdoc, or ~/.local/share/p11-mdoc; NULL: no such place. */
char *folder_default(void);
/* n bytes, half as many as there are digits. */
void
folder_name_make(const uint8_t bytes[FOLDER_NAME_LEN / 2], folder_name ret);

/*
 * CKR_TOKEN_WRITE_PROTECTED: it may not be written; CKR_DEVICE_MEMORY: no room;
 * CKR_FUNCTION_FAILED. What is missing of the path is made.
 */
CK_RV folder_write(const char *root, const char *group, const char *name,
    struct bytes content) NODISCARD;
/* CKR_OBJECT_HANDLE_INVALID: there is none. */
CK_RV folder_read(const char *root, const char *group, const char *name,
    struct blob *ret) NODISCARD;
CK_RV
folder_remove(const char *root, const char *group, const char *name) NODISCARD;
/* Of a group, or all groups (NULL); *ret is to be freed. None is no error. */
CK_RV folder_list(const char *root, const char *group, folder_name **ret,
    size_t *ret_n) NODISCARD;

#endif
