/* What the two halves of the parser share: template_parse.c for nodes, template_pipe.c for what
 * stands inside one action. */
#ifndef ARK_LANG_TEMPLATE_PARSER_H
#define ARK_LANG_TEMPLATE_PARSER_H

#include "lang/template_ast.h"
#include "lang/template_lex.h"
#include "lang/template_scope.h"

struct parser {
	struct arena *arena;
	struct lexer lexer;
	struct token ahead;
	struct scope scope;
	struct definition *definitions; /* in the order of the source */
	size_t definition_count, definition_cap;
	struct node **calls; /* of templates: their targets are found at the end */
	size_t call_count, call_cap;
	unsigned ranges; /* around this place, in this frame */
	unsigned depth, max_depth;
	unsigned kept; /* variables set so far: tells whether a stretch of source sets one */
	unsigned assigned;    /* by = or in parentheses: they outlive a turn of range */
	size_t pattern_steps; /* of the patterns checked so far */
	struct why *why;
};

#define parse_failf(p, at, ...) template_failf((p)->why, (p)->lexer.source, (at), __VA_ARGS__)

void parse_advance(struct parser *p);
/* Is the next word of that kind? */
bool parse_at(const struct parser *p, enum token_kind kind);
/* Takes the next word, which must be of that kind. */
enum fail parse_expect(struct parser *p, enum token_kind kind, const char *context);
/* "unexpected <word> in <context>", or what the lexer found wrong. */
enum fail parse_unexpected(struct parser *p, const char *context);
/* One parenthesis or control block more; the caller counts p->depth down. */
enum fail parse_enter(struct parser *p, uint32_t at);

/* A quoted text, which is the next word. */
enum fail parse_quoted(struct parser *p, struct str *ret);
/* declarations? command ('|' command)* end. The end is taken. */
enum fail parse_pipe(struct parser *p, enum token_kind end, const char *context,
		     struct pipe **ret);

#endif
