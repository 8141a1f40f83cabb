/* Envelopes around what agents wrote (SPEC 5.1, 5.2): the model is told to read them as data. */
#ifndef ARK_LANG_ENVELOPE_H
#define ARK_LANG_ENVELOPE_H

#include "base/buf.h"

/* Appends
 *	<ark:step-output name="NAME">
 *	TEXT
 *	</ark:step-output>
 * without a newline at its end. In NAME `& < > "` are escaped as in XML, TEXT goes through
 * envelope_add_text. */
void envelope_add(struct buf *out, struct str name, struct str text);

/* Appends text so that nothing in it can open or close an envelope (SPEC 5.2): the `<` of `<`,
 * blanks, optional `/`, blanks, `ark:step-output` or `ark:memory` in any letter case becomes
 * `&lt;`. For the notes of SPEC 18.10 too. Blanks are Unicode white space. */
void envelope_add_text(struct buf *out, struct str text);

#endif
