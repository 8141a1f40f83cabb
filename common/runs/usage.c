#include "runs/usage.h"

#include <stdlib.h>
#include <string.h>

#define AT(what, member)                                                                       \
	{                                                                                      \
		what, offsetof(struct usage_sum, member)                                       \
	}
static const struct {
	const char *what;
	size_t at;
} counts[] = {
	AT("calls", calls),
	AT("estimated", estimated),
	AT("unpriced", unpriced),
	AT("inputTokens", input_tokens),
	AT("outputTokens", output_tokens),
	AT("micros", micros),
};
enum { COUNTS = sizeof(counts) / sizeof(counts[0]) };

static int64_t *count_at(struct usage_sum *sum, size_t i)
{
	return (int64_t *)(void *)((char *)sum + counts[i].at);
}

static struct str field_of(struct arena *a, const struct usage_row *row, const char *what)
{
	return row->name.len ? arena_printf(a, "%.*s/%.*s/%s", STR_ARG(row->scope),
					    STR_ARG(row->name), what)
			     : arena_printf(a, "%.*s/%s", STR_ARG(row->scope), what);
}

void usage_add(struct commit *c, struct str hash, int64_t ttl_ms, const struct usage_row *rows,
	       size_t count)
{
	struct arena *a = c->command.arena;
	struct tally *items = ARENA_ARRAY(a, count * COUNTS, struct tally);
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		struct usage_sum sum = rows[i].sum;

		for (size_t j = 0; j < COUNTS; j++)
			if (*count_at(&sum, j))
				items[n++] =
					(struct tally){field_of(a, &rows[i], counts[j].what),
						       *count_at(&sum, j)};
	}
	commit_tally(c, hash, ttl_ms, items, n);
}

/* The member that a field counts, and the row that it belongs to. */
static int64_t *member_of(struct usage_row *row, struct str field, struct str *ret_scope,
			  struct str *ret_name)
{
	size_t first = str_chr(field, '/', 0), last = str_rchr(field, '/');

	if (first == STR_NONE)
		return NULL;
	*ret_scope = str_sub(field, 0, first);
	*ret_name = first < last ? str_sub(field, first + 1, last) : STR("");
	for (size_t i = 0; i < COUNTS; i++)
		if (str_is(str_from(field, last + 1), counts[i].what))
			return count_at(&row->sum, i);
	return NULL;
}

static int by_name(const void *left, const void *right)
{
	const struct usage_row *a = left, *b = right;
	int order = (int)!str_is(a->scope, "all") - (int)!str_is(b->scope, "all");

	if (!order)
		order = str_cmp(a->scope, b->scope);
	return order ? order : str_cmp(a->name, b->name);
}

/* Rows of one field each become rows of all fields of a scope and name. */
static size_t join(struct usage_row *rows, size_t count)
{
	size_t n = 0;

	if (count)
		qsort(rows, count, sizeof(*rows), by_name);
	for (size_t i = 0; i < count; i++) {
		if (n && by_name(&rows[n - 1], &rows[i]) == 0) {
			for (size_t j = 0; j < COUNTS; j++)
				*count_at(&rows[n - 1].sum, j) += *count_at(&rows[i].sum, j);
			continue;
		}
		rows[n++] = rows[i];
	}
	return n;
}

enum fail usage_read(struct arena *a, const struct reply *hgetall, struct usage_row **ret_rows,
		     size_t *ret_count, struct why *why)
{
	const struct reply *items;
	struct usage_row *rows;
	size_t n;
	enum fail f = reply_array(hgetall, 0, SIZE_MAX, &items, &n, why);

	if (f)
		return f;
	rows = ARENA_ARRAY(a, n / 2, struct usage_row);
	for (size_t i = 0; i + 1 < n; i += 2) {
		struct usage_row *row = &rows[i / 2];
		struct str field, value;
		int64_t *to;

		if (reply_text(&items[i], &field, NULL) ||
		    reply_text(&items[i + 1], &value, NULL))
			return failf(why, FAIL_INPUT, "a sum of usage is no text");
		to = member_of(row, field, &row->scope, &row->name);
		if (!to || !str_to_i64(value, to))
			return failf(why, FAIL_INPUT, "'%.*s' is no sum of usage",
				     STR_ARG(field));
	}
	*ret_count = join(rows, n / 2);
	*ret_rows = rows;
	return FAIL_NONE;
}
