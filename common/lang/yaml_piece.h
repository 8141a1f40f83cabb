/* Inside of the YAML reader: where one document of a text ends and the next begins. */
#ifndef ARK_LANG_YAML_PIECE_H
#define ARK_LANG_YAML_PIECE_H

#include "lang/yaml.h"

struct yaml_piece {
	struct str text;     /* holds one document at most, with its directives */
	uint32_t first_line; /* of text in the file, from 1 */
	uint32_t line;	     /* of the document: its `---` if it has one */
	bool empty;	     /* nothing but blanks, comments and markers */
};

/* Takes the next piece off y->rest, which is not empty. It ends before a `---` at the start of a
 * line, which ends a document also where quotes or a bracket are open: so an error in one
 * document does not hide the next. Directives belong to the `---` behind them. */
struct yaml_piece yaml_piece_next(struct yaml *y);

#endif
