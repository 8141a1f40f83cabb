#include "lang/price.h"

#include "base/utf8.h"

/* SPEC 15.4, as it stands there. */
static const struct {
	struct str prefix;
	struct str price;
} static_prices[] = {
	{STR_INIT("claude-opus-4"), STR_INIT("15/75")},
	{STR_INIT("claude-sonnet-4"), STR_INIT("3/15")},
	{STR_INIT("claude-haiku-4"), STR_INIT("0.80/4")},
	{STR_INIT("claude-3-opus"), STR_INIT("15/75")},
	{STR_INIT("claude-3-5-sonnet"), STR_INIT("3/15")},
	{STR_INIT("claude-3-sonnet"), STR_INIT("3/15")},
	{STR_INIT("claude-3-haiku"), STR_INIT("0.25/1.25")},
	{STR_INIT("gpt-4o-mini"), STR_INIT("0.15/0.60")},
	{STR_INIT("gpt-4o"), STR_INIT("2.50/10")},
	{STR_INIT("o3-mini"), STR_INIT("1.10/4.40")},
	{STR_INIT("o3"), STR_INIT("10/40")},
	{STR_INIT("o1-mini"), STR_INIT("1.10/4.40")},
	{STR_INIT("o1"), STR_INIT("15/60")},
	{STR_INIT("gpt-4-turbo"), STR_INIT("10/30")},
	{STR_INIT("gpt-4"), STR_INIT("30/60")},
	{STR_INIT("gpt-3.5-turbo"), STR_INIT("0.50/1.50")},
	{STR_INIT("gemini-2.5-pro"), STR_INIT("1.25/10")},
	{STR_INIT("gemini-2.5-flash"), STR_INIT("0.15/0.60")},
	{STR_INIT("gemini-2.0-flash"), STR_INIT("0.10/0.40")},
	{STR_INIT("gemini-1.5-pro"), STR_INIT("3.50/10.50")},
	{STR_INIT("gemini-1.5-flash"), STR_INIT("0.075/0.30")},
	{STR_INIT("qwen"), STR_INIT("0/0")},
	{STR_INIT("llama"), STR_INIT("0/0")},
	{STR_INIT("mistral"), STR_INIT("0/0")},
	{STR_INIT("phi"), STR_INIT("0/0")},
	{STR_INIT("deepseek"), STR_INIT("0/0")},
	{STR_INIT("mock"), STR_INIT("0/0")},
};

enum fail price_parse(struct str text, struct price *ret, struct why *why)
{
	struct str input, output;
	struct price p;

	if (!str_cut(text, '/', &input, &output))
		return failf(why, FAIL_INPUT, "'%.*s' is no price such as 2.50/10",
			     STR_ARG(utf8_cut(text, 64)));
	if (money_parse(str_trim(input), &p.input, why) ||
	    money_parse(str_trim(output), &p.output, why))
		return FAIL_INPUT;
	*ret = p;
	return FAIL_NONE;
}

const struct price_entry *price_match(const struct price_entry *entries, size_t count,
				      struct str model)
{
	const struct price_entry *best = NULL;

	for (size_t i = 0; i < count; i++)
		if (str_starts_nocase(model, entries[i].prefix) &&
		    (!best || entries[i].prefix.len > best->prefix.len))
			best = &entries[i];
	return best;
}

bool price_static(struct str model, struct price *ret)
{
	struct str best = str_n(NULL, 0), price = best;

	for (size_t i = 0; i < sizeof(static_prices) / sizeof(static_prices[0]); i++)
		if (static_prices[i].prefix.len > best.len &&
		    str_starts_nocase(model, static_prices[i].prefix)) {
			best = static_prices[i].prefix;
			price = static_prices[i].price;
		}
	return best.len && !price_parse(price, ret, NULL);
}

bool price_find(const struct price_entry *entries, size_t count, struct str model,
		struct price *ret)
{
	const struct price_entry *e = price_match(entries, count, model);

	if (!e)
		return price_static(model, ret);
	*ret = e->price;
	return true;
}
