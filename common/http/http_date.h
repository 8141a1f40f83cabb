/* Dates of HTTP: RFC 9110 5.6.7, all three forms read, IMF-fixdate written. Pure. */
#ifndef ARK_HTTP_HTTP_DATE_H
#define ARK_HTTP_HTTP_DATE_H

#include "base/str.h"

enum { HTTP_DATE_BYTES = 30 }; /* with the NUL */

/* Seconds since 1970 of the years 1601 to 9999. now_s decides the century of the form with two
 * digits: a date more than 50 years ahead is one of the past. */
bool http_date_parse(struct str s, int64_t now_s, int64_t *ret_s);
/* "Sun, 06 Nov 1994 08:49:37 GMT". Returns out. */
const char *http_date_text(int64_t s, char out[HTTP_DATE_BYTES]);

#endif
