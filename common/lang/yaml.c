#include "lang/yaml.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/hash.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "lang/yaml_scalar.h"

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
	uint32_t line, column;
};

struct reader {
	struct arena *arena;
	yaml_parser_t parser;
	struct str text;
	uint32_t first_line; /* of text in the file */
	char stand_in[4];    /* see hide_surrogates; "" when not needed */
	struct anchor *anchors;
	struct level *levels;
	size_t depth, cap;
	uint64_t cost; /* bytes of the document as compact JSON, aliases written out */
	struct value root;
	bool has_root, root_is_empty;
	struct why *why;
};

static enum fail refuse(const struct reader *r, const yaml_mark_t *at, const char *what)
{
	return failf(r->why, FAIL_INPUT, "line %lu column %lu: %s",
		     (unsigned long)(r->first_line + at->line), (unsigned long)at->column + 1,
		     what);
}

static enum fail refuse_at(const struct reader *r, uint32_t line, uint32_t column,
			   const char *what, struct str name)
{
	return failf(r->why, FAIL_INPUT, "line %u column %u: %s \"%.*s\"", line, column, what,
		     STR_ARG(utf8_cut(name, 100)));
}

/* libyaml's own refusals, with the place it gives. */
static enum fail refuse_syntax(const struct reader *r)
{
	const yaml_parser_t *p = &r->parser;
	const char *problem = p->problem ? p->problem : "not YAML";
	yaml_mark_t at = p->problem_mark;

	if (p->error == YAML_MEMORY_ERROR)
		BROKEN("out of memory");
	if (p->error == YAML_READER_ERROR) {
		/* It knows the byte only. */
		struct str before = str_sub(r->text, 0, p->problem_offset);
		size_t line_start = str_rchr(before, '\n');

		at = (yaml_mark_t){0};
		for (size_t i = 0; i < before.len; i++)
			at.line += before.ptr[i] == '\n';
		at.column = utf8_count(
			str_from(before, line_start == STR_NONE ? 0 : line_start + 1));
	} else if (strcmp(problem, "did not find expected <document start>") == 0) {
		problem = "text behind the end of the document";
	} else if (p->context) {
		return failf(r->why, FAIL_INPUT, "line %lu column %lu: %s, %s",
			     (unsigned long)(r->first_line + at.line),
			     (unsigned long)at.column + 1, problem, p->context);
	}
	return refuse(r, &at, problem);
}

/* --- surrogate pairs --------------------------------------------------------------------- */

/*
 * libyaml refuses "\ud83d\ude00", which is JSON's way to write what is above U+FFFF. Only a scanner
 * knows whether a backslash stands in double quotes. So before parsing, the backslash of each
 * escaped surrogate is replaced by a code point that the text does not have (columns stay right),
 * and afterwards it becomes the escape it was in double quotes, and a backslash anywhere else.
 */
static bool is_surrogate_escape(struct str s, size_t at)
{
	static const char hex[] = "0123456789abcdefABCDEF";
	size_t backslashes = 1;

	if (s.len - at < 6 || s.ptr[at] != '\\' || s.ptr[at + 1] != 'u' ||
	    (s.ptr[at + 2] | 0x20) != 'd' || !strchr("89abcdefABCDEF", s.ptr[at + 3]))
		return false;
	for (size_t i = at + 2; i < at + 6; i++)
		if (!s.ptr[i] || !strchr(hex, s.ptr[i]))
			return false;
	while (backslashes <= at && s.ptr[at - backslashes] == '\\')
		backslashes++;
	return backslashes % 2 == 1;
}

static void hide_surrogates(struct reader *r)
{
	size_t at = 0;
	struct buf out;

	while (at = str_find(r->text, STR("\\u"), at), at != STR_NONE) {
		if (is_surrogate_escape(r->text, at))
			break;
		at += 2;
	}
	if (at == STR_NONE)
		return;
	for (uint32_t point = 0x10FF00; point < 0x10FF20; point++) {
		utf8_encode(point, r->stand_in);
		if (str_find(r->text, str_n(r->stand_in, 4), 0) == STR_NONE)
			break;
		r->stand_in[0] = '\0';
	}
	if (!r->stand_in[0])
		return; /* a text that has them all is left as it is, and refused */
	out = BUF(r->text.len * 2);
	for (size_t i = 0; i < r->text.len; i++) {
		if (r->text.ptr[i] == '\\' && is_surrogate_escape(r->text, i))
			buf_add(&out, str_n(r->stand_in, 4));
		else
			buf_addc(&out, r->text.ptr[i]);
	}
	r->text = arena_str(r->arena, buf_str(&out));
	buf_release(&out);
}

