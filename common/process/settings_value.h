/* One value of a setting: reading its text, and saying what is wanted. For settings*.c only. */
#ifndef ARK_PROCESS_SETTINGS_VALUE_H
#define ARK_PROCESS_SETTINGS_VALUE_H

#include "process/settings.h"

enum { SETTING_WANTED_BYTES = 512, SETTING_NAME_BYTES = 128 };

/* Reads text and stores it in the row's member of *into; texts and lists are copied into the
 * arena. False when it does not parse or is out of range; nothing is stored then. */
bool setting_store(const struct setting *row, void *into, struct arena *a, struct str text);
/* Stores the row's own default number; rows with a text for a default go through setting_store. */
void setting_store_number(const struct setting *row, void *into, int64_t number);
/* "a number from 1 to 100" */
void setting_wanted(const struct setting *row, struct buf *out);
/* A number as one would write it: 64KiB, 1m30s, 100. */
void setting_add_number(const struct setting *row, int64_t number, struct buf *out);
/* ARK_REDIS_URL becomes redis-url (without the two dashes). */
void setting_flag(const char *name, char out[SETTING_NAME_BYTES]);
/* The program reads it (`only`). */
bool setting_applies(const struct settings *s, const struct setting *row);
bool setting_is_number(const struct setting *row);

#endif
