#include "lang/yaml_piece.h"

/* The line that starts there, without its end; *ret_next is where the next one starts. */
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

struct yaml_piece yaml_piece_next(struct yaml *y)
{
	struct yaml_piece p = {.first_line = y->line, .line = y->line, .empty = true};
	bool directives = false;
	uint32_t lines = 0;
	size_t at = 0, next;

	for (; at < y->rest.len; at = next, lines++) {
		struct str line = line_at(y->rest, at, &next);

		if (is_marker(line, "---")) {
			if (at > 0 && !(directives && p.empty))
				break;
			directives = false;
			p.line = y->line + lines;
			line = str_from(line, 3);
		} else if (p.empty && line.len && line.ptr[0] == '%') {
			directives = true;
			continue;
		} else if (is_marker(line, "...")) {
			line = str_from(line, 3);
		}
		p.empty = p.empty && is_blank_or_comment(line);
	}
	p.empty = p.empty && !directives;
	p.text = str_sub(y->rest, 0, at);
	y->rest = str_from(y->rest, at);
	y->line += lines;
	return p;
}
