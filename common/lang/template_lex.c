#include "lang/template_lex.h"

#include <string.h>

#include "base/utf8.h"
#include "lang/unicode.h"

static const struct {
	struct str word;
	enum token_kind kind;
} keywords[] = {
	{STR_INIT("block"), TOKEN_BLOCK},	{STR_INIT("break"), TOKEN_BREAK},
	{STR_INIT("continue"), TOKEN_CONTINUE}, {STR_INIT("define"), TOKEN_DEFINE},
	{STR_INIT("else"), TOKEN_ELSE},		{STR_INIT("end"), TOKEN_END},
	{STR_INIT("false"), TOKEN_FALSE},	{STR_INIT("if"), TOKEN_IF},
	{STR_INIT("nil"), TOKEN_NIL},		{STR_INIT("range"), TOKEN_RANGE},
	{STR_INIT("template"), TOKEN_TEMPLATE}, {STR_INIT("true"), TOKEN_TRUE},
	{STR_INIT("with"), TOKEN_WITH},
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static char byte(const struct lexer *l, size_t at)
{
	return at < l->source.len ? l->source.ptr[at] : '\0';
}

static bool looking_at(const struct lexer *l, size_t at, struct str text)
{
	return str_starts(str_from(l->source, at), text);
}

static void skip_space(struct lexer *l)
{
	while (l->at < l->source.len && is_space(l->source.ptr[l->at]))
		l->at++;
}

/* The code point at l->at and its length; false at the end. */
static bool point_at(const struct lexer *l, uint32_t *ret_point, size_t *ret_len)
{
	if (l->at >= l->source.len)
		return false;
	*ret_point = utf8_decode(str_from(l->source, l->at), ret_len, NULL);
	return true;
}

static bool word_at(const struct lexer *l, size_t *ret_len)
{
	uint32_t point;

	return point_at(l, &point, ret_len) && unicode_is_word(point);
}

static struct token token(const struct lexer *l, enum token_kind kind, size_t from)
{
	return (struct token){
		.kind = kind,
		.at = (uint32_t)from,
		.text = str_sub(l->source, from, l->at),
	};
}

/* Ends the scan: what follows is EOF. */
static struct token wrong(struct lexer *l, size_t at, const char *words)
{
	struct token t = {.kind = TOKEN_ERROR, .at = (uint32_t)at};

	if (words)
		why_write(&l->words, "%s", words);
	t.text = why_str(&l->words);
	l->at = l->source.len;
	l->inside = false;
	return t;
}

static struct token bad_character(struct lexer *l, size_t at)
{
	uint32_t point;
	size_t n;

	if (!point_at(l, &point, &n))
		return wrong(l, at, "unclosed action");
	if (unicode_is_print(point))
		why_write(&l->words, "bad character U+%04X '%.*s'", point,
			  STR_ARG(str_sub(l->source, l->at, l->at + n)));
	else
		why_write(&l->words, "bad character U+%04X", point);
	return wrong(l, at, NULL);
}

/* May a name, field or variable end here? */
static bool at_end_of_word(const struct lexer *l)
{
	char c = byte(l, l->at);

	return l->at >= l->source.len || is_space(c) || (c != '\0' && strchr(".,|:()", c)) ||
	       looking_at(l, l->at, STR("}}"));
}

static struct token lex_word(struct lexer *l, enum token_kind kind, size_t from)
{
	size_t n;

	while (word_at(l, &n))
		l->at += n;
	if (!at_end_of_word(l))
		return bad_character(l, from);
	return token(l, kind, from);
}

static struct token lex_name(struct lexer *l)
{
	struct token t = lex_word(l, TOKEN_NAME, l->at);

	if (t.kind != TOKEN_NAME)
		return t;
	for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++)
		if (str_eq(t.text, keywords[i].word))
			t.kind = keywords[i].kind;
	/* SPEC 4.1: {{print.x}} and {{if.x}} are refused. */
	if (byte(l, l->at) == '.') {
		why_write(&l->words, "unexpected . after %.*s",
			  STR_ARG(utf8_first(t.text, 60)));
		return wrong(l, l->at, NULL);
	}
	return t;
}

