#include "http/http_head.h"

#include <string.h>

#include "http/media.h"

size_t http_head_end(struct str bytes, size_t *scanned)
{
	for (size_t i = *scanned; i < bytes.len; i++) {
		if (bytes.ptr[i] == '\0')
			return STR_NONE;
		if (bytes.ptr[i] != '\n')
			continue;
		if (i == 0 || bytes.ptr[i - 1] != '\r')
			return STR_NONE;
		if (i >= 3 && bytes.ptr[i - 2] == '\n')
			return i + 1;
	}
	*scanned = bytes.len;
	return 0;
}

/* Takes a line without its CRLF. A CR alone is left in it and refused by who reads the line. */
static struct str next_line(struct str *rest)
{
	size_t end = str_find(*rest, STR("\r\n"), 0);
	struct str line = str_sub(*rest, 0, end);

	*rest = end == STR_NONE ? str_from(*rest, rest->len) : str_from(*rest, end + 2);
	return line;
}

/* Visible ASCII only: everything else must come escaped. */
static bool is_visible(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] <= 0x20 || s.ptr[i] >= 0x7f)
			return false;
	return s.len > 0;
}

/* origin-form, absolute-form (RFC 9112 3.2.2: servers must take it), or "*". */
static bool split_target(struct str target, struct http_head *h)
{
	size_t path;

	str_cut(target, '?', &target, &h->query);
	if (str_starts_nocase(target, STR("http://")) ||
	    str_starts_nocase(target, STR("https://"))) {
		path = str_chr(target, '/', str_find(target, STR("//"), 0) + 2);
		target = path == STR_NONE ? STR("/") : str_from(target, path);
	}
	h->path = target;
	return str_starts(target, STR("/")) || str_is(target, "*");
}

static int request_line(struct str line, struct http_head *h, const char **ret_words)
{
	struct str target, version;

	str_cut(line, ' ', &h->method, &line);
	str_cut(line, ' ', &target, &version);
	if (!http_is_token(h->method) || !is_visible(target) || !split_target(target, h)) {
		*ret_words = "malformed request line";
		return 400;
	}
	h->http_1_0 = str_is(version, "HTTP/1.0");
	if (h->http_1_0 || str_is(version, "HTTP/1.1"))
		return 0;
	*ret_words = "the version of HTTP is not 1.0 or 1.1";
	return str_starts(version, STR("HTTP/")) ? 505 : 400;
}

static int field_lines(struct arena *a, struct str rest, struct http_head *h,
		       const char **ret_words)
{
	struct http_field *items = NULL;
	size_t n = 0, cap = 0;

	for (;;) {
		struct str line = next_line(&rest), name, value;

		if (line.len == 0)
			break;
		if (n == HTTP_HEAD_MAX_FIELDS) {
			*ret_words = "too many header fields (limit http-fields)";
			return 431;
		}
		/* A folded line begins with a blank, so its name is no token. */
		if (!str_cut(line, ':', &name, &value) || !http_is_token(name) ||
		    !http_is_value(str_trim(value))) {
			*ret_words = "malformed header field";
			return 400;
		}
		items = arena_grow(a, items, n, &cap, sizeof(*items));
		items[n++] = (struct http_field){name, str_trim(value)};
	}
	h->fields = (struct http_fields){items, n};
	return 0;
}

/* RFC 9112 6.3, without the leniencies. */
static int body_length(struct http_head *h, const char **ret_words)
{
	size_t lengths = http_fields_count(h->fields, STR("Content-Length"));
	size_t codings = http_fields_count(h->fields, STR("Transfer-Encoding"));

	if (codings) {
		if (lengths || codings > 1 || h->http_1_0) {
			*ret_words = "contradicting body lengths";
			return 400;
		}
		h->chunked = str_eq_nocase(http_fields_get(h->fields, STR("Transfer-Encoding")),
					   STR("chunked"));
		if (!h->chunked) {
			*ret_words = "unknown transfer coding";
			return 501;
		}
	} else if (lengths) {
		struct str v = http_fields_get(h->fields, STR("Content-Length"));

		if (lengths > 1 || !str_to_u64(v, &h->length) || h->length > INT64_MAX) {
			*ret_words = "malformed Content-Length";
			return 400;
		}
	}
	return 0;
}

static bool connection_says(struct http_fields fields, struct str token)
{
	for (size_t i = 0; i < fields.count; i++)
		if (str_eq_nocase(fields.items[i].name, STR("Connection")) &&
		    media_list_has(fields.items[i].value, token))
			return true;
	return false;
}

int http_head_parse(struct arena *a, struct str bytes, struct http_head *ret_head,
		    const char **ret_words)
{
	struct http_head h = {0};
	struct str expect;
	size_t hosts;
	int status;

	status = request_line(next_line(&bytes), &h, ret_words);
	if (!status)
		status = field_lines(a, bytes, &h, ret_words);
	if (!status)
		status = body_length(&h, ret_words);
	if (status)
		return status;
	hosts = http_fields_count(h.fields, STR("Host"));
	if (hosts > 1 || (hosts == 0 && !h.http_1_0)) {
		*ret_words = "exactly one Host is needed";
		return 400;
	}
	h.keep_alive = h.http_1_0 ? connection_says(h.fields, STR("keep-alive"))
				  : !connection_says(h.fields, STR("close"));
	expect = http_fields_get(h.fields, STR("Expect"));
	if (expect.ptr && !str_eq_nocase(expect, STR("100-continue"))) {
		*ret_words = "unknown expectation";
		return 417;
	}
	h.expect_continue = expect.ptr && !h.http_1_0;
	*ret_head = h;
	return 0;
}
