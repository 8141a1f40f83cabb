#include "lang/yaml.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/hash.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "lang/yaml_piece.h"
#include "lang/yaml_scalar.h"
#include "lang/yaml_surrogate.h"

struct place {
	uint32_t line, column; /* from 1 */
};

/* What an anchor stands for. An anchor may be given again: each place has its own. */
struct anchored {
	struct value value;
	uint64_t cost;
	unsigned height;
	bool complete; /* not while it is being read: an alias inside would make a circle */
};

/* Anchors by name: a trie of hashes, two bits a level. */
struct anchor {
	struct anchor *child[4];
	struct str name;
	struct anchored *now;
};

/* An open list or map. */
struct level {
	bool is_map, has_key, key_is_merge;
	struct value_builder items; /* entries of a map; items of a list, with empty keys */
	struct value_entry pending; /* key that waits for its value */
	struct value merge;	    /* value of `<<`; nil without one */
	size_t merge_at;	    /* entries that stand before it */
	struct anchored *anchored;
	uint64_t cost_before;
	unsigned height; /* of the highest value in it */
	struct place at;
};

struct reader {
	struct arena *arena;
	yaml_parser_t parser;
	struct str text;
	uint32_t first_line; /* of text in the file */
	struct yaml_stand_in stand_in;
	struct anchor *anchors;
	struct level *levels;
	size_t depth, cap;
	size_t nodes;
	uint64_t cost; /* bytes of the document as compact JSON, aliases written out */
	struct value root;
	bool has_root, root_is_empty;
	struct yaml_document *doc; /* where words and place of a failure go */
};

static struct place place_of(const struct reader *r, const yaml_mark_t *mark)
{
	return (struct place){r->first_line + (uint32_t)mark->line, (uint32_t)mark->column + 1};
}

static struct place place_of_value(const struct value *v)
{
	return (struct place){v->line, v->column};
}

