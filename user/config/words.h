/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The words of the file for its enums. An unknown number becomes "?". */
#ifndef IPT_WORDS_H
#define IPT_WORDS_H

#include <stdint.h>

const char *words_alone(uint32_t alone); /* enum config_alone */
const char *words_rollout(uint32_t rollout); /* enum config_rollout */
const char *words_initial(uint32_t initial); /* enum config_initial */
const char *words_relinquish(uint32_t relinquish); /* enum config_relinquish */
const char *words_mode(uint32_t mode); /* enum config_mode */
const char *words_prefix(uint32_t prefix); /* enum config_prefix */
const char *words_address(uint32_t address); /* enum config_address */

/* enum ipt_vip_scope */
const char *words_scope(uint32_t scope);

#endif
