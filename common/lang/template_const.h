/* Number and character constants of templates, as Go reads them (SPEC 4.2). */
#ifndef ARK_LANG_TEMPLATE_CONST_H
#define ARK_LANG_TEMPLATE_CONST_H

#include "base/value.h"

/* An integer or a float. On failure *ret_what says why. */
bool template_number(struct arena *a, struct str text, struct value *ret,
		     const char **ret_what);

#endif
