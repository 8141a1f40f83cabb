#include "lang/extract.h"

#include "base/json.h"

struct search {
	struct arena *arena;
	struct str answer; /* without reasoning, trimmed */
	struct arena scratch;
	size_t tried, bytes; /* candidates and their sum */
	struct value value;
	struct str found; /* ptr NULL = nothing yet */
};

/* Is this the one? What fails leaves nothing in the caller's arena. */
static bool try_part(struct search *s, struct str part)
{
	part = str_trim(part);
	if (part.len == 0 || part.len > EXTRACT_MAX_BYTES ||
	    s->tried == EXTRACT_MAX_CANDIDATES || part.len > EXTRACT_MAX_SUM - s->bytes)
		return false;
	s->tried++;
	s->bytes += part.len;
	arena_reset(&s->scratch);
	if (json_parse(&s->scratch, part, JSON_LENIENT, JSON_MAX_DEPTH, &s->value, NULL) ||
	    json_parse(s->arena, part, JSON_LENIENT, JSON_MAX_DEPTH, &s->value, NULL))
		return false;
	s->found = part;
	return true;
}

static struct str without_reasoning(struct str answer)
{
	const struct str open = STR("<think>"), close = STR("</think>");
	size_t end;

	answer = str_trim(answer);
	if (!str_starts(answer, open))
		return answer;
	end = str_find(answer, close, open.len);
	return end == STR_NONE ? answer : str_trim(str_from(answer, end + close.len));
}

/* --- lines ------------------------------------------------------------------------------- */

/* The line that begins at `at`, without its newline. */
static struct str line_at(struct str text, size_t at)
{
	size_t end = str_chr(text, '\n', at);

	return str_sub(text, at, end == STR_NONE ? text.len : end);
}

/* Three or more backticks or tildes. The opening fence may be followed by words (but no backtick
 * after backticks, that is code inside a line), the closing one by blanks only. */
static size_t fence_length(struct str line, char *ret_mark, bool *ret_bare)
{
	size_t n = 0;

	line = str_trim(line);
	if (line.len == 0 || (line.ptr[0] != '`' && line.ptr[0] != '~'))
		return 0;
	while (n < line.len && line.ptr[n] == line.ptr[0])
		n++;
	if (n < 3 || (line.ptr[0] == '`' && str_chr(line, '`', n) != STR_NONE))
		return 0;
	*ret_mark = line.ptr[0];
	*ret_bare = n == line.len;
	return n;
}

/* --- fenced blocks ----------------------------------------------------------------------- */

/* A block without a closing fence goes to the end, as in Markdown. */
static bool try_fences(struct search *s)
{
	struct str text = s->answer, line;
	size_t open = 0, body = 0, n;
	char open_mark = 0, mark = 0;
	bool bare;

	for (size_t at = 0; at <= text.len; at += line.len + 1) {
		line = line_at(text, at);
		n = fence_length(line, &mark, &bare);
		if (n == 0)
			continue;
		if (open == 0) {
			open = n;
			open_mark = mark;
			body = at + line.len + 1;
		} else if (bare && mark == open_mark && n >= open) {
			if (try_part(s, str_sub(text, body, at)))
				return true;
			open = 0;
		}
	}
	return open && try_part(s, str_from(text, body));
}

/* --- brackets at the start of a line ------------------------------------------------------ */

/* Where the brackets that start lines have their partners, found in one pass with a stack.
 *
 * What is JSON is nested well in itself and no string in it goes over the end of a line. So a walk
 * that forgets about strings at each line's end sees each JSON text as if it had begun there,
 * whatever stands before it. JSON deeper than JSON_MAX_DEPTH is not accepted anyway: the stack
 * forgets its oldest entry. */
struct start {
	size_t at, end; /* end 0 = no partner */
};

struct open {
	char bracket;
	size_t start; /* index in starts, or STR_NONE */
};

struct brackets {
	struct arena arena;
	struct start *starts; /* in the order of the text */
	size_t count, cap;
	struct open stack[JSON_MAX_DEPTH];
	size_t depth; /* entries in it; the newest is stack[(base + depth - 1) % size] */
	size_t base;
};

static void bracket_opens(struct brackets *b, char c, size_t at, bool at_line_start)
{
	struct open o = {c, STR_NONE};

	if (at_line_start) {
		b->starts =
			arena_grow(&b->arena, b->starts, b->count, &b->cap, sizeof(*b->starts));
		b->starts[b->count] = (struct start){.at = at};
		o.start = b->count++;
	}
	if (b->depth == JSON_MAX_DEPTH)
		b->base = (b->base + 1) % JSON_MAX_DEPTH;
	else
		b->depth++;
	b->stack[(b->base + b->depth - 1) % JSON_MAX_DEPTH] = o;
}

/* A bracket that does not fit belongs to no JSON. */
static void bracket_closes(struct brackets *b, char c, size_t at)
{
	struct open o;

	if (b->depth == 0)
		return;
	o = b->stack[(b->base + b->depth - 1) % JSON_MAX_DEPTH];
	if (o.bracket != (c == '}' ? '{' : '['))
		return;
	b->depth--;
	if (o.start != STR_NONE)
		b->starts[o.start].end = at + 1;
}

static void pair_brackets(struct brackets *b, struct str text)
{
	bool in_string = false;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (c == '\n')
			in_string = false;
		else if (in_string && c == '\\' && i + 1 < text.len && text.ptr[i + 1] != '\n')
			i++;
		else if (c == '"')
			in_string = !in_string;
		else if (in_string)
			continue;
		else if (c == '{' || c == '[')
			bracket_opens(b, c, i, i == 0 || text.ptr[i - 1] == '\n');
		else if (c == '}' || c == ']')
			bracket_closes(b, c, i);
	}
}

static bool try_brackets(struct search *s)
{
	struct brackets b = {.count = 0};
	bool found = false;

	pair_brackets(&b, s->answer);
	for (size_t i = 0; !found && i < b.count; i++)
		if (b.starts[i].end)
			found = try_part(s,
					 str_sub(s->answer, b.starts[i].at, b.starts[i].end));
	arena_release(&b.arena);
	return found;
}

bool extract_json(struct arena *a, struct str answer, struct value *ret, struct str *ret_text)
{
	struct search s = {.arena = a, .answer = without_reasoning(answer)};
	bool found = try_part(&s, s.answer) || try_fences(&s) || try_brackets(&s);

	arena_release(&s.scratch);
	if (!found)
		return false;
	*ret = s.value;
	if (ret_text)
		*ret_text = s.found;
	return true;
}
