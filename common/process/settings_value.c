#include "process/settings_value.h"

#include <stdio.h>
#include <string.h>

#include "lang/duration.h"
#include "process/url.h"

static void *member(const struct setting *row, void *into)
{
	return (char *)into + row->at;
}

bool setting_is_number(const struct setting *row)
{
	return row->type == SETTING_INT || row->type == SETTING_BYTES ||
	       row->type == SETTING_DURATION;
}

static int64_t most(const struct setting *row)
{
	return row->least == 0 && row->most == 0 ? INT64_MAX : row->most;
}

/* --- reading */

static bool read_number(const struct setting *row, struct str text, int64_t *ret)
{
	uint64_t bytes;
	int64_t v = 0;

	switch (row->type) {
	case SETTING_INT:
		if (!str_to_i64(text, &v))
			return false;
		break;
	case SETTING_BYTES:
		if (!str_to_bytes(text, &bytes) || bytes > INT64_MAX)
			return false;
		v = (int64_t)bytes;
		break;
	case SETTING_DURATION:
		if (duration_parse(text, &v, NULL))
			return false;
		v = (v + NANOS_PER_MS - 1) / NANOS_PER_MS; /* 1ns is not "none" */
		break;
	case SETTING_STRING:
	case SETTING_URL:
	case SETTING_FILE:
	case SETTING_LIST:
	case SETTING_BOOL:
	case SETTING_ENUM:
	case SETTING_ADDR: return false;
	}
	if (v < row->least || v > most(row))
		return false;
	*ret = v;
	return true;
}

static bool read_bool(struct str text, bool *ret)
{
	if (str_is(text, "true") || str_is(text, "1"))
		*ret = true;
	else if (str_is(text, "false") || str_is(text, "0"))
		*ret = false;
	else
		return false;
	return true;
}

static bool read_enum(const char *choices, struct str text, int *ret)
{
	struct str rest = str_of(choices), word;

	for (int i = 0; str_next(&rest, ' ', &word); i++)
		if (str_eq(word, text)) {
			*ret = i;
			return true;
		}
	return false;
}

static struct str_list read_list(struct arena *a, struct str text)
{
	struct str rest = text, item, *items;
	size_t count = 0, room = 1;

	for (size_t i = 0; i < text.len; i++)
		room += text.ptr[i] == ',';
	items = ARENA_ARRAY(a, room, struct str);
	while (str_next(&rest, ',', &item)) {
		item = str_trim(item);
		if (item.len)
			items[count++] = arena_str(a, item);
	}
	return (struct str_list){items, count};
}

bool addr_parse(struct str text, struct str *ret_host, uint16_t *ret_port)
{
	size_t colon = str_rchr(text, ':');
	struct str host;
	uint64_t port;

	if (colon == STR_NONE || !str_to_u64(str_from(text, colon + 1), &port) || port > 65535)
		return false;
	host = str_sub(text, 0, colon);
	if (str_starts(host, STR("[")) && str_ends(host, STR("]")) && host.len > 2)
		host = str_sub(host, 1, host.len - 1);
	else if (str_chr(host, ':', 0) != STR_NONE || str_chr(host, '[', 0) != STR_NONE)
		return false;
	for (size_t i = 0; i < host.len; i++)
		if ((unsigned char)host.ptr[i] <= ' ' || host.ptr[i] == '/')
			return false;
	*ret_host = host;
	*ret_port = (uint16_t)port;
	return true;
}

bool setting_store(const struct setting *row, void *into, struct arena *a, struct str text)
{
	struct str host;
	uint16_t port;

	if (text.len == 0 && (row->flags & SETTING_REQUIRED))
		return false;
	switch (row->type) {
	case SETTING_INT:
	case SETTING_BYTES:
	case SETTING_DURATION: return read_number(row, text, member(row, into));
	case SETTING_BOOL: return read_bool(text, member(row, into));
	case SETTING_ENUM: return read_enum(row->choices, text, member(row, into));
	case SETTING_LIST:
		*(struct str_list *)member(row, into) = read_list(a, text);
		return true;
	case SETTING_ADDR:
		if (text.len && !addr_parse(text, &host, &port))
			return false;
		break;
	case SETTING_URL:
		if (text.len && str_find(text, STR("://"), 0) == STR_NONE)
			return false;
		break;
	case SETTING_STRING:
	case SETTING_FILE: break;
	}
	*(struct str *)member(row, into) = arena_str(a, text);
	return true;
}

void setting_store_number(const struct setting *row, void *into, int64_t number)
{
	PROMISE(setting_is_number(row));
	memcpy(member(row, into), &number, sizeof(number));
}

/* --- printing */

void setting_add_number(const struct setting *row, int64_t number, struct buf *out)
{
	static const char *const unit[] = {"", "KiB", "MiB", "GiB"};
	size_t u = 0;

	if (row->type == SETTING_DURATION && number <= INT64_MAX / NANOS_PER_MS) {
		duration_add(out, number * NANOS_PER_MS);
		return;
	}
	if (row->type == SETTING_BYTES)
		for (; u < 3 && number && number % 1024 == 0; u++)
			number /= 1024;
	buf_addi(out, number);
	buf_adds(out, unit[u]);
}

void setting_wanted(const struct setting *row, struct buf *out)
{
	struct str rest, word;

	switch (row->type) {
	case SETTING_INT:
	case SETTING_BYTES:
	case SETTING_DURATION:
		buf_adds(out, row->type == SETTING_INT	   ? "a number"
			      : row->type == SETTING_BYTES ? "a size"
							   : "a duration");
		if (most(row) == INT64_MAX) {
			buf_adds(out, " of at least ");
			setting_add_number(row, row->least, out);
		} else {
			buf_adds(out, " from ");
			setting_add_number(row, row->least, out);
			buf_adds(out, " to ");
			setting_add_number(row, row->most, out);
		}
		break;
	case SETTING_BOOL: buf_adds(out, "true or false"); break;
	case SETTING_ENUM:
		rest = str_of(row->choices);
		for (const char *sep = "one of "; str_next(&rest, ' ', &word); sep = ", ")
			buf_addf(out, "%s%.*s", sep, STR_ARG(word));
		break;
	case SETTING_ADDR: buf_adds(out, "host:port, [address]:port or :port"); break;
	case SETTING_URL: buf_adds(out, "a URL with its scheme"); break;
	case SETTING_LIST: buf_adds(out, "words with commas between them"); break;
	case SETTING_FILE: buf_adds(out, "the path of a file"); break;
	case SETTING_STRING: buf_adds(out, "a text"); break;
	}
}

bool setting_applies(const struct settings *s, const struct setting *row)
{
	struct str program = str_of(s->program), rest = str_of(row->only), word;

	if (!row->only || !str_starts(program, STR("ark-")))
		return true;
	while (str_next(&rest, ' ', &word))
		if (str_eq(word, str_from(program, 4)))
			return true;
	return false;
}

void setting_flag(const char *name, char out[SETTING_NAME_BYTES])
{
	size_t i;

	if (strncmp(name, "ARK_", 4) == 0)
		name += 4;
	for (i = 0; name[i] && i < SETTING_NAME_BYTES - 1; i++)
		out[i] = name[i] == '_'			    ? '-'
			 : name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] - 'A' + 'a')
							    : name[i];
	out[i] = '\0';
}