static bool accept(struct lexer *l, const char *set)
{
	char c = byte(l, l->at);

	if (c == '\0' || !strchr(set, c))
		return false;
	l->at++;
	return true;
}

static void accept_run(struct lexer *l, const char *set)
{
	while (accept(l, set))
		;
}

/* Takes more than is a number; template_const.c decides. */
static struct token lex_number(struct lexer *l)
{
	const char *digits = "0123456789_";
	size_t from = l->at, n;
	bool decimal = true, hex = false;

	accept(l, "+-");
	if (accept(l, "0")) {
		decimal = false;
		if (accept(l, "xX")) {
			digits = "0123456789abcdefABCDEF_";
			hex = true;
		} else if (accept(l, "oO")) {
			digits = "01234567_";
		} else if (accept(l, "bB")) {
			digits = "01_";
		} else {
			decimal = true;
		}
	}
	accept_run(l, digits);
	if (accept(l, "."))
		accept_run(l, digits);
	if ((decimal && accept(l, "eE")) || (hex && accept(l, "pP"))) {
		accept(l, "+-");
		accept_run(l, "0123456789_");
	}
	if (word_at(l, &n))
		l->at += n;
	else if (byte(l, l->at) != '+' && byte(l, l->at) != '-')
		return token(l, TOKEN_NUMBER, from);
	why_write(&l->words, "bad number syntax: \"%.*s\"",
		  STR_ARG(utf8_first(str_sub(l->source, from, l->at), 60)));
	return wrong(l, from, NULL);
}

static struct token lex_quoted(struct lexer *l, enum token_kind kind, const char *words)
{
	size_t from = l->at;
	char quote = l->source.ptr[l->at++];

	for (; l->at < l->source.len; l->at++) {
		char c = l->source.ptr[l->at];

		if (c == quote) {
			l->at++;
			return token(l, kind, from);
		}
		if (kind == TOKEN_RAW)
			continue;
		if (c == '\\')
			c = byte(l, ++l->at);
		if (c == '\n')
			break;
	}
	return wrong(l, from, words);
}

static struct token lex_close(struct lexer *l, bool trim)
{
	struct token t;

	if (l->parens > 0)
		return wrong(l, l->at, "unclosed left paren");
	if (trim)
		l->at++; /* the '-' */
	l->at += 2;
	t = token(l, TOKEN_CLOSE, l->at - 2);
	if (trim)
		skip_space(l);
	l->inside = false;
	return t;
}

static struct token one(struct lexer *l, enum token_kind kind)
{
	l->at++;
	return token(l, kind, l->at - 1);
}

static struct token lex_punctuation(struct lexer *l)
{
	size_t from = l->at, n;
	uint32_t point = 0;

	switch (l->source.ptr[l->at]) {
	case '=': return one(l, TOKEN_ASSIGN);
	case '|': return one(l, TOKEN_PIPE);
	case ',': return one(l, TOKEN_COMMA);
	case ':':
		if (byte(l, l->at + 1) != '=')
			return wrong(l, from, "expected :=");
		l->at += 2;
		return token(l, TOKEN_DECLARE, from);
	case '"': return lex_quoted(l, TOKEN_STRING, "unterminated quoted string");
	case '`': return lex_quoted(l, TOKEN_RAW, "unterminated raw quoted string");
	case '\'': return lex_quoted(l, TOKEN_CHARACTER, "unterminated character constant");
	case '(': l->parens++; return one(l, TOKEN_LEFT_PAREN);
	case ')':
		if (l->parens == 0)
			return wrong(l, from, "unexpected right paren");
		l->parens--;
		return one(l, TOKEN_RIGHT_PAREN);
	default: break;
	}
	point_at(l, &point, &n);
	if (point < 0x7F && point >= ' ')
		return one(l, TOKEN_OTHER);
	why_write(&l->words, "unrecognized character in action: U+%04X", point);
	return wrong(l, from, NULL);
}

