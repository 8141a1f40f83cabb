/* References between documents (RFC 3986, section 5): as much as schemas need. */
#ifndef ARK_LANG_REFERENCE_H
#define ARK_LANG_REFERENCE_H

#include "base/arena.h"
#include "base/str.h"

/* The reference ref as seen from base, dot segments removed. base may be empty or relative: then
 * the result may be relative too. The fragment of ref is kept, that of base never. */
struct str reference_resolve(struct arena *a, struct str base, struct str ref);

/* Cuts at the first '#'. Without one the fragment is empty. */
void reference_split(struct str uri, struct str *ret_absolute, struct str *ret_fragment);

/* %41 becomes A. False for a '%' without two hex digits. */
bool reference_unescape(struct arena *a, struct str s, struct str *ret);

#endif
