/* The number of a mock instance (SPEC 7.20): private to schema_mock*.c. */
#ifndef ARK_LANG_SCHEMA_MOCK_NUMBER_H
#define ARK_LANG_SCHEMA_MOCK_NUMBER_H

#include "lang/schema_node.h"

enum { MOCK_STEPS_MAX = 4 };

/* The tightest of what several schemas ask for; NULL = no such bound. */
struct mock_bounds {
	bool whole;
	const struct value *minimum, *above, *maximum, *below;
	const struct value *steps[MOCK_STEPS_MAX]; /* multipleOf; more are not looked at */
	size_t step_count;
};

void mock_bounds_add(struct mock_bounds *b, const struct number_rules *rules);
/* The smallest allowed number that is not negative, else the largest allowed. */
struct value mock_number(struct arena *a, const struct mock_bounds *b);

#endif
