#include "kinds/pattern.h"

#include "lang/name.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_alnum(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Is every byte a letter, a digit or one of `more`? */
static bool all_word(struct str s, struct str more)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!is_alnum(s.ptr[i]) && str_chr(more, s.ptr[i], 0) == STR_NONE)
			return false;
	}
	return true;
}

static bool fits_header(struct str s)
{
	return s.len > 0 && all_word(s, STR("!#$%&'*+.^_`|~-"));
}
const struct pattern pattern_header = {"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$",
				       "the name of an HTTP header", fits_header};

const struct pattern pattern_label = {
	"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$",
	"a DNS label: at most 63 of a-z, 0-9 and '-', with a letter "
	"or digit at both ends",
	name_is_label};

/* What could end a header and begin another one stays out. */
static bool fits_header_value(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if ((c < ' ' && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}
const struct pattern pattern_header_value = {"^[^\\x00-\\x08\\x0a-\\x1f\\x7f]*$",
					     "a text without control characters",
					     fits_header_value};

/* It travels as a word, and in the path of a URL. */
static bool fits_model(struct str s)
{
	return s.len > 0 && fits_header_value(s) && str_chr(s, '\t', 0) == STR_NONE;
}
const struct pattern pattern_model = {"^[^\\x00-\\x1f\\x7f]+$",
				      "a text without control characters", fits_model};

static bool fits_server(struct str s)
{
	return s.len > 0 && is_alnum(s.ptr[0]) && all_word(s, STR("_-"));
}
const struct pattern pattern_server = {"^[A-Za-z0-9][A-Za-z0-9_-]*$",
				       "letters, digits, '_' and '-', a letter or digit first",
				       fits_server};

static bool fits_tool(struct str s)
{
	return s.len > 0 && s.len <= 64 && all_word(s, STR("_-"));
}
const struct pattern pattern_tool = {"^[A-Za-z0-9_-]{1,64}$",
				     "at most 64 letters, digits, '_' and '-'", fits_tool};

static bool fits_tool_policy(struct str s)
{
	struct str server, tool;

	if (!str_cut(s, '/', &server, &tool) || !fits_server(server) || tool.len == 0)
		return false;
	return str_is(tool, "*") ||
	       (str_chr(tool, '/', 0) == STR_NONE && str_chr(tool, '*', 0) == STR_NONE &&
		str_chr(tool, '\n', 0) == STR_NONE);
}
const struct pattern pattern_tool_policy = {"^[A-Za-z0-9][A-Za-z0-9_-]*/([*]|[^/*\\n]+)$",
					    "<server>/<tool>, <server>/* or tools/<name>",
					    fits_tool_policy};

static bool fits_variable(struct str s)
{
	if (s.len == 0 || is_digit(s.ptr[0]))
		return false;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];

		if (!is_digit(c) && c != '_' && !(c >= 'A' && c <= 'Z'))
			return false;
	}
	return true;
}
const struct pattern pattern_variable = {
	"^[A-Z_][A-Z0-9_]*$", "capital letters, digits and '_', no digit first", fits_variable};

static bool fits_artifact(struct str s)
{
	return s.len > 0 && s.len <= 255 && is_alnum(s.ptr[0]) && all_word(s, STR("._-"));
}
const struct pattern pattern_artifact = {
	"^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$",
	"at most 255 letters, digits, '.', '_' and '-', a letter or digit first",
	fits_artifact};

static bool fits_artifact_source(struct str s)
{
	struct str step, artifact;

	return str_cut(s, '.', &step, &artifact) && name_is_label(step) &&
	       fits_artifact(artifact);
}
const struct pattern pattern_artifact_source = {
	"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?[.][A-Za-z0-9][A-Za-z0-9._-]{0,254}$",
	"<step>.<artifact>", fits_artifact_source};

static bool fits_currency(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] < 'A' || s.ptr[i] > 'Z')
			return false;
	}
	return s.len == 3;
}
const struct pattern pattern_currency = {"^[A-Z]{3}$", "three capital letters (ISO 4217)",
					 fits_currency};

static size_t digits(struct str s, size_t at)
{
	while (at < s.len && is_digit(s.ptr[at]))
		at++;
	return at;
}

static bool fits_quantity(struct str s)
{
	size_t at = s.len > 0 && (s.ptr[0] == '+' || s.ptr[0] == '-'), end = digits(s, at);
	struct str unit;

	if (end == at)
		return false;
	if (end < s.len && s.ptr[end] == '.')
		end = digits(s, end + 1);
	unit = str_from(s, end);
	if (unit.len == 0)
		return true;
	if (unit.len == 1)
		return str_chr(STR("numkMGTPE"), unit.ptr[0], 0) != STR_NONE;
	if (unit.len == 2 && unit.ptr[1] == 'i')
		return str_chr(STR("KMGTPE"), unit.ptr[0], 0) != STR_NONE;
	if (unit.ptr[0] != 'e' && unit.ptr[0] != 'E')
		return false;
	at = unit.ptr[1] == '+' || unit.ptr[1] == '-' ? 2 : 1;
	return at < unit.len && digits(unit, at) == unit.len;
}
const struct pattern pattern_quantity = {
	"^[+-]?[0-9]+([.][0-9]*)?([eE][+-]?[0-9]+|[KMGTPE]i|[numkMGTPE])?$",
	"a quantity, such as 100m or 128Mi", fits_quantity};

static bool fits_absolute(struct str s)
{
	return s.len > 0 && s.ptr[0] == '/';
}
const struct pattern pattern_absolute = {"^/", "a path that begins with '/'", fits_absolute};

static bool fits_relative(struct str s)
{
	struct str rest = s, part;

	if (s.len == 0 || s.ptr[0] == '/')
		return false;
	while (str_next(&rest, '/', &part)) {
		if (str_is(part, ".."))
			return false;
	}
	return true;
}
/* RE2 has no look-around, so the expression only sees the first byte. */
const struct pattern pattern_relative = {
	"^[^/]", "a path that does not begin with '/' and has no '..'", fits_relative};
