/* Inside of the YAML reader: what a scalar means (YAML 1.1 as sigs.k8s.io/yaml resolves it). */
#ifndef ARK_LANG_YAML_SCALAR_H
#define ARK_LANG_YAML_SCALAR_H

#include "base/arena.h"
#include "base/value.h"

enum yaml_tag {
	YAML_TAG_PLAIN, /* none, and no quotes: the text decides */
	YAML_TAG_STR,	/* also every quoted text without a tag */
	YAML_TAG_BOOL,
	YAML_TAG_INT,
	YAML_TAG_FLOAT,
	YAML_TAG_NULL,
	YAML_TAG_TIMESTAMP,
	YAML_TAG_BINARY,
	YAML_TAG_MERGE,
	YAML_TAG_COLLECTION, /* !!map, !!seq */
};

/* The tag written in full ("tag:yaml.org,2002:int"). False for one that we refuse. */
bool yaml_tag_of(struct str full, enum yaml_tag *ret_tag);

/* The value of a scalar; the text must live as long as the value. NULL when all is well, else what
 * is wrong with it. */
const char *yaml_resolve(struct arena *a, enum yaml_tag tag, struct str text,
			 struct value *ret);

/* The number that a plain text is, in any of the notations of YAML 1.1 (yaml_number.c). An integer
 * above int64 is a VALUE_FLOAT with its digits; other floats have none. */
bool yaml_resolve_number(struct arena *a, struct str text, struct value *ret);

/* The text that a value becomes as a key; false when it cannot be one. */
bool yaml_key_text(struct arena *a, const struct value *v, struct str *ret_key);

#endif
