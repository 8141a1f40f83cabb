/*
 * The CustomResourceDefinition of a kind (SPEC 3.1, 3.2), made of the same rows that the checks
 * read: what the API server refuses and what `ark validate` refuses cannot drift apart.
 *
 * A field that takes one type is declared with it, with its bounds, default and form. One that
 * takes several is declared without a type, since a schema cannot say more; so is any JSON value.
 * What only the suite can see (templates, schemas, cron, references) is not in a CRD.
 */
#ifndef ARK_KINDS_CRD_H
#define ARK_KINDS_CRD_H

#include "kinds/fields.h"

/* The whole object; everything in the arena. */
struct value crd_of(struct arena *a, const struct kind_info *k);

/* --- inside ----------------------------------------------------------------------------------- */

/* Where a schema stands: how often it can be there in one object, as bounds of lists and maps
 * allow. The API server refuses rules that could cost too much. */
struct crd_place {
	struct arena *arena;
	uint64_t times;
	bool in_list;
};

/* A list of validation rules under construction. */
struct crd_rules {
	struct arena *arena;
	struct value *items;
	size_t count, cap;
};
/* field: the member that it is about, or NULL. missing: for people and programs, a value that is
 * required and not there. expression and message are borrowed. */
void crd_rule_add(struct crd_rules *r, struct str expression, struct str message,
		  const char *field, bool missing);

/* The schema of an object by its table. */
struct value crd_schema(struct crd_place at, const struct table *t, struct str about);
/* Does the schema give it a type, so that rules can see it? */
bool crd_has_type(const struct field *row);
/* The rules of a table and its bases: those that expressions can see into *ret, those about
 * members without type as `oneOf` into the schema. */
void crd_table_rules(struct crd_place at, const struct table *t, struct crd_rules *ret,
		     struct value_builder *schema);
/* Is the member ruled out by another one, so that a default would be in the way? */
bool crd_may_be_forbidden(const struct table *t, const char *name);
/* A sentence or more for people: what a row and what the rules of a table say. */
struct str crd_about_field(struct arena *a, const struct field *row);
struct str crd_about_table(struct arena *a, const struct table *t, struct str about);

#endif
