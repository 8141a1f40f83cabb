/*
 * YAML as kubectl takes it (SPEC 21.33): the one way in for files that people wrote.
 *
 * A text is a sequence of documents; each becomes one value with the line and column of every
 * value and key in it. Scalars have the types that sigs.k8s.io/yaml gives them (YAML 1.1),
 * keys become text as there. Aliases share what they point to and count against
 * LIMIT_YAML_EXPANSION_BYTES (the limit yaml-expansion). The other limits are yaml-depth, yaml-nodes of a
 * document and yaml-documents. No recursion.
 */
#ifndef ARK_LANG_YAML_H
#define ARK_LANG_YAML_H

#include "base/buf.h"
#include "base/value.h"

enum { YAML_MAX_DEPTH = 64 };

/* The documents of a text. Plain data: nothing to release. */
struct yaml {
	struct str rest; /* borrowed: the text must live while documents are read */
	uint32_t line;	 /* of the first byte of rest */
	size_t documents;
};

struct yaml_document {
	uint32_t line;	    /* where it starts in the text, from 1: its `---` if it has one */
	struct value value; /* when fail is FAIL_NONE; nil for a document that says so (`~`) */
	enum fail fail; /* FAIL_INPUT: this document is wrong; the next ones are still read */
	struct why why; /* "line N column M: what is wrong" */
	uint32_t error_line, error_column; /* the same N and M */
};

void yaml_begin(struct yaml *y, struct str text);
/* The next document that is not empty; false at the end. Everything in it lives in the arena:
 * the text may go. */
bool yaml_next(struct yaml *y, struct arena *a, struct yaml_document *ret_doc);

/* What is wrong in a document that failed, without the place. */
const char *yaml_what(const struct yaml_document *doc);

/* A text that must hold exactly one document. */
enum fail yaml_parse(struct arena *a, struct str text, struct value *ret,
		     struct why *why) MUST_CHECK;

/* Appends a value as YAML in block style, maps in the order of their entries, with a line end.
 * What it writes reads back as the same value, here and with kubectl. For `-o yaml`. */
void yaml_add(struct buf *b, const struct value *v);

#endif
