/*
 * The compiled form of a schema: private to common/lang/schema_*.c.
 *
 * A document is cut into resources (a part with its own $id and draft) and nodes (one for each
 * schema in it). Nodes are found by the address of the value that they were made from, so that two
 * references to one place share a node, and references may be cyclic.
 */
#ifndef ARK_LANG_SCHEMA_NODE_H
#define ARK_LANG_SCHEMA_NODE_H

#include "lang/regex.h"
#include "lang/schema.h"
#include "lang/table.h"

enum draft {
	DRAFT_7 = 1,
	DRAFT_2020 = 2,
	DRAFT_ANY = 3,
};

/* --- keywords ---------------------------------------------------------------------------- */

enum keyword {
	KW_ANNOTATION, /* no effect (SPEC 5.10) */
	KW_ANCHOR,
	KW_DEFS,
	KW_DYNAMIC_ANCHOR,
	KW_DYNAMIC_REF,
	KW_ID,
	KW_REF,
	KW_ADDITIONAL_ITEMS,
	KW_ADDITIONAL_PROPERTIES,
	KW_ALL_OF,
	KW_ANY_OF,
	KW_CONST,
	KW_CONTAINS,
	KW_DEFINITIONS,
	KW_DEPENDENCIES,
	KW_DEPENDENT_REQUIRED,
	KW_DEPENDENT_SCHEMAS,
	KW_ELSE,
	KW_ENUM,
	KW_EXCLUSIVE_MAXIMUM,
	KW_EXCLUSIVE_MINIMUM,
	KW_IF,
	KW_ITEMS,
	KW_MAX_CONTAINS,
	KW_MAX_ITEMS,
	KW_MAX_LENGTH,
	KW_MAX_PROPERTIES,
	KW_MAXIMUM,
	KW_MIN_CONTAINS,
	KW_MIN_ITEMS,
	KW_MIN_LENGTH,
	KW_MIN_PROPERTIES,
	KW_MINIMUM,
	KW_MULTIPLE_OF,
	KW_NOT,
	KW_ONE_OF,
	KW_PATTERN,
	KW_PATTERN_PROPERTIES,
	KW_PREFIX_ITEMS,
	KW_PROPERTIES,
	KW_PROPERTY_NAMES,
	KW_REQUIRED,
	KW_THEN,
	KW_TYPE,
	KW_UNEVALUATED_ITEMS,
	KW_UNEVALUATED_PROPERTIES,
	KW_UNIQUE_ITEMS,
};

/* What the value of a keyword must be. */
enum shape {
	SHAPE_ANY,
	SHAPE_BOOL,
	SHAPE_TEXT,
	SHAPE_LIST,
	SHAPE_ID,
	SHAPE_ANCHOR,
	SHAPE_NUMBER,
	SHAPE_ABOVE_ZERO,
	SHAPE_COUNT,
	SHAPE_TYPE,
	SHAPE_NAMES,	    /* a list of texts, each once */
	SHAPE_MAP_OF_NAMES, /* a map of such lists */
	SHAPE_MAP_OF_BOOLS,
	/* schemas stand in it */
	SHAPE_SCHEMA,
	SHAPE_SCHEMAS,	     /* a list of schemas, not empty */
	SHAPE_ITEMS,	     /* a schema; in draft-07 also a list of them */
	SHAPE_MAP,	     /* a map of schemas */
	SHAPE_MAP_MIXED,     /* a map of schemas and SHAPE_NAMES: dependencies */
	SHAPE_UNUSED_SCHEMA, /* one that nothing applies: contentSchema */
};

struct keyword_info {
	struct str name;
	enum keyword keyword;
	enum draft drafts;
	enum shape shape;
};

/* The keyword of that name in a draft, or NULL: unknown. */
const struct keyword_info *schema_keyword(struct str name, enum draft draft);

/* --- nodes ------------------------------------------------------------------------------- */

struct node;

struct resource {
	struct str uri; /* absolute where the document says so; no fragment */
	const struct value *root;
	enum draft draft;
	uint32_t id;
};

struct node_list {
	struct node **nodes;
	size_t count;
};

/* nodes[i] belongs to map->entries[i]; NULL where that is no schema. */
struct node_map {
	const struct value_map *map; /* NULL = the keyword is absent */
	struct node **nodes;
};

/* All places that carry one $dynamicAnchor, by the id of their resource. */
struct dynamic_target {
	uint32_t resource;
	struct node *node;
};
struct dynamic_anchor {
	struct dynamic_target *targets;
	size_t count, cap;
	size_t vertex; /* for the search for cycles */
	struct dynamic_anchor *next;
};