static uint32_t hex4(const char *p)
{
	uint32_t v = 0;

	for (int i = 0; i < 4; i++)
		v = v << 4 | (uint32_t)(p[i] <= '9' ? p[i] - '0' : (p[i] | 0x20) - 'a' + 10);
	return v;
}

/* The scalar as it was meant. Half a pair becomes U+FFFD. */
static struct str show_surrogates(struct reader *r, struct str s, bool escapes)
{
	struct str mark = str_n(r->stand_in, 4);
	size_t from = 0, at;
	AUTO_BUF out = BUF(s.len + 4);

	if (!r->stand_in[0] || str_find(s, mark, 0) == STR_NONE)
		return s;
	while (at = str_find(s, mark, from), at != STR_NONE) {
		uint32_t point, low;

		buf_add(&out, str_sub(s, from, at));
		from = at + 4;
		if (!escapes) {
			buf_addc(&out, '\\');
			continue;
		}
		point = hex4(s.ptr + from + 1);
		from += 5;
		if (point < 0xDC00 && str_starts(str_from(s, from), mark)) {
			low = hex4(s.ptr + from + 5);
			if (low >= 0xDC00) {
				point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
				from += 9;
			}
		}
		utf8_add(&out, point); /* a lone surrogate is no scalar value */
	}
	buf_add(&out, str_from(s, from));
	return arena_str(r->arena, buf_str(&out));
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
		return failf(r->why, FAIL_INPUT,
			     "line %u column %u: '<<' needs a map or a list of maps", v->line,
			     v->column);
	if (!value_is_nil(&l->merge))
		return refuse_at(r, l->pending.line, l->pending.column,
				 "the same key twice:", STR("<<"));
	l->merge = *v;
	l->merge_at = l->items.count;
	return FAIL_NONE;
}