static struct token lex_action(struct lexer *l)
{
	size_t from = l->at, n;
	struct token t;
	bool spaced;
	char c;

	skip_space(l);
	spaced = l->at > from;
	from = l->at;
	if (spaced && looking_at(l, l->at, STR("-}}")))
		return lex_close(l, true);
	if (looking_at(l, l->at, STR("}}")))
		return lex_close(l, false);
	if (l->at >= l->source.len)
		return wrong(l, from, "unclosed action");
	c = l->source.ptr[l->at];
	if (c == '$') {
		l->at++;
		t = at_end_of_word(l) ? token(l, TOKEN_VARIABLE, from)
				      : lex_word(l, TOKEN_VARIABLE, from);
	} else if (c == '.' && !(byte(l, l->at + 1) >= '0' && byte(l, l->at + 1) <= '9')) {
		l->at++;
		t = at_end_of_word(l) ? token(l, TOKEN_DOT, from)
				      : lex_word(l, TOKEN_FIELD, from);
	} else if (c == '.' || c == '+' || c == '-' || (c >= '0' && c <= '9')) {
		t = lex_number(l);
	} else if (word_at(l, &n)) {
		t = lex_name(l);
	} else {
		t = lex_punctuation(l);
	}
	t.spaced = spaced;
	return t;
}

/* Past "{{": a trim marker is a '-' and a blank. */
static size_t trim_marker(const struct lexer *l, size_t at)
{
	return byte(l, at) == '-' && is_space(byte(l, at + 1)) ? 2 : 0;
}

/* l->at is on the first byte of the comment's "/" "*". True when it ends as it must. */
static bool skip_comment(struct lexer *l, const char **ret_words)
{
	size_t end = str_find(l->source, STR("*/"), l->at + 2);
	bool trim;

	*ret_words = "unclosed comment";
	if (end == STR_NONE)
		return false;
	end += 2;
	trim = is_space(byte(l, end)) && looking_at(l, end + 1, STR("-}}"));
	*ret_words = "comment ends before closing delimiter";
	if (!trim && !looking_at(l, end, STR("}}")))
		return false;
	l->at = end + (trim ? 4 : 2);
	if (trim)
		skip_space(l);
	return true;
}

struct token lex_next(struct lexer *l)
{
	if (l->inside)
		return lex_action(l);
	while (l->at < l->source.len) {
		size_t from = l->at, open = str_find(l->source, STR("{{"), from), end;
		const char *words;
		struct token t;

		if (open == STR_NONE) {
			l->at = l->source.len;
			return token(l, TOKEN_TEXT, from);
		}
		end = open;
		if (trim_marker(l, open + 2))
			while (end > from && is_space(l->source.ptr[end - 1]))
				end--;
		if (end > from) {
			l->at = end;
			t = token(l, TOKEN_TEXT, from);
			l->at = open;
			return t;
		}
		l->at = open + 2;
		t = token(l, TOKEN_OPEN, open);
		l->at += trim_marker(l, l->at);
		if (!looking_at(l, l->at, STR("/*"))) {
			l->inside = true;
			l->parens = 0;
			return t;
		}
		if (!skip_comment(l, &words))
			return wrong(l, l->at, words);
	}
	return (struct token){.kind = TOKEN_EOF, .at = (uint32_t)l->at};
}

void lex_back(struct lexer *l, size_t at, const struct token *last)
{
	l->at = at;
	l->inside = true;
	if (last->kind == TOKEN_LEFT_PAREN)
		l->parens--;
	else if (last->kind == TOKEN_RIGHT_PAREN)
		l->parens++;
}
