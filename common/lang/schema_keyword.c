/* The names that the meta-schemas of the two drafts know. `default` is not here: it may be anything. */
#include "lang/schema_node.h"

#define BOTH DRAFT_ANY

static const struct keyword_info keywords[] = {
	{STR_INIT("$anchor"), KW_ANCHOR, DRAFT_2020, SHAPE_ANCHOR},
	{STR_INIT("$comment"), KW_ANNOTATION, BOTH, SHAPE_TEXT},
	{STR_INIT("$defs"), KW_DEFS, DRAFT_2020, SHAPE_MAP},
	{STR_INIT("$dynamicAnchor"), KW_DYNAMIC_ANCHOR, DRAFT_2020, SHAPE_ANCHOR},
	{STR_INIT("$dynamicRef"), KW_DYNAMIC_REF, DRAFT_2020, SHAPE_TEXT},
	{STR_INIT("$id"), KW_ID, BOTH, SHAPE_ID},
	{STR_INIT("$recursiveAnchor"), KW_ANNOTATION, DRAFT_2020, SHAPE_ANCHOR},
	{STR_INIT("$recursiveRef"), KW_ANNOTATION, DRAFT_2020, SHAPE_TEXT},
	{STR_INIT("$ref"), KW_REF, BOTH, SHAPE_TEXT},
	{STR_INIT("$schema"), KW_ANNOTATION, BOTH, SHAPE_TEXT},
	{STR_INIT("$vocabulary"), KW_ANNOTATION, DRAFT_2020, SHAPE_MAP_OF_BOOLS},
	{STR_INIT("additionalItems"), KW_ADDITIONAL_ITEMS, DRAFT_7, SHAPE_SCHEMA},
	{STR_INIT("additionalProperties"), KW_ADDITIONAL_PROPERTIES, BOTH, SHAPE_SCHEMA},
	{STR_INIT("allOf"), KW_ALL_OF, BOTH, SHAPE_SCHEMAS},
	{STR_INIT("anyOf"), KW_ANY_OF, BOTH, SHAPE_SCHEMAS},
	{STR_INIT("const"), KW_CONST, BOTH, SHAPE_ANY},
	{STR_INIT("contains"), KW_CONTAINS, BOTH, SHAPE_SCHEMA},
	{STR_INIT("contentEncoding"), KW_ANNOTATION, BOTH, SHAPE_TEXT},
	{STR_INIT("contentMediaType"), KW_ANNOTATION, BOTH, SHAPE_TEXT},
	{STR_INIT("contentSchema"), KW_ANNOTATION, DRAFT_2020, SHAPE_UNUSED_SCHEMA},
	{STR_INIT("definitions"), KW_DEFINITIONS, BOTH, SHAPE_MAP},
	{STR_INIT("dependencies"), KW_DEPENDENCIES, BOTH, SHAPE_MAP_MIXED},
	{STR_INIT("dependentRequired"), KW_DEPENDENT_REQUIRED, DRAFT_2020, SHAPE_MAP_OF_NAMES},
	{STR_INIT("dependentSchemas"), KW_DEPENDENT_SCHEMAS, DRAFT_2020, SHAPE_MAP},
	{STR_INIT("deprecated"), KW_ANNOTATION, DRAFT_2020, SHAPE_BOOL},
	{STR_INIT("description"), KW_ANNOTATION, BOTH, SHAPE_TEXT},
	{STR_INIT("else"), KW_ELSE, BOTH, SHAPE_SCHEMA},
	{STR_INIT("enum"), KW_ENUM, BOTH, SHAPE_LIST},
	{STR_INIT("examples"), KW_ANNOTATION, BOTH, SHAPE_LIST},
	{STR_INIT("exclusiveMaximum"), KW_EXCLUSIVE_MAXIMUM, BOTH, SHAPE_NUMBER},
	{STR_INIT("exclusiveMinimum"), KW_EXCLUSIVE_MINIMUM, BOTH, SHAPE_NUMBER},
	{STR_INIT("format"), KW_ANNOTATION, BOTH, SHAPE_TEXT},
	{STR_INIT("if"), KW_IF, BOTH, SHAPE_SCHEMA},
	{STR_INIT("items"), KW_ITEMS, BOTH, SHAPE_ITEMS},
	{STR_INIT("maxContains"), KW_MAX_CONTAINS, DRAFT_2020, SHAPE_COUNT},
	{STR_INIT("maxItems"), KW_MAX_ITEMS, BOTH, SHAPE_COUNT},
	{STR_INIT("maxLength"), KW_MAX_LENGTH, BOTH, SHAPE_COUNT},
	{STR_INIT("maxProperties"), KW_MAX_PROPERTIES, BOTH, SHAPE_COUNT},
	{STR_INIT("maximum"), KW_MAXIMUM, BOTH, SHAPE_NUMBER},
	{STR_INIT("minContains"), KW_MIN_CONTAINS, DRAFT_2020, SHAPE_COUNT},
	{STR_INIT("minItems"), KW_MIN_ITEMS, BOTH, SHAPE_COUNT},
	{STR_INIT("minLength"), KW_MIN_LENGTH, BOTH, SHAPE_COUNT},
	{STR_INIT("minProperties"), KW_MIN_PROPERTIES, BOTH, SHAPE_COUNT},
	{STR_INIT("minimum"), KW_MINIMUM, BOTH, SHAPE_NUMBER},
	{STR_INIT("multipleOf"), KW_MULTIPLE_OF, BOTH, SHAPE_ABOVE_ZERO},
	{STR_INIT("not"), KW_NOT, BOTH, SHAPE_SCHEMA},
	{STR_INIT("oneOf"), KW_ONE_OF, BOTH, SHAPE_SCHEMAS},
	{STR_INIT("pattern"), KW_PATTERN, BOTH, SHAPE_TEXT},
	{STR_INIT("patternProperties"), KW_PATTERN_PROPERTIES, BOTH, SHAPE_MAP},
	{STR_INIT("prefixItems"), KW_PREFIX_ITEMS, DRAFT_2020, SHAPE_SCHEMAS},
	{STR_INIT("properties"), KW_PROPERTIES, BOTH, SHAPE_MAP},
	{STR_INIT("propertyNames"), KW_PROPERTY_NAMES, BOTH, SHAPE_SCHEMA},
	{STR_INIT("readOnly"), KW_ANNOTATION, BOTH, SHAPE_BOOL},
	{STR_INIT("required"), KW_REQUIRED, BOTH, SHAPE_NAMES},
	{STR_INIT("then"), KW_THEN, BOTH, SHAPE_SCHEMA},
	{STR_INIT("title"), KW_ANNOTATION, BOTH, SHAPE_TEXT},
	{STR_INIT("type"), KW_TYPE, BOTH, SHAPE_TYPE},
	{STR_INIT("unevaluatedItems"), KW_UNEVALUATED_ITEMS, DRAFT_2020, SHAPE_SCHEMA},
	{STR_INIT("unevaluatedProperties"), KW_UNEVALUATED_PROPERTIES, DRAFT_2020,
	 SHAPE_SCHEMA},
	{STR_INIT("uniqueItems"), KW_UNIQUE_ITEMS, BOTH, SHAPE_BOOL},
	{STR_INIT("writeOnly"), KW_ANNOTATION, BOTH, SHAPE_BOOL},
};

const struct keyword_info *schema_keyword(struct str name, enum draft draft)
{
	size_t from = 0, to = sizeof(keywords) / sizeof(keywords[0]);

	while (from < to) {
		size_t mid = from + (to - from) / 2;
		int c = str_cmp(name, keywords[mid].name);

		if (c == 0)
			return keywords[mid].drafts & draft ? &keywords[mid] : NULL;
		if (c < 0)
			to = mid;
		else
			from = mid + 1;
	}
	return NULL;
}
