/*
 * A parsed template: what template_parse.c makes and the other template files read.
 *
 * Everything is in the arena of the template and is not changed after parsing. Places are
 * offsets into `source`; they follow Go's, so that errors name the same line and column.
 */
#ifndef ARK_LANG_TEMPLATE_AST_H
#define ARK_LANG_TEMPLATE_AST_H

#include "base/arena.h"
#include "base/utf8.h"
#include "base/value.h"
#include "lang/template.h"

struct function; /* template_exec.h */
struct pipe;

/* A variable that the parser knows and a run does not: set by = without a declaration, or
 * declared before the "else" that it is used behind. Go finds that when it runs. */
#define SLOT_UNDEFINED UINT32_MAX

enum operand_kind {
	OPERAND_CONST,	  /* a boolean, number or text */
	OPERAND_NIL,	  /* the word nil */
	OPERAND_DOT,	  /* . */
	OPERAND_FIELD,	  /* .a.b */
	OPERAND_VARIABLE, /* $x or $x.a.b */
	OPERAND_FUNCTION, /* name */
	OPERAND_PAREN,	  /* (pipeline) or (pipeline).a.b */
};

struct operand {
	enum operand_kind kind;
	uint32_t at;
	uint32_t field_count;
	const struct str *fields; /* .a.b of FIELD, VARIABLE and PAREN */
	struct str text;	  /* as it is written, for errors */
	union {
		struct value constant;
		uint32_t slot;
		const struct function *function;
		const struct pipe *paren;
	};
};

/* operand operand ...: the first one is called with the others when it is a function. */
struct command {
	uint32_t at;
	uint32_t count;
	const struct operand *operands;
	struct command *next; /* gets the result of this one as its last argument */
};

struct pipe {
	uint32_t at;
	uint32_t slots[2]; /* of the variables before := or = */
	struct str names[2];
	unsigned slot_count;
	bool assigns;	  /* = and not := */
	bool keeps;	  /* it, or a pipeline in its parentheses, sets a variable */
	bool kept_inside; /* one in its parentheses does */
	struct command *first;
};

enum node_kind {
	NODE_TEXT,
	NODE_ACTION,
	NODE_IF,
	NODE_WITH,
	NODE_RANGE,
	NODE_TEMPLATE,
	NODE_BREAK,
	NODE_CONTINUE,
};

/* if and with: the condition and its body, then those of "else if" and "else with". */
struct branch {
	const struct pipe *pipe;
	const struct node *body;
	struct branch *next;
};

/* The main text, or what stands between define or block and end. */
struct definition {
	struct str name;
	uint32_t at;
	uint32_t slots; /* variables of one call; slot 0 is $ */
	bool empty;	/* white space only: gives way to another one of the same name */
	const struct node *body;
};

struct node {
	enum node_kind kind;
	uint32_t at;
	struct node *next;
	union {
		struct str text;
		const struct pipe *pipe; /* ACTION */
		struct {
			const struct branch *branches;
			const struct node *otherwise;
		} choice; /* IF, WITH */
		struct {
			const struct pipe *pipe;
			const struct node *body, *otherwise;
			bool keeps; /* a turn sets a variable that outlives it */
		} range;
		struct {
			struct str name;
			const struct pipe *pipe;	 /* NULL: nil is passed */
			const struct definition *target; /* NULL: not defined */
		} call;					 /* TEMPLATE */
	};
};

struct template
{
	struct str source;
	struct definition main;
	const struct definition *definitions; /* by name */
	size_t definition_count;
	const struct node *single; /* the one action of SPEC 12.12, or NULL */
};

/* A name from the source as argument of "%.*s": long ones are cut, on a character. */
#define NAME_ARG(s) STR_ARG(utf8_first((s), 60))

/* "<line>:<column>: <what>" of a place. The answer is FAIL_INPUT. */
enum fail template_failf(struct why *why, struct str source, uint32_t at, const char *fmt, ...)
	PRINTF_LIKE(4, 5);
/* "template limit exceeded: <name>" at a place. */
enum fail template_limit(struct why *why, struct str source, uint32_t at, const char *name);

#endif
