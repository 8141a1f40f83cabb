#include "cli/out.h"

#include <stdio.h>
#include <unistd.h>

#include "base/json.h"
#include "base/utf8.h"
#include "lang/rfc3339.h"
#include "lang/yaml.h"
#include "process/clock.h"

enum { GAP = 3, CELL_MAX_BYTES = 4096 };

/* --- texts ------------------------------------------------------------------------------------ */

static void add_bytes(struct buf *b, struct str bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		buf_addf(b, "\\x%02x", (unsigned char)bytes.ptr[i]);
}

void out_escape(struct buf *b, struct str text, bool whole)
{
	while (text.len) {
		size_t len;
		bool valid;
		uint32_t point = utf8_decode(text, &len, &valid);
		struct str bytes = str_sub(text, 0, len);
		bool control = point < 0x20 || (point >= 0x7f && point < 0xa0);

		if (whole && (point == '\n' || point == '\t'))
			control = false;
		if (control || !valid)
			add_bytes(b, bytes);
		else
			buf_add(b, bytes);
		text = str_from(text, len);
	}
}

void out_raw(struct str text)
{
	if (text.len)
		fwrite(text.ptr, 1, text.len, stdout);
}

void out_text(struct str text)
{
	AUTO_BUF escaped = BUF(OUT_MAX_BYTES);

	if (isatty(STDOUT_FILENO)) {
		out_escape(&escaped, text, true);
		text = buf_str(&escaped);
	}
	out_raw(text);
}

void out_line(struct str text)
{
	out_text(text);
	if (!str_ends(text, STR("\n")))
		fputc('\n', stdout);
}

void out_duration(struct buf *b, int64_t ms)
{
	int64_t s = ms / 1000;

	if (ms < 60000)
		buf_addf(b, "%lld.%llds", (long long)s, (long long)(ms % 1000 / 100));
	else if (s < 3600)
		buf_addf(b, "%lldm%02llds", (long long)(s / 60), (long long)(s % 60));
	else if (s < 86400)
		buf_addf(b, "%lldh%02lldm", (long long)(s / 3600), (long long)(s / 60 % 60));
	else
		buf_addf(b, "%lldd%02lldh", (long long)(s / 86400), (long long)(s / 3600 % 24));
}

static void add_age(struct buf *b, int64_t seconds)
{
	if (seconds < 0)
		seconds = 0;
	if (seconds < 60)
		buf_addf(b, "%llds", (long long)seconds);
	else if (seconds < 3600)
		buf_addf(b, "%lldm", (long long)(seconds / 60));
	else if (seconds < 86400)
		buf_addf(b, "%lldh", (long long)(seconds / 3600));
	else
		buf_addf(b, "%lldd", (long long)(seconds / 86400));
}

/* --- tables ----------------------------------------------------------------------------------- */

/* A list of plain values shows as a, b, c. */
static void add_value(struct buf *b, const struct value *v)
{
	if (value_is(v, VALUE_STR)) {
		out_escape(b, value_text(v), false);
	} else if (value_is(v, VALUE_LIST)) {
		for (size_t i = 0; i < v->list.count; i++) {
			if (i)
				buf_adds(b, ", ");
			add_value(b, &v->list.items[i]);
		}
	} else if (!value_is_nil(v)) {
		json_add(b, v);
	}
}

static void add_cell(struct buf *b, const struct out_column *c, const struct value *row,
		     int64_t now_ms)
{
	const struct value *v = value_path(row, c->key);
	size_t before = b->len;
	int64_t seconds;

	switch (c->show) {
	case SHOW_PLAIN: add_value(b, v); break;
	case SHOW_DURATION_MS:
		if (value_is(v, VALUE_INT))
			out_duration(b, v->integer);
		break;
	case SHOW_AGE:
		if (!rfc3339_parse(value_text(v), &seconds, NULL, NULL))
			add_age(b, now_ms / 1000 - seconds);
		break;
	}
	if (b->len == before)
		buf_addc(b, '-');
}

static size_t width(const struct out_column *c, const struct value *rows, int64_t now_ms)
{
	size_t widest = str_of(c->title).len;

	for (size_t i = 0; i < value_count(rows); i++) {
		AUTO_BUF cell = BUF(CELL_MAX_BYTES);
		size_t n;

		add_cell(&cell, c, value_at(rows, i), now_ms);
		n = utf8_count(buf_str(&cell));
		if (n > widest)
			widest = n;
	}
	return widest;
}

static void add_padded(struct buf *b, struct str cell, size_t columns, bool last)
{
	buf_add(b, cell);
	for (size_t n = utf8_count(cell); !last && n < columns + GAP; n++)
		buf_addc(b, ' ');
}

void out_table(struct buf *b, const struct out_column *columns, size_t count,
	       const struct value *rows, int64_t now_ms)
{
	size_t widths[32];

	PROMISE(count <= sizeof(widths) / sizeof(widths[0]));
	for (size_t i = 0; i < count; i++) {
		widths[i] = width(&columns[i], rows, now_ms);
		add_padded(b, str_of(columns[i].title), widths[i], i + 1 == count);
	}
	buf_addc(b, '\n');
	for (size_t r = 0; r < value_count(rows); r++) {
		for (size_t i = 0; i < count; i++) {
			AUTO_BUF cell = BUF(CELL_MAX_BYTES);

			add_cell(&cell, &columns[i], value_at(rows, r), now_ms);
			add_padded(b, buf_str(&cell), widths[i], i + 1 == count);
		}
		buf_addc(b, '\n');
	}
}

/* --- as -o says ------------------------------------------------------------------------------- */

void out_value(const struct cli *c, const struct value *v)
{
	AUTO_BUF text = BUF(OUT_MAX_BYTES);

	if (c->common.output == OUTPUT_YAML) {
		yaml_add(&text, v);
	} else {
		json_add(&text, v);
		buf_addc(&text, '\n');
	}
	out_raw(buf_str(&text));
}

void out_rows(const struct cli *c, const struct out_column *columns, size_t count,
	      const struct value *rows)
{
	AUTO_BUF text = BUF(OUT_MAX_BYTES);

	if (c->common.output != OUTPUT_TEXT) {
		out_value(c, rows);
		return;
	}
	out_table(&text, columns, count, rows, process_now_ms());
	out_raw(buf_str(&text));
}
