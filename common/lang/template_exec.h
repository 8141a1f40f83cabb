/*
 * One run of a template: what template_run.c, template_exec.c, template_eval.c and the helpers
 * in template_func_*.c share. Nobody else includes it but the parser, which looks up functions.
 *
 * Depth on the C stack: control blocks, parentheses and template calls are counted by
 * exec_enter; nested values by TEMPLATE_VALUE_DEPTH. Memory: what a run computes is in x->arena
 * and counts against value_bytes; exec_room and text_end check it.
 */
#ifndef ARK_LANG_TEMPLATE_EXEC_H
#define ARK_LANG_TEMPLATE_EXEC_H

#include "lang/regex.h"
#include "lang/template_ast.h"

enum jump { JUMP_NONE, JUMP_BREAK, JUMP_CONTINUE };

enum { EXEC_PATTERNS = 64 };

/* The patterns used last: helpers in a loop compile theirs once. */
struct exec_pattern {
	char *text;
	size_t len;
	struct regex *regex;
};

struct exec {
	const struct template *t;
	const struct template_env *env;
	const struct template_limits *limits;
	struct arena *arena;
	size_t arena_base; /* used before the run */
	struct buf *out;
	size_t out_base;
	struct buf text; /* where text_begin lets a helper build its result */
	struct why *why;
	uint32_t at; /* the place that an error names */
	const struct function *calling;
	enum jump jump; /* a break or continue on its way to its range */
	unsigned depth, max_depth;
	uint64_t nodes;
	int64_t work;	     /* left */
	struct value *slots; /* variables of all frames */
	size_t slot_base, slot_top, slot_cap;
	struct exec_pattern patterns[EXEC_PATTERNS];
	unsigned pattern_next;
};

/* ---- failing, counting */

