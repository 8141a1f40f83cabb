/*
 * Money: signed 64-bit micro-units of a currency (SPEC 1.5).
 *
 * The member belongs to money.c alone, so that no sum escapes its overflow check and no cost
 * its rounding. Every result stays within int64_t: what does not fit is refused, never wrapped.
 */
#ifndef ARK_LANG_MONEY_H
#define ARK_LANG_MONEY_H

#include "base/buf.h"
#include "base/value.h"

struct money {
	int64_t micros;
};

/* The price of a model: money per million tokens (SPEC 15.4). Not negative. */
struct price {
	struct money input, output;
};

extern const struct money money_zero;

/* A decimal text: digits, then at most six fractional digits after a point; no sign, no
 * exponent, no blanks: "12", "0.80", ".5" is refused. FAIL_INPUT otherwise. */
enum fail money_parse(struct str text, struct money *ret, struct why *why) MUST_CHECK;
/* The same from a text or a number of a `spec`; of a number its digits count, as they were
 * read. */
enum fail money_from_value(const struct value *v, struct money *ret,
			   struct why *why) MUST_CHECK;

/* Appends it with exactly six fractional digits: "12.500000", "-0.000001". */
void money_print(struct buf *b, struct money m);
/* Reads back what money_print wrote: also negative. */
enum fail money_parse_printed(struct str text, struct money *ret, struct why *why) MUST_CHECK;

/* For the ledger, which counts micro-units in Redis (DESIGN 3). */
struct money money_of_micros(int64_t micros);
int64_t money_micros(struct money m);

/* a + b and a - b; false, and *ret as it was, when the result does not fit. */
bool money_add(struct money a, struct money b, struct money *ret) MUST_CHECK;
bool money_sub(struct money a, struct money b, struct money *ret) MUST_CHECK;
/* <0, 0, >0 */
int money_cmp(struct money a, struct money b);
/* Percent that part is of whole, rounded down (SPEC 15.3), 0 when whole is not positive or part is
 * negative; at most INT64_MAX. */
int64_t money_percent(struct money part, struct money whole);

/* What tokens cost at a price; the sum of both parts is rounded up to a whole micro-unit once
 * (SPEC 1.5). Token counts are not negative. False when it does not fit. */
bool money_cost(struct price price, int64_t input_tokens, int64_t output_tokens,
		struct money *ret) MUST_CHECK;

#endif
