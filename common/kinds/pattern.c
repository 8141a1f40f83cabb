#include "kinds/pattern.h"

#include "lang/duration.h"
#include "lang/money.h"
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
				       "the name of an HTTP header", fits_header, 256};

const struct pattern pattern_label = {
	"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$",
	"a DNS label: at most 63 of a-z, 0-9 and '-', with a letter "
	"or digit at both ends",
	name_is_label, 63};

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
					     fits_header_value, 0};

/* It travels as a word, and in the path of a URL. */
static bool fits_model(struct str s)
{
	return s.len > 0 && fits_header_value(s) && str_chr(s, '\t', 0) == STR_NONE;
}
const struct pattern pattern_model = {"^[^\\x00-\\x1f\\x7f]+$",
				      "a text without control characters", fits_model, 0};

static bool fits_server(struct str s)
{
	return s.len > 0 && is_alnum(s.ptr[0]) && all_word(s, STR("_-"));
}
const struct pattern pattern_server = {"^[A-Za-z0-9][A-Za-z0-9_-]*$",
				       "letters, digits, '_' and '-', a letter or digit first",
				       fits_server, 253};

static bool fits_tool(struct str s)
{
	return s.len > 0 && s.len <= 64 && all_word(s, STR("_-"));
}
const struct pattern pattern_tool = {"^[A-Za-z0-9_-]{1,64}$",
				     "at most 64 letters, digits, '_' and '-'", fits_tool, 64};

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
					    fits_tool_policy, 0};

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
const struct pattern pattern_variable = {"^[A-Z_][A-Z0-9_]*$",
					 "capital letters, digits and '_', no digit first",
					 fits_variable, 253};

static bool fits_artifact(struct str s)
{
	return s.len > 0 && s.len <= 255 && is_alnum(s.ptr[0]) && all_word(s, STR("._-"));
}
const struct pattern pattern_artifact = {
	"^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$",
	"at most 255 letters, digits, '.', '_' and '-', a letter or digit first", fits_artifact,
	255};

static bool fits_artifact_source(struct str s)
{
	struct str step, artifact;

	return str_cut(s, '.', &step, &artifact) && name_is_label(step) &&
	       fits_artifact(artifact);
}
const struct pattern pattern_artifact_source = {
	"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?[.][A-Za-z0-9][A-Za-z0-9._-]{0,254}$",
	"<step>.<artifact>", fits_artifact_source, 319};

static bool fits_currency(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] < 'A' || s.ptr[i] > 'Z')
			return false;
	}
	return s.len == 3;
}
const struct pattern pattern_currency = {"^[A-Z]{3}$", "three capital letters (ISO 4217)",
					 fits_currency, 3};

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
	"a quantity, such as 100m or 128Mi", fits_quantity, 0};

static bool fits_absolute(struct str s)
{
	return s.len > 0 && s.ptr[0] == '/';
}
const struct pattern pattern_absolute = {"^/", "a path that begins with '/'", fits_absolute,
					 4096};

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
/* A part is anything but `..`. */
#define PART "([^/.][^/]*|[.]([^/.][^/]*)?|[.][.][^/]+)"
const struct pattern pattern_relative = {"^" PART "(/" PART "?)*$",
					 "a path that does not begin with '/' and has no '..'",
					 fits_relative, 4096};

static bool fits_url(struct str s)
{
	struct str rest, host;

	if (str_starts_nocase(s, STR("https://")))
		rest = str_from(s, 8);
	else if (str_starts_nocase(s, STR("http://")))
		rest = str_from(s, 7);
	else
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if ((unsigned char)s.ptr[i] <= ' ' || s.ptr[i] == 0x7f)
			return false;
	}
	str_cut(rest, '/', &host, NULL);
	str_cut(host, '?', &host, NULL);
	str_cut(host, '#', &host, NULL);
	return host.len > 0 && host.ptr[0] != ':';
}
const struct pattern pattern_url = {
	"^[Hh][Tt][Tt][Pp][Ss]?://[^\\x00-\\x20\\x7f/?#:][^\\x00-\\x20\\x7f]*$",
	"an http or https URL", fits_url, 2048};

static bool fits_host_port(struct str s)
{
	size_t colon = str_rchr(s, ':');
	int64_t port;

	if (colon == STR_NONE || colon == 0)
		return false;
	for (size_t i = 0; i < colon; i++) {
		if ((unsigned char)s.ptr[i] <= ' ' || s.ptr[i] == '/' || s.ptr[i] == '@')
			return false;
	}
	return str_to_i64(str_from(s, colon + 1), &port) && port >= 1 && port <= 65535;
}
const struct pattern pattern_host_port = {
	"^[^\\x00-\\x20/@]+:0*([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|"
	"655[0-2][0-9]|6553[0-5])$",
	"host:port", fits_host_port, 261};

static bool fits_duration(struct str s)
{
	int64_t nanos;

	return duration_parse_positive(s, &nanos, NULL) == FAIL_NONE;
}
/* More than zero is told by a digit; what is too long for 64 bits, or too short for a
 * nanosecond, only the function sees. */
#define UNIT "(ns|us|\xC2\xB5s|\xCE\xBCs|ms|s|m|h)"
#define DECIMAL "([0-9]+[.]?[0-9]*|[.][0-9]+)"
const struct pattern pattern_duration = {
	"^(" DECIMAL UNIT ")*([0-9]*[1-9][0-9]*[.]?[0-9]*|[0-9]*[.][0-9]*[1-9][0-9]*)" UNIT
	"(" DECIMAL UNIT ")*$",
	"a duration, such as 90s, 1m30s or 1.5h", fits_duration, 64};

static bool fits_money(struct str s)
{
	struct money m;

	return money_parse(s, &m, NULL) == FAIL_NONE;
}
const struct pattern pattern_money = {
	"^[0-9]+([.][0-9]{1,6})?$",
	"an amount: digits with at most six after the point, such as 12.50", fits_money, 0};