struct number_rules {
	/* VALUE_INT or VALUE_FLOAT; NULL = absent */
	const struct value *minimum, *maximum, *above, *below, *multiple_of;
};

struct string_rules {
	size_t min, max; /* code points */
	const struct regex *pattern;
	struct str pattern_text;
};

struct array_rules {
	size_t min, max;
	size_t min_contains, max_contains;
	bool unique;
	struct node_list prefix;
	struct node *rest; /* items behind the prefix */
	struct node *contains;
};

enum { DEPENDENCY_KEYWORDS = 3 };

struct object_rules {
	size_t min, max;
	const struct value *required;
	struct node_map properties;
	struct node_map patterns;
	const struct regex **regexes; /* of patterns, in the same order */
	struct node *additional;
	struct node *names;
	/* dependentSchemas, dependentRequired, dependencies: an entry without node is a list of
	 * names */
	struct node_map dependencies[DEPENDENCY_KEYWORDS];
	size_t dependency_count;
};

struct logic_rules {
	struct node_list all_of, any_of, one_of;
	struct node *not_, *if_, *then_, *else_;
};

enum node_kind {
	NODE_TRUE, /* also {} */
	NODE_FALSE,
	NODE_RULES,
};

/* Types of a value as bits; a whole number has two. */
enum {
	TYPE_NULL = 1,
	TYPE_BOOLEAN = 2,
	TYPE_INTEGER = 4,
	TYPE_NUMBER = 8,
	TYPE_STRING = 16,
	TYPE_ARRAY = 32,
	TYPE_OBJECT = 64,
};

struct node {
	enum node_kind kind;
	unsigned types; /* 0 = any */
	const struct value *at;
	struct resource *resource;
	struct node *ref;
	struct node *dynamic_ref;	/* where it leads by its text alone */
	struct dynamic_anchor *dynamic; /* not NULL: the dynamic scope decides */
	const struct value *constant;
	const struct value *choices;	     /* list of enum ... */
	const struct value **sorted_choices; /* ... in the order of schema_compare */
	struct number_rules *number;
	struct string_rules *string;
	struct array_rules *array;
	struct object_rules *object;
	struct logic_rules *logic;
	struct node *unevaluated_items, *unevaluated_properties;
	size_t vertex;
};

struct pattern {
	struct regex *regex;
	struct pattern *next;
};

struct schema {
	struct schema_limits limits;
	struct node *root;
	struct pattern *patterns;
	struct table nodes; /* of the address of a value, as key of 8 bytes */
	uint32_t resource_count, pattern_count;
};

/* --- compiling (schema_*.c but those below) ----------- */

struct compiler {
	struct arena *arena;
	struct schema *schema;
	struct table resources; /* URI -> struct resource */
	struct table anchors;	/* URI#anchor -> struct node */
	struct table dynamics;	/* name -> struct dynamic_anchor */
	struct dynamic_anchor *first_dynamic;
	struct table patterns; /* text -> struct regex */
	struct node **queue;   /* every node; those from `done` on wait for their keywords */
	size_t queued, queue_cap, done;
	size_t pattern_size;	      /* of all patterns together */
	const struct value *document; /* to name places in error texts */
	enum draft draft;	      /* of the document */
};

/* A document of its own, with the URI that it has without $id: makes a node for each schema in it
 * and notes their names. */
enum fail schema_document(struct compiler *c, const struct value *v, struct str uri,
			  struct node **ret, struct why *why) MUST_CHECK;
/* The keywords of a node that schema_document made; references are followed, which may make more. */
enum fail schema_compile_node(struct compiler *c, struct node *n, struct why *why) MUST_CHECK;
/* The node that the schema of that value has, or NULL. */
struct node *schema_node_at(const struct schema *s, const struct value *v);
/* Where $ref or $dynamicRef leads. */
enum fail schema_resolve(struct compiler *c, const struct node *from, const struct value *ref,
			 struct node **ret, struct dynamic_anchor **ret_dynamic,
			 struct why *why) MUST_CHECK;
/* Is this part a schema of the draft, with all that stands in it? */
enum fail schema_check_shape(struct compiler *c, const struct value *v, enum draft draft,
			     struct why *why) MUST_CHECK;
enum fail schema_check_cycles(struct compiler *c, struct why *why) MUST_CHECK;
/* The place in the document as "#/pointer". */
struct str schema_locate(struct compiler *c, const struct value *place);
/* Appends "/key" with ~ and / escaped. */
void schema_pointer_add(struct buf *b, struct str key);
/* Is FAIL_INPUT, with the place in front of the words. */
#define schema_refuse(c, place, why, ...)                                                      \
	(schema_refuse_write((c), (place), (why), __VA_ARGS__), FAIL_INPUT)