/* "<line>:<column>: <what>" */
enum fail exec_failf(struct exec *x, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* The same of the helper that is being called: "error calling <name>: <what>". */
enum fail call_failf(struct exec *x, const char *fmt, ...) PRINTF_LIKE(2, 3);
enum fail exec_limit(struct exec *x, const char *name);
/* One level of template, parentheses or control block more; exec_leave takes it back. */
enum fail exec_enter(struct exec *x);
void exec_leave(struct exec *x);
/* Counts effort that no node shows, in units of about a nanosecond. A run has EXEC_WORK_PER_NODE for each
 * node that it may execute; then it ends with the limit `nodes`. So a run takes about a tenth of a second at most,
 * whatever its texts are. */
enum {
	EXEC_WORK_PER_NODE = 700,
	EXEC_CALL_WORK = 64, /* of a function */
	EXEC_PIPE_WORK = 32,
	EXEC_OPERAND_WORK = 16,	      /* a value that is looked up */
	EXEC_ITEM_WORK = 16,	      /* of a list or map that is printed or gone through */
	EXEC_ENTRY_WORK = 200,	      /* of a map that is made: sorting */
	EXEC_FLOAT_WORK = 800,	      /* its digits */
	EXEC_PATTERN_WORK = 10000,    /* compiling one, ... */
	EXEC_PATTERN_STEP_WORK = 256, /* ... and for each step of its program */
	/* for a byte */
	EXEC_MADE_WORK = 4,	 /* of a text that is made */
	EXEC_PARSED_WORK = 12,	 /* of JSON */
	EXEC_CASE_WORK = 6,	 /* letters that change */
	EXEC_LAYOUT_WORK = 64,	 /* of a date's layout */
	EXEC_READS_PER_WORK = 2, /* bytes for a unit: comparing, searching */
};
enum fail exec_work(struct exec *x, size_t units);
enum fail exec_read(struct exec *x, size_t bytes);
/* What printing v takes, its texts left out: they count when they are made. */
enum fail exec_weigh(struct exec *x, const struct value *v);
/* Is there room for so many bytes of values more? Fails with the limit `output`. */
enum fail exec_room(struct exec *x, size_t bytes);
/* Memory for count items of size bytes, or that failure. */
enum fail exec_array(struct exec *x, size_t count, size_t size, void *ret_array);

/* ---- values */

/* Text that a helper makes: append to the buffer, then text_end makes the value. One at a time.
 */
struct buf *text_begin(struct exec *x);
enum fail text_end(struct exec *x, struct value *ret);

/* Whose output is in v: the first origin of a text in it, or of its keys; empty = nobody's. */
struct str value_origin(const struct value *v);

/* Go's %v of one value; nil is <nil>. False when it is nested too deep. */
bool print_value(struct buf *b, const struct value *v);
/* print_value, or the limit `depth`. */
enum fail exec_print(struct exec *x, struct buf *b, const struct value *v);
/* What an action prints: nil is <no value>, marked texts in their envelope. */
enum fail exec_output(struct exec *x, const struct value *v);
/* int, float64, string, bool, <nil>, list, map, time */
const char *go_type(enum value_kind kind);

enum fail eval_pipe(struct exec *x, const struct pipe *pipe, const struct value *dot,
		    struct value *ret);

bool is_true(const struct value *v);

/* Room for the variables of a call, all nil. */
enum fail exec_push_frame(struct exec *x, uint32_t count);
/* The text of a definition in a frame of its own, root being its $ and dot. */
enum fail exec_definition(struct exec *x, const struct definition *d, const struct value *root);
/* Text into the output, within its limit. */
enum fail exec_write(struct exec *x, struct str text);

/* ---- functions */

enum {
	FUNCTION_ANY = 255,  /* as max: as many arguments as there are */
	FUNCTION_LAZY = 1,   /* and, or: evaluated here, not called */
	FUNCTION_MAKES = 2,  /* a text that it returns is made of its arguments (SPEC 5.1) */
	FUNCTION_REGEX = 4,  /* the first argument is a pattern */
	FUNCTION_FORMAT = 8, /* the first argument is a text and nothing else */
};

struct function {
	struct str name;
	unsigned char min, max, flags;
	enum fail (*call)(struct exec *x, const struct value *args, size_t count,
			  struct value *ret);
};

/* NULL when there is none. */
const struct function *function_find(struct str name);
bool function_takes_pattern(const struct function *f);

/* ---- arguments of helpers (SPEC 4.9); they fail with the helper's name */

struct number {
	bool is_integer;
	int64_t integer;
	double real; /* of an integer too */
};

enum fail arg_text(struct exec *x, const struct value *v, struct str *ret);
/* The first n arguments as texts. */
enum fail arg_texts(struct exec *x, const struct value *args, size_t n, struct str *ret);
enum fail arg_number(struct exec *x, const struct value *v, struct number *ret);
/* A number that is an integer, 2.0 included. */
enum fail arg_integer(struct exec *x, const struct value *v, int64_t *ret);
enum fail arg_list(struct exec *x, const struct value *v, struct value_list *ret);
enum fail arg_map(struct exec *x, const struct value *v, struct value *ret);
/* Does the text hold a number as JSON has it, blanks around it allowed? Fails when it holds one
 * that no double does. */
enum fail text_number(struct exec *x, struct str text, bool *ret_holds, struct number *ret);
struct value number_value(struct number n);

#define HELPER(name)                                                                           \
	enum fail name(struct exec *x, const struct value *args, size_t count,                 \
		       struct value *ret)

/* template_func_base.c: built-ins */
HELPER(func_not);
HELPER(func_len);
HELPER(func_index);
HELPER(func_slice);
HELPER(func_print);
HELPER(func_println);
HELPER(func_html);
HELPER(func_js);
HELPER(func_urlquery);
HELPER(func_default);
HELPER(func_coalesce);
HELPER(func_ternary);
HELPER(func_empty);
/* template_printf.c */
HELPER(func_printf);
/* template_compare.c */
HELPER(func_eq);
HELPER(func_ne);
HELPER(func_lt);
HELPER(func_le);
HELPER(func_gt);
HELPER(func_ge);
/* template_func_text.c, template_func_join.c, template_func_regex.c */
HELPER(func_upper);
HELPER(func_lower);
HELPER(func_title);
HELPER(func_trim);
HELPER(func_trim_prefix);
HELPER(func_trim_suffix);
HELPER(func_has_prefix);
HELPER(func_has_suffix);
HELPER(func_contains);
HELPER(func_replace);
HELPER(func_repeat);
HELPER(func_trunc);
HELPER(func_abbrev);
HELPER(func_split);
HELPER(func_split_list);
HELPER(func_join);
HELPER(func_quote);
HELPER(func_squote);
HELPER(func_indent);
HELPER(func_nindent);
HELPER(func_to_string);
HELPER(func_regex_match);
HELPER(func_regex_replace_all);
/* template_func_number.c */
HELPER(func_int);
HELPER(func_float64);
HELPER(func_add);
HELPER(func_sub);
HELPER(func_mul);
HELPER(func_div);
HELPER(func_mod);
HELPER(func_max);
HELPER(func_min);
HELPER(func_round);
/* template_func_list.c */
HELPER(func_list);
HELPER(func_dict);
HELPER(func_get);
HELPER(func_has_key);
HELPER(func_keys);
HELPER(func_values);
HELPER(func_first);
HELPER(func_last);
HELPER(func_rest);
HELPER(func_uniq);
HELPER(func_sort_alpha);
/* template_func_code.c */
HELPER(func_to_json);
HELPER(func_to_pretty_json);
HELPER(func_from_json);
HELPER(func_b64enc);
HELPER(func_b64dec);
HELPER(func_sha256sum);
/* template_func_time.c */
HELPER(func_now);
HELPER(func_date);
HELPER(func_date_in_zone);
HELPER(func_unix_epoch);

/* Compact JSON of v as toJson writes it, keys in byte order. False when nested too deep. */
bool template_json(struct buf *b, const struct value *v);
/* eq of two values (SPEC 4.7): false and words when they cannot be compared. */
bool values_equal(const struct value *a, const struct value *b, bool *ret,
		  const char **ret_what);
/* -1, 0, 1: exact also between integer and float. */
int number_cmp(const struct value *a, const struct value *b);

#endif
