/* One number or text under a verb of printf with its flags, width and precision, as Go's fmt. */
#ifndef ARK_LANG_TEMPLATE_FORMAT_H
#define ARK_LANG_TEMPLATE_FORMAT_H

#include "base/buf.h"

struct format {
	struct buf *b;	  /* where it goes; `full` when something did not fit */
	struct buf piece; /* one operand, before it is padded */
	bool sharp, zero, plus, minus, space;
	bool sharp_v; /* %#v: '#' means something else there */
	bool has_width, has_precision;
	int width, precision;
};

/* Appends the text, padded to the width. */
void format_pad(struct format *f, struct str s);

/* False, and nothing is appended, when the verb is none of the kind. */
bool format_integer(struct format *f, int64_t v, uint32_t verb);
bool format_float(struct format *f, double d, uint32_t verb);
bool format_text(struct format *f, struct str s, uint32_t verb);

#endif