void schema_refuse_write(struct compiler *c, const struct value *place, struct why *why,
			 const char *fmt, ...) PRINTF_LIKE(4, 5);

/* The text of a built-in meta-schema, or NULL. uri is without fragment. */
const char *schema_meta_text(struct str uri);
#define META_7_URI "http://json-schema.org/draft-07/schema"
#define META_2020_URI "https://json-schema.org/draft/2020-12/schema"

/* --- validating (schema_validate.c, schema_array.c, schema_object.c, schema_error.c) ------ */

/* A value on the way down. */
struct place {
	const struct place *up; /* NULL = the instance */
	const struct value *value;
	struct str key; /* in `up`, when that is a map */
	size_t index;	/* in `up`, when that is a list */
};

/* The resources that references went through, innermost first. */
struct scope {
	const struct scope *up;
	const struct resource *resource;
};

/* Items or properties of one value that some keyword has looked at: bits in a stack. */
struct marks {
	size_t first_word, count;
};

struct judge {
	const struct schema *schema;
	struct arena *scratch;
	struct schema_errors *errors; /* NULL = stop at the first mistake, say nothing */
	size_t errors_max;
	int64_t work;	  /* left; below zero the limit is exceeded */
	unsigned nesting; /* left */
	uint64_t *bits;
	size_t bits_used, bits_cap; /* words */
};

/* What things cost. The unit is a few nanoseconds. */
enum {
	WORK_EVALUATION = 32,
	WORK_MATCH = 16, /* and what regex_match takes */
	WORK_COMPARE = 1,
};
/* Takes from the budget; false when it is used up. */
bool judge_spend(struct judge *j, uint64_t work);
/* After a mistake: is there a reason to look for more? */
bool judge_go_on(const struct judge *j);

bool judge_node(struct judge *j, const struct node *n, const struct place *p,
		const struct scope *scope, struct marks *marks);
/* The same without words; what the node marked counts only when the value satisfies it. */
bool judge_quietly(struct judge *j, const struct node *n, const struct place *p,
		   const struct scope *scope, struct marks *marks);
bool judge_array(struct judge *j, const struct array_rules *rules, const struct place *p,
		 const struct scope *scope, struct marks *marks);
bool judge_object(struct judge *j, const struct object_rules *rules, const struct place *p,
		  const struct scope *scope, struct marks *marks);
bool judge_logic(struct judge *j, const struct logic_rules *rules, const struct place *p,
		 const struct scope *scope, struct marks *marks);
bool judge_unevaluated(struct judge *j, const struct node *n, const struct place *p,
		       const struct scope *scope, struct marks *marks);

/* NULL marks: nobody wants to know. */
void marks_set(struct judge *j, const struct marks *m, size_t i);
void marks_set_all(struct judge *j, const struct marks *m);
bool marks_has(const struct judge *j, const struct marks *m, size_t i);
void marks_push(struct judge *j, struct marks *m, size_t count);
void marks_pop(struct judge *j, const struct marks *m);
void marks_merge(struct judge *j, const struct marks *to, const struct marks *from);

/* Order of JSON values; 0 when JSON Schema calls them equal (1 and 1.0 are). Takes from *work, and
 * answers 0 when that is below zero. */
int schema_compare(int64_t *work, const struct value *a, const struct value *b);
/* The items of a list in that order, in an array for free(); items that are equal in theirs. */
const struct value **schema_sorted(int64_t *work, const struct value *list);

/* Always false. Notes an error at the place, when errors are wanted. */
bool judge_wrong(struct judge *j, const struct place *p, const char *fmt, ...)
	PRINTF_LIKE(3, 4);
/* Is min <= n <= max? An error says what is counted: "item", "items". */
bool judge_count(struct judge *j, const struct place *p, size_t n, size_t min, size_t max,
		 const char *one, const char *many);
/* Short forms for error texts: a value as JSON, a text in quotes, cut when long. Those of a judge
 * are in scratch, and empty when nobody wants errors. */
const char *schema_show(struct arena *a, const struct value *v);
const char *judge_show(struct judge *j, const struct value *v);
const char *judge_quote(struct judge *j, struct str s);
/* The keys of a map or the items of a list, for "one of ...". */
const char *judge_show_keys(struct judge *j, const struct value_map *map);
const char *judge_show_items(struct judge *j, const struct value *list);
/* "string or null" of type bits. */
const char *judge_show_types(struct judge *j, unsigned types);

unsigned schema_types_of(const struct value *v);
/* The bit of a type's name, 0 when there is no such type. */
unsigned schema_type_bit(struct str name);
/* The schema that `properties` of n has for the key, or NULL. */
const struct node *schema_property(const struct node *n, struct str key);

#endif
