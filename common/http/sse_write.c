#include "http/sse_write.h"

static bool one_line(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] == '\r' || s.ptr[i] == '\n' || s.ptr[i] == '\0')
			return false;
	return true;
}

static void add_field(struct buf *out, const char *name, struct str value)
{
	buf_adds(out, name);
	buf_add(out, value);
	buf_addc(out, '\n');
}

bool sse_write_event(struct buf *out, struct str id, struct str type, struct str data)
{
	size_t start = 0;

	if (!one_line(id) || !one_line(type))
		return false;
	if (id.len)
		add_field(out, "id: ", id);
	if (type.len)
		add_field(out, "event: ", type);
	for (size_t i = 0; i < data.len; i++) {
		if (data.ptr[i] != '\r' && data.ptr[i] != '\n')
			continue;
		add_field(out, "data: ", str_sub(data, start, i));
		if (data.ptr[i] == '\r' && i + 1 < data.len && data.ptr[i + 1] == '\n')
			i++;
		start = i + 1;
	}
	add_field(out, "data: ", str_from(data, start));
	buf_addc(out, '\n');
	return true;
}

void sse_write_comment(struct buf *out, struct str text)
{
	buf_adds(out, ": ");
	for (size_t i = 0; i < text.len; i++)
		buf_addc(out, text.ptr[i] == '\r' || text.ptr[i] == '\n' ? ' ' : text.ptr[i]);
	buf_adds(out, "\n\n");
}

void sse_write_retry(struct buf *out, unsigned ms)
{
	buf_addf(out, "retry: %u\n\n", ms);
}
