/* Floats as Go's strconv.FormatFloat writes them. */
#ifndef ARK_LANG_GO_FLOAT_H
#define ARK_LANG_GO_FLOAT_H

#include "base/buf.h"

/* format: e E f g G b x X; precision: -1 is the fewest digits that read back equal. A NaN is
 * "NaN", infinities are "+Inf" and "-Inf". */
void go_float_add(struct buf *b, double d, char format, int precision);

#endif
