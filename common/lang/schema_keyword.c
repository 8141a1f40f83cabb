#include "lang/schema_node.h"

#define BOTH DRAFT_ANY

static const struct keyword_info keywords[] = {
	{"$anchor", KW_ANCHOR, DRAFT_2020, HOLDS_NONE},
	{"$defs", KW_DEFS, DRAFT_2020, HOLDS_MAP},
	{"$dynamicAnchor", KW_DYNAMIC_ANCHOR, DRAFT_2020, HOLDS_NONE},
	{"$dynamicRef", KW_DYNAMIC_REF, DRAFT_2020, HOLDS_NONE},
	{"$id", KW_ID, BOTH, HOLDS_NONE},
	{"$ref", KW_REF, BOTH, HOLDS_NONE},
	{"additionalItems", KW_ADDITIONAL_ITEMS, DRAFT_7, HOLDS_ONE},
	{"additionalProperties", KW_ADDITIONAL_PROPERTIES, BOTH, HOLDS_ONE},
	{"allOf", KW_ALL_OF, BOTH, HOLDS_LIST},
	{"anyOf", KW_ANY_OF, BOTH, HOLDS_LIST},
	{"const", KW_CONST, BOTH, HOLDS_NONE},
	{"contains", KW_CONTAINS, BOTH, HOLDS_ONE},
	{"definitions", KW_DEFINITIONS, BOTH, HOLDS_MAP},
	{"dependencies", KW_DEPENDENCIES, BOTH, HOLDS_MAP_MIXED},
	{"dependentRequired", KW_DEPENDENT_REQUIRED, DRAFT_2020, HOLDS_NONE},
	{"dependentSchemas", KW_DEPENDENT_SCHEMAS, DRAFT_2020, HOLDS_MAP},
	{"else", KW_ELSE, BOTH, HOLDS_ONE},
	{"enum", KW_ENUM, BOTH, HOLDS_NONE},
	{"exclusiveMaximum", KW_EXCLUSIVE_MAXIMUM, BOTH, HOLDS_NONE},
	{"exclusiveMinimum", KW_EXCLUSIVE_MINIMUM, BOTH, HOLDS_NONE},
	{"if", KW_IF, BOTH, HOLDS_ONE},
	{"items", KW_ITEMS, BOTH, HOLDS_EITHER},
	{"maxContains", KW_MAX_CONTAINS, DRAFT_2020, HOLDS_NONE},
	{"maxItems", KW_MAX_ITEMS, BOTH, HOLDS_NONE},
	{"maxLength", KW_MAX_LENGTH, BOTH, HOLDS_NONE},
	{"maxProperties", KW_MAX_PROPERTIES, BOTH, HOLDS_NONE},
	{"maximum", KW_MAXIMUM, BOTH, HOLDS_NONE},
	{"minContains", KW_MIN_CONTAINS, DRAFT_2020, HOLDS_NONE},
	{"minItems", KW_MIN_ITEMS, BOTH, HOLDS_NONE},
	{"minLength", KW_MIN_LENGTH, BOTH, HOLDS_NONE},
	{"minProperties", KW_MIN_PROPERTIES, BOTH, HOLDS_NONE},
	{"minimum", KW_MINIMUM, BOTH, HOLDS_NONE},
	{"multipleOf", KW_MULTIPLE_OF, BOTH, HOLDS_NONE},
	{"not", KW_NOT, BOTH, HOLDS_ONE},
	{"oneOf", KW_ONE_OF, BOTH, HOLDS_LIST},
	{"pattern", KW_PATTERN, BOTH, HOLDS_NONE},
	{"patternProperties", KW_PATTERN_PROPERTIES, BOTH, HOLDS_MAP},
	{"prefixItems", KW_PREFIX_ITEMS, DRAFT_2020, HOLDS_LIST},
	{"properties", KW_PROPERTIES, BOTH, HOLDS_MAP},
	{"propertyNames", KW_PROPERTY_NAMES, BOTH, HOLDS_ONE},
	{"required", KW_REQUIRED, BOTH, HOLDS_NONE},
	{"then", KW_THEN, BOTH, HOLDS_ONE},
	{"type", KW_TYPE, BOTH, HOLDS_NONE},
	{"unevaluatedItems", KW_UNEVALUATED_ITEMS, DRAFT_2020, HOLDS_ONE},
	{"unevaluatedProperties", KW_UNEVALUATED_PROPERTIES, DRAFT_2020, HOLDS_ONE},
	{"uniqueItems", KW_UNIQUE_ITEMS, BOTH, HOLDS_NONE},
};

const struct keyword_info *schema_keyword(struct str name, enum draft draft)
{
	size_t from = 0, to = sizeof(keywords) / sizeof(keywords[0]);

	while (from < to) {
		size_t mid = from + (to - from) / 2;
		int c = str_cmp(name, str_of(keywords[mid].name));

		if (c == 0)
			return keywords[mid].drafts & draft ? &keywords[mid] : NULL;
		if (c < 0)
			to = mid;
		else
			from = mid + 1;
	}
	return NULL;
}
