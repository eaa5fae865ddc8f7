/* SPDX-License-Identifier: BSD-3-Clause */
/* prompt: questions to the person at the terminal. */
#ifndef TOOLS_PROMPT_H
#define TOOLS_PROMPT_H

#include <mdoc/mdoc.h>

/* An mdoc_pin_fn; arg is a struct cli. MDOC_E_LOGIN where there is no tty. */
int prompt_pin(void *arg, const char *token_label, int attempt, int final_try,
    mdoc_buf *ret_pin);
/* "Give ELEMENT of DOCTYPE?": 1 yes, 0 no; no terminal: 0. */
int prompt_give(mdoc_bytes doc_type, mdoc_bytes element, int retain);

#endif
