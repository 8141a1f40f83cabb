/*
 * Numbers as their decimal text says them: exact, whatever their size.
 *
 * A JSON number is compared by sign, digits and exponent and never expanded, so 1e1000000000
 * costs as much as 1 (SPEC 5.11). Exponents beyond DECIMAL_EXPONENT_MAX count as that.
 */
#ifndef ARK_LANG_DECIMAL_H
#define ARK_LANG_DECIMAL_H

#include "base/value.h"

#define DECIMAL_EXPONENT_MAX INT64_C(100000000000000000)

struct decimal {
	bool negative;	   /* never set for zero */
	struct str digits; /* from the first to the last digit that is not 0; a point may stand
			      among them */
	size_t count;	   /* digits without the point; 0 = the number is zero */
	int64_t exponent;  /* the value is 0.DIGITS * 10^exponent */
	char made[24];	   /* where digits stand that no literal has: never copy a decimal */
};

/* The decimal of a VALUE_INT or VALUE_FLOAT; its digits are borrowed from the literal. */
void decimal_of(const struct value *number, struct decimal *ret);

/* <0, 0, >0 */
int decimal_cmp(const struct decimal *a, const struct decimal *b);
/* The same for two values that are VALUE_INT or VALUE_FLOAT. */
int decimal_cmp_values(const struct value *a, const struct value *b);
/* 1.0 and 1e3 are integers. */
bool decimal_is_integer(const struct decimal *d);

/* Is a = b times an integer? b is not zero. Takes decimal_multiple_cost(a, b) steps of some
 * nanoseconds. */
bool decimal_is_multiple(const struct decimal *a, const struct decimal *b);
uint64_t decimal_multiple_cost(const struct decimal *a, const struct decimal *b);

/* A count (minLength, maxItems): 0 for what is negative, SIZE_MAX for what is larger, the
 * fraction is cut. */
size_t decimal_to_size(const struct decimal *d);

#endif
