/* Words of the template language. Blanks between them are a flag, not a word. */
#ifndef ARK_LANG_TEMPLATE_LEX_H
#define ARK_LANG_TEMPLATE_LEX_H

#include "base/fail.h"
#include "base/str.h"

enum token_kind {
	TOKEN_ERROR, /* text says what is wrong */
	TOKEN_EOF,
	TOKEN_TEXT, /* outside of actions, trimmed, not empty */
	TOKEN_OPEN, /* {{ */
	TOKEN_CLOSE,
	TOKEN_RIGHT_PAREN,
	TOKEN_PIPE,
	TOKEN_COMMA,
	TOKEN_DECLARE, /* := */
	TOKEN_ASSIGN,
	TOKEN_OTHER,	  /* a printable character that starts nothing */
	TOKEN_LEFT_PAREN, /* from here to TOKEN_RAW: what starts an operand */
	TOKEN_DOT,
	TOKEN_FIELD,	/* .name */
	TOKEN_VARIABLE, /* $ or $name */
	TOKEN_NAME,
	TOKEN_TRUE,
	TOKEN_FALSE,
	TOKEN_NIL,
	TOKEN_NUMBER,
	TOKEN_CHARACTER, /* '...' */
	TOKEN_STRING,	 /* "..." */
	TOKEN_RAW,	 /* `...` */
	TOKEN_BLOCK,	 /* from here: words of actions */
	TOKEN_BREAK,
	TOKEN_CONTINUE,
	TOKEN_DEFINE,
	TOKEN_ELSE,
	TOKEN_END,
	TOKEN_IF,
	TOKEN_RANGE,
	TOKEN_TEMPLATE,
	TOKEN_WITH,
};

struct token {
	enum token_kind kind;
	bool spaced;	 /* blanks stand before it */
	uint32_t at;	 /* offset in the source */
	struct str text; /* as written; of an error the words */
};

struct lexer {
	struct str source; /* valid UTF-8, shorter than 4 GiB */
	size_t at;
	unsigned parens;
	bool inside;	  /* an action */
	struct why words; /* of an error */
};

struct token lex_next(struct lexer *l);
/* Un-reads `last`, the newest token, which is no error and stands inside an action; at was
 * l->at before it was read. */
void lex_back(struct lexer *l, size_t at, const struct token *last);

#endif