static void say(const struct reader *r, struct place at, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

static void say(const struct reader *r, struct place at, const char *fmt, ...)
{
	AUTO_BUF what = BUF(WHY_MAX_BYTES);
	va_list args;

	va_start(args, fmt);
	buf_vaddf(&what, fmt, args);
	va_end(args);
	r->doc->error_line = at.line;
	r->doc->error_column = at.column;
	why_write(&r->doc->why, "line %u column %u: %s", at.line, at.column, buf_cstr(&what));
}

#define refuse(...) (say(__VA_ARGS__), FAIL_INPUT)

static enum fail refuse_depth(const struct reader *r, struct place at)
{
	return refuse(r, at, "beyond the limit yaml-depth (%d)", (int)YAML_MAX_DEPTH);
}

static enum fail refuse_twice(const struct reader *r, const struct value_entry *e)
{
	return refuse(r, ((struct place){e->line, e->column}), "the same key twice: \"%.*s\"",
		      STR_ARG(utf8_cut(e->key, 100)));
}

/* Where a byte stands: all that libyaml knows of what is not UTF-8. */
static struct place place_of_byte(const struct reader *r, size_t offset)
{
	struct str before = str_sub(r->text, 0, offset);
	size_t line_start = str_rchr(before, '\n');
	struct place at = {.line = r->first_line};

	for (size_t i = 0; i < before.len; i++)
		at.line += before.ptr[i] == '\n';
	before = str_from(before, line_start == STR_NONE ? 0 : line_start + 1);
	at.column = (uint32_t)utf8_count(before) + 1;
	return at;
}

/* libyaml's own refusals, in its words. */
static enum fail refuse_syntax(const struct reader *r)
{
	const yaml_parser_t *p = &r->parser;
	const char *problem = p->problem ? p->problem : "not YAML";
	struct place at = place_of(r, &p->problem_mark);

	if (p->error == YAML_MEMORY_ERROR)
		BROKEN("out of memory");
	if (p->error == YAML_READER_ERROR)
		return refuse(r, place_of_byte(r, p->problem_offset), "%s", problem);
	if (strcmp(problem, "did not find expected <document start>") == 0)
		return refuse(r, at, "text behind the end of the document");
	if (p->context)
		return refuse(r, at, "%s, %s", problem, p->context);
	return refuse(r, at, "%s", problem);
}

/* --- anchors ----------------------------------------------------------------------------- */

static struct anchor *anchor_find(struct reader *r, struct str name, bool create)
{
	struct anchor **at = &r->anchors;
	uint64_t hash = hash_fast(name, 0);

	for (; *at; hash <<= 2) {
		if (str_eq((*at)->name, name))
			return *at;
		at = &(*at)->child[hash >> 62];
	}
	if (create) {
		*at = ARENA_NEW(r->arena, struct anchor);
		(*at)->name = arena_str(r->arena, name);
	}
	return *at;
}

static struct anchored *anchor_set(struct reader *r, const yaml_char_t *name)
{
	struct anchored *now;

	if (!name)
		return NULL;
	now = ARENA_NEW(r->arena, struct anchored);
	anchor_find(r, str_of((const char *)name), true)->now = now;
	return now;
}

static void anchor_complete(struct anchored *x, const struct value *v, uint64_t cost,
			    unsigned height)
{
	if (x)
		*x = (struct anchored){
			.value = *v, .cost = cost, .height = height, .complete = true};
}

/* --- maps -------------------------------------------------------------------------------- */

static enum fail take_merge(struct reader *r, struct level *l, const struct value *v,
			    bool is_alias)
{
	bool fits = v->kind == VALUE_MAP || (v->kind == VALUE_LIST && !is_alias);

	for (size_t i = 0; fits && v->kind == VALUE_LIST && i < v->list.count; i++)
		fits = v->list.items[i].kind == VALUE_MAP;
	if (!fits)
		return refuse(r, place_of_value(v), "'<<' needs a map or a list of maps");
	if (!value_is_nil(&l->merge))
		return refuse_twice(r, &l->pending);
	l->merge = *v;
	l->merge_at = l->items.count;
	return FAIL_NONE;
}

static enum fail take_key(struct reader *r, struct level *l, const struct value *v)
{
	l->pending = (struct value_entry){.line = v->line, .column = v->column};
	l->has_key = true;
	if (l->key_is_merge)
		l->pending.key = STR("<<");
	if (l->key_is_merge || yaml_key_text(r->arena, v, &l->pending.key))
		return FAIL_NONE;
	return refuse(r, place_of_value(v), "%s cannot be a key%s", value_kind_name(v->kind),
		      v->kind == VALUE_MAP ? "; a text that starts with '{' needs quotes" : "");
}

/* Entries of the merged maps that the map itself does not have; of the same key in several the
 * first one counts. */
static void add_merged(struct reader *r, struct value_builder *b, const struct value *own,
		       const struct value *merge)
{
	size_t maps = merge->kind == VALUE_LIST ? merge->list.count : 1;
	struct value_builder all;
	struct value merged;

	value_map_begin(&all, r->arena);
	for (size_t i = 0; i < maps; i++) {
		const struct value *m =
			merge->kind == VALUE_LIST ? &merge->list.items[i] : merge;

		for (size_t k = 0; k < m->map.count; k++)
			if (!value_get(own, m->map.entries[k].key)) {
				value_map_add(&all, m->map.entries[k].key,
					      m->map.entries[k].value);
				*value_map_last(&all) = m->map.entries[k];
			}
	}
	merged = value_map_first_wins(&all);
	for (size_t k = 0; k < merged.map.count; k++) {
		value_map_add(b, str_n(NULL, 0), value_nil);
		*value_map_last(b) = merged.map.entries[k];
	}
}

static enum fail finish_map(struct reader *r, struct level *l, struct value *ret)
{
	struct value own;
	struct value_builder b;
	size_t twice;

	if (!value_map_end(&l->items, &own, &twice))
		return refuse_twice(r, &l->items.entries[twice]);
	*ret = own;
	if (value_is_nil(&l->merge))
		return FAIL_NONE;
	value_map_begin(&b, r->arena);
	for (size_t i = 0; i <= own.map.count; i++) {
		if (i == l->merge_at)
			add_merged(r, &b, &own, &l->merge);
		if (i < own.map.count) {
			value_map_add(&b, str_n(NULL, 0), value_nil);
			*value_map_last(&b) = own.map.entries[i];
		}
	}
	*ret = value_map_done(&b);
	return FAIL_NONE;
}

/* --- events ------------------------------------------------------------------------------ */

/* A value is complete: it is a key, a value or an item of the open level, or the document. */
static enum fail take(struct reader *r, const struct value *v, unsigned height, bool is_merge,
		      bool is_alias)
{
	struct level *l = r->depth ? &r->levels[r->depth - 1] : NULL;

	/* As keys they are text. */
	if (v->kind == VALUE_FLOAT && !isfinite(v->real.number) &&
	    !(l && l->is_map && !l->has_key))
		return refuse(r, place_of_value(v), "JSON has no infinity and no NaN");
	if (!l) {
		r->root = *v;
		r->has_root = true;
		return FAIL_NONE;
	}
	r->cost++; /* the comma or colon */
	if (l->height < height)
		l->height = height;
	if (l->is_map && !l->has_key) {
		l->key_is_merge = is_merge;
		return take_key(r, l, v);
	}
	l->has_key = false;
	if (l->is_map && l->key_is_merge)
		return take_merge(r, l, v, is_alias);
	value_map_add(&l->items, l->pending.key, *v);
	value_map_last(&l->items)->line = l->pending.line;
	value_map_last(&l->items)->column = l->pending.column;
	return FAIL_NONE;
}

static uint64_t scalar_cost(const struct value *v)
{
	switch (v->kind) {
	case VALUE_STR: return v->string.text.len + 2;
	case VALUE_NIL:
	case VALUE_BOOL: return 4;
	case VALUE_INT:
	case VALUE_FLOAT:
	case VALUE_TIME:
	case VALUE_LIST:
	case VALUE_MAP: break;
	}
	return 8;
}

/* The tag `!` counts for nothing (SPEC 21.33). */
static bool is_tagged(const yaml_char_t *tag)
{
	return tag && strcmp((const char *)tag, "!") != 0;
}

static enum fail on_scalar(struct reader *r, const yaml_event_t *e)
{
	struct place at = place_of(r, &e->start_mark);
	bool plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	bool quotes = e->data.scalar.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE;
	enum yaml_tag tag = plain ? YAML_TAG_PLAIN : YAML_TAG_STR;
	struct str text = str_n((const char *)e->data.scalar.value, e->data.scalar.length);
	struct anchored *anchored = anchor_set(r, e->data.scalar.anchor);
	const char *wrong;
	struct value v;
	bool is_merge;

	if (is_tagged(e->data.scalar.tag) &&
	    !yaml_tag_of(str_of((const char *)e->data.scalar.tag), &tag))
		return refuse(r, at, "unknown tag");
	is_merge = str_is(text, "<<") && (tag == YAML_TAG_PLAIN || tag == YAML_TAG_MERGE);
	if (r->depth == 0)
		r->root_is_empty = e->start_mark.index == e->end_mark.index;
	text = yaml_show_surrogates(r->arena, arena_str(r->arena, text), r->stand_in, quotes);
	wrong = yaml_resolve(r->arena, tag, text, &v);
	if (wrong)
		return refuse(r, at, "%s", wrong);
	v.line = at.line;
	v.column = at.column;
	r->cost += scalar_cost(&v);
	anchor_complete(anchored, &v, scalar_cost(&v), 0);
	return take(r, &v, 0, is_merge, false);
}

static enum fail on_alias(struct reader *r, const yaml_event_t *e)
{
	struct str name = str_of((const char *)e->data.alias.anchor);
	struct anchor *a = anchor_find(r, name, false);
	struct place at = place_of(r, &e->start_mark);
	struct value v;

	if (!a)
		return refuse(r, at, "unknown anchor \"%.*s\"", STR_ARG(utf8_cut(name, 100)));
	if (!a->now->complete)
		return refuse(r, at, "an alias inside its own anchor \"%.*s\"",
			      STR_ARG(utf8_cut(name, 100)));
	r->cost += a->now->cost;
	if (r->cost > LIMIT_YAML_EXPANSION_BYTES)
		return refuse(r, at,
			      "beyond the limit yaml-expansion: aliases make the document "
			      "larger than %lld bytes",
			      (long long)LIMIT_YAML_EXPANSION_BYTES);
	if (r->depth + a->now->height > YAML_MAX_DEPTH)
		return refuse_depth(r, at);
	v = a->now->value;
	v.line = at.line;
	v.column = at.column;
	return take(r, &v, a->now->height, false, true);
}

static enum fail on_open(struct reader *r, const yaml_event_t *e, bool is_map,
			 const yaml_char_t *anchor, const yaml_char_t *tag)
{
	struct place at = place_of(r, &e->start_mark);
	struct level *l;
	enum yaml_tag ignored;

	if (is_tagged(tag) && !yaml_tag_of(str_of((const char *)tag), &ignored))
		return refuse(r, at, "unknown tag");
	if (r->depth == YAML_MAX_DEPTH)
		return refuse_depth(r, at);
	r->levels = arena_grow(r->arena, r->levels, r->depth, &r->cap, sizeof(*r->levels));
	l = &r->levels[r->depth++];
	*l = (struct level){.is_map = is_map, .at = at, .cost_before = r->cost};
	l->anchored = anchor_set(r, anchor);
	value_map_begin(&l->items, r->arena);
	r->cost += 2;
	return FAIL_NONE;
}

static enum fail on_close(struct reader *r)
{
	struct level *l = &r->levels[r->depth - 1];
	struct value v;
	enum fail f;

	if (l->is_map) {
		f = finish_map(r, l, &v);
		if (f)
			return f;
	} else {
		struct value *items = ARENA_ARRAY(r->arena, l->items.count, struct value);

		for (size_t i = 0; i < l->items.count; i++)
			items[i] = l->items.entries[i].value;
		v = value_list(items, l->items.count);
	}
	v.line = l->at.line;
	v.column = l->at.column;
	anchor_complete(l->anchored, &v, r->cost - l->cost_before, l->height + 1);
	r->depth--;
	return take(r, &v, l->height + 1, false, false);
}

static enum fail on_event(struct reader *r, const yaml_event_t *e)
{
	if (++r->nodes > LIMIT_YAML_NODES)
		return refuse(r, place_of(r, &e->start_mark),
			      "beyond the limit yaml-nodes (%d keys and values)",
			      LIMIT_YAML_NODES);
	switch (e->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (r->has_root)
			return refuse(r, place_of(r, &e->start_mark),
				      "text behind the end of the document");
		if (e->data.document_start.version_directive &&
		    e->data.document_start.version_directive->minor != 1)
			return refuse(r, place_of(r, &e->start_mark), "only YAML 1.1 is known");
		return FAIL_NONE;
	case YAML_ALIAS_EVENT: return on_alias(r, e);
	case YAML_SCALAR_EVENT: return on_scalar(r, e);
	case YAML_SEQUENCE_START_EVENT:
		return on_open(r, e, false, e->data.sequence_start.anchor,
			       e->data.sequence_start.tag);
	case YAML_MAPPING_START_EVENT:
		return on_open(r, e, true, e->data.mapping_start.anchor,
			       e->data.mapping_start.tag);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT: return on_close(r);
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
	case YAML_DOCUMENT_END_EVENT: return FAIL_NONE;
	}
	return FAIL_NONE;
}

/* Reads a text with one document at most. */
static enum fail read_document(struct reader *r)
{
	enum fail f = FAIL_NONE;
	bool at_end = false;

	if (!yaml_parser_initialize(&r->parser))
		BROKEN("out of memory");
	yaml_parser_set_encoding(&r->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r->parser, (const unsigned char *)r->text.ptr,
				     r->text.len);
	while (!f && !at_end) {
		yaml_event_t e;

		if (!yaml_parser_parse(&r->parser, &e)) {
			f = refuse_syntax(r);
			break;
		}
		at_end = e.type == YAML_STREAM_END_EVENT;
		f = on_event(r, &e);
		yaml_event_delete(&e);
	}
	yaml_parser_delete(&r->parser);
	return f;
}

/* --- the documents of a text ------------------------------------------------------------- */

void yaml_begin(struct yaml *y, struct str text)
{
	struct str bom = STR("\xEF\xBB\xBF");

	*y = (struct yaml){.rest = str_from(text, str_starts(text, bom) ? bom.len : 0),
			   .line = 1};
}

bool yaml_next(struct yaml *y, struct arena *a, struct yaml_document *ret_doc)
{
	while (y->rest.len) {
		struct yaml_piece piece = yaml_piece_next(y);
		struct reader r = {.arena = a, .first_line = piece.first_line, .doc = ret_doc};

		if (piece.empty)
			continue;
		*ret_doc = (struct yaml_document){.line = piece.line};
		if (++y->documents > LIMIT_YAML_DOCUMENTS) {
			y->rest = str_n(NULL, 0);
			ret_doc->fail = refuse(&r, ((struct place){piece.line, 1}),
					       "beyond the limit yaml-documents (%d)",
					       LIMIT_YAML_DOCUMENTS);
			return true;
		}
		r.text = yaml_hide_surrogates(a, piece.text, &r.stand_in);
		ret_doc->fail = read_document(&r);
		if (!ret_doc->fail && (!r.has_root || r.root_is_empty))
			continue;
		if (!ret_doc->fail)
			ret_doc->value = r.root;
		return true;
	}
	return false;
}

const char *yaml_what(const struct yaml_document *doc)
{
	const char *place_end = strstr(doc->why.text, ": ");

	return place_end ? place_end + 2 : doc->why.text;
}

enum fail yaml_parse(struct arena *a, struct str text, struct value *ret, struct why *why)
{
	struct yaml_document doc, second;
	struct yaml y;

	yaml_begin(&y, text);
	if (!yaml_next(&y, a, &doc))
		return failf(why, FAIL_INPUT, "no YAML document");
	if (doc.fail)
		return failf(why, doc.fail, "%s", doc.why.text);
	if (yaml_next(&y, a, &second))
		return failf(why, FAIL_INPUT, "line %u: a second document", second.line);
	*ret = doc.value;
	return FAIL_NONE;
}
