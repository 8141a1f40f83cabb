#include "http/media.h"

#include "http/http_fields.h"

bool media_parse(struct str value, struct media *ret_media)
{
	struct media m;
	struct str full;

	str_cut(value, ';', &full, &m.params);
	if (!str_cut(str_trim(full), '/', &m.type, &m.subtype))
		return false;
	if (!http_is_token(m.type) || !http_is_token(m.subtype))
		return false;
	*ret_media = m;
	return true;
}

bool media_is(struct str value, struct str type)
{
	struct media m;
	struct str want, want_sub;

	str_cut(type, '/', &want, &want_sub);
	return media_parse(value, &m) && str_eq_nocase(m.type, want) &&
	       str_eq_nocase(m.subtype, want_sub);
}

bool media_is_json(struct str value)
{
	struct media m;

	if (!media_parse(value, &m))
		return false;
	if (m.subtype.len > 5 &&
	    str_eq_nocase(str_from(m.subtype, m.subtype.len - 5), STR("+json")))
		return true;
	return str_eq_nocase(m.type, STR("application")) &&
	       str_eq_nocase(m.subtype, STR("json"));
}

/* The end of the member that starts at from: a separator outside quotes, or the end. */
static size_t member_end(struct str s, size_t from, char sep)
{
	bool quoted = false;

	for (size_t i = from; i < s.len; i++) {
		if (quoted && s.ptr[i] == '\\')
			i++;
		else if (s.ptr[i] == '"')
			quoted = !quoted;
		else if (s.ptr[i] == sep && !quoted)
			return i;
	}
	return s.len;
}

/* Takes the next member off *rest, trimmed; empty ones are skipped. */
static bool member_next(struct str *rest, char sep, struct str *ret_item)
{
	while (rest->len) {
		size_t end = member_end(*rest, 0, sep);
		struct str item = str_trim(str_sub(*rest, 0, end));

		*rest = str_from(*rest, end + 1);
		if (item.len) {
			*ret_item = item;
			return true;
		}
	}
	return false;
}

/* A token, or a quoted string with its quotes undone. */
static bool add_value(struct buf *out, struct str v)
{
	if (v.len == 0 || v.ptr[0] != '"') {
		buf_add(out, v);
		return http_is_token(v) && !out->full;
	}
	for (size_t i = 1; i < v.len; i++) {
		if (v.ptr[i] == '"')
			return i + 1 == v.len && !out->full;
		if (v.ptr[i] == '\\' && ++i == v.len)
			return false;
		buf_addc(out, v.ptr[i]);
	}
	return false;
}

bool media_param(struct str params, struct str name, struct buf *out)
{
	struct str item, key, value;

	while (member_next(&params, ';', &item)) {
		if (str_cut(item, '=', &key, &value) && str_eq_nocase(key, name))
			return add_value(out, value);
	}
	return false;
}

bool media_list_next(struct str *rest, struct str *ret_item)
{
	return member_next(rest, ',', ret_item);
}

bool media_list_has(struct str list, struct str token)
{
	struct str item;

	while (media_list_next(&list, &item)) {
		str_cut(item, ';', &item, NULL);
		if (str_eq_nocase(str_trim(item), token))
			return true;
	}
	return false;
}
