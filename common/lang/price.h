/*
 * What models cost (SPEC 15.4): USD per million tokens, input/output, by the longest matching
 * prefix of the model's name. Letter case does not matter.
 */
#ifndef ARK_LANG_PRICE_H
#define ARK_LANG_PRICE_H

#include "lang/money.h"

struct price_entry {
	struct str prefix; /* borrowed */
	struct price price;
};

/* "in/out", each as money_parse takes it, blanks around them allowed: "0.80/4". FAIL_INPUT otherwise. */
enum fail price_parse(struct str text, struct price *ret, struct why *why) MUST_CHECK;

/* The entry with the longest prefix of model, or NULL. An empty prefix matches every model. */
const struct price_entry *price_match(const struct price_entry *entries, size_t count,
				      struct str model);
/* The static list. False when the model has no price (SPEC 15.5). */
bool price_static(struct str model, struct price *ret);
/* The whole rule: when one of the given prefixes matches, the static list is not asked. */
bool price_find(const struct price_entry *entries, size_t count, struct str model,
		struct price *ret);

#endif