static enum fail take_key(struct reader *r, struct level *l, const struct value *v)
{
	l->pending = (struct value_entry){.line = v->line, .column = v->column};
	l->has_key = true;
	if (l->key_is_merge || yaml_key_text(r->arena, v, &l->pending.key))
		return FAIL_NONE;
	return failf(r->why, FAIL_INPUT, "line %u column %u: %s cannot be a key%s", v->line,
		     v->column, value_kind_name(v->kind),
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
		return refuse_at(r, l->items.entries[twice].line,
				 l->items.entries[twice].column,
				 "the same key twice:", l->items.entries[twice].key);
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
		return failf(r->why, FAIL_INPUT,
			     "line %u column %u: JSON has no infinity and no NaN", v->line,
			     v->column);
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

static void place(const struct reader *r, const yaml_mark_t *at, uint32_t *line,
		  uint32_t *column)
{
	*line = r->first_line + (uint32_t)at->line;
	*column = (uint32_t)at->column + 1;
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
	const yaml_mark_t *at = &e->start_mark;
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
	text = show_surrogates(r, arena_str(r->arena, text), quotes);
	wrong = yaml_resolve(r->arena, tag, text, &v);
	if (wrong)
		return refuse(r, at, wrong);
	place(r, at, &v.line, &v.column);
	r->cost += scalar_cost(&v);
	anchor_complete(anchored, &v, scalar_cost(&v), 0);
	return take(r, &v, 0, is_merge, false);
}

static enum fail on_alias(struct reader *r, const yaml_event_t *e)
{
	const char *name = (const char *)e->data.alias.anchor;
	struct anchor *a = anchor_find(r, str_of(name), false);
	struct value v;
	uint32_t line, column;

	place(r, &e->start_mark, &line, &column);
	if (!a)
		return refuse_at(r, line, column, "unknown anchor", str_of(name));
	if (!a->now->complete)
		return refuse_at(r, line, column, "an alias inside its own anchor", a->name);
	r->cost += a->now->cost;
	if (r->cost > LIMIT_YAML_EXPANSION_BYTES)
		return failf(
			r->why, FAIL_INPUT,
			"line %u column %u: beyond the limit yaml-expansion: aliases make the "
			"document larger than %lld bytes",
			line, column, (long long)LIMIT_YAML_EXPANSION_BYTES);
	if (r->depth + a->now->height > YAML_MAX_DEPTH)
		return failf(r->why, FAIL_INPUT,
			     "line %u column %u: beyond the limit yaml-depth (%d)", line,
			     column, (int)YAML_MAX_DEPTH);
	v = a->now->value;
	v.line = line;
	v.column = column;
	return take(r, &v, a->now->height, false, true);
}

static enum fail on_open(struct reader *r, const yaml_event_t *e, bool is_map,
			 const yaml_char_t *anchor, const yaml_char_t *tag)
{
	struct level *l;
	enum yaml_tag ignored;

	if (is_tagged(tag) && !yaml_tag_of(str_of((const char *)tag), &ignored))
		return refuse(r, &e->start_mark, "unknown tag");
	if (r->depth == YAML_MAX_DEPTH)
		return failf(r->why, FAIL_INPUT,
			     "line %lu column %lu: beyond the limit yaml-depth (%d)",
			     (unsigned long)(r->first_line + e->start_mark.line),
			     (unsigned long)e->start_mark.column + 1, (int)YAML_MAX_DEPTH);
	r->levels = arena_grow(r->arena, r->levels, r->depth, &r->cap, sizeof(*r->levels));
	l = &r->levels[r->depth++];
	*l = (struct level){.is_map = is_map, .cost_before = r->cost};
	place(r, &e->start_mark, &l->line, &l->column);
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
	v.line = l->line;
	v.column = l->column;
	anchor_complete(l->anchored, &v, r->cost - l->cost_before, l->height + 1);
	r->depth--;
	return take(r, &v, l->height + 1, false, false);
}

static enum fail on_event(struct reader *r, const yaml_event_t *e)
{
	switch (e->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (r->has_root)
			return refuse(r, &e->start_mark, "text behind the end of the document");
		if (e->data.document_start.version_directive &&
		    e->data.document_start.version_directive->minor != 1)
			return refuse(r, &e->start_mark, "only YAML 1.1 is known");
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

	hide_surrogates(r);
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

/* The line that starts at `at`, without its end; *ret_next is where the next one starts. */
static struct str line_at(struct str s, size_t at, size_t *ret_next)
{
	size_t end = at;

	while (end < s.len && s.ptr[end] != '\n' && s.ptr[end] != '\r')
		end++;
	*ret_next = end < s.len ? end + 1 : end;
	if (end + 1 < s.len && s.ptr[end] == '\r' && s.ptr[end + 1] == '\n')
		*ret_next = end + 2;
	return str_sub(s, at, end);
}

static bool is_marker(struct str line, const char *marker)
{
	return str_starts(line, str_of(marker)) &&
	       (line.len == 3 || line.ptr[3] == ' ' || line.ptr[3] == '\t');
}

static bool is_blank_or_comment(struct str line)
{
	line = str_trim(line);
	return line.len == 0 || line.ptr[0] == '#';
}

/*
 * The next piece of the text that holds one document: from here to the next `---` at the start of
 * a line, which ends whatever stands before it, also in quotes and blocks. Directives stand before
 * the `---` of their document. *ret_line is where the document starts.
 */
static struct str next_piece(struct yaml *y, uint32_t *ret_line, bool *ret_empty)
{
	bool directives = false;
	uint32_t lines = 0;
	size_t at = 0, next;
	struct str piece;

	*ret_empty = true;
	*ret_line = y->line;
	for (; at < y->rest.len; at = next, lines++) {
		struct str line = line_at(y->rest, at, &next);

		if (is_marker(line, "---")) {
			if (at > 0 && !(directives && *ret_empty))
				break;
			directives = false;
			*ret_line = y->line + lines;
			line = str_from(line, 3);
		} else if (*ret_empty && line.len && line.ptr[0] == '%') {
			directives = true;
			continue;
		} else if (is_marker(line, "...")) {
			line = str_from(line, 3);
		}
		*ret_empty = *ret_empty && is_blank_or_comment(line);
	}
	*ret_empty = *ret_empty && !directives;
	piece = str_sub(y->rest, 0, at);
	y->rest = str_from(y->rest, at);
	y->line += lines;
	return piece;
}

void yaml_begin(struct yaml *y, struct str text)
{
	struct str bom = STR("\xEF\xBB\xBF");

	*y = (struct yaml){.rest = str_from(text, str_starts(text, bom) ? bom.len : 0),
			   .line = 1};
}

bool yaml_next(struct yaml *y, struct arena *a, struct yaml_document *ret_doc)
{
	while (y->rest.len) {
		struct reader r = {.arena = a, .first_line = y->line};
		uint32_t line;
		bool empty;

		r.text = next_piece(y, &line, &empty);
		if (empty)
			continue;
		*ret_doc = (struct yaml_document){.line = line};
		r.why = &ret_doc->why;
		ret_doc->fail = read_document(&r);
		if (!ret_doc->fail && (!r.has_root || r.root_is_empty))
			continue;
		if (!ret_doc->fail)
			ret_doc->value = r.root;
		return true;
	}
	return false;
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
