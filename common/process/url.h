/* URLs of any scheme in front of people: what is a secret in them (SPEC 2.9). Pure. */
#ifndef ARK_PROCESS_URL_H
#define ARK_PROCESS_URL_H

#include "base/buf.h"

/* What stands between `://` and `@`; ptr is NULL when there is none. Of http and https the
 * authority ends at the first `/`; elsewhere (redis, unix) an unescaped `/` in a password is taken
 * for a part of it, so that it is not printed. */
struct str url_userinfo(struct str url);
/* True when user information has a password. */
bool url_has_password(struct str url);
/* Appends the URL without user information, query and fragment; "(invalid URL)" for what has no
 * scheme. */
void url_add_clean(struct buf *out, struct str url);

#endif
