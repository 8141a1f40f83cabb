/*
 * Putting prompts together (SPEC 5.3 to 5.8). Pure; templates are rendered by the caller.
 *
 * All functions append; a text that does not fit leaves the buffer `full`.
 */
#ifndef ARK_KINDS_PROMPT_H
#define ARK_KINDS_PROMPT_H

#include "base/buf.h"
#include "base/value.h"
#include "kinds/parts.h"
#include "kinds/settings.h"

/* The prompt of a step from its rendered inputs (SPEC 5.5): "key: value\n" per entry, a single
 * entry named `prompt` bare. */
void prompt_add_entries(struct buf *b, const struct pair_list *entries);
/* The prompt from the run's input (SPEC 5.7): `given` of run_input.h. */
void prompt_add_input(struct buf *b, const struct value *given);
/* The end of a prompt with an output schema (SPEC 5.8); schema is its JSON text. */
void prompt_add_schema(struct buf *b, struct str schema);
/* Ends the line and puts one empty line, unless nothing stands before it. */
void prompt_blank_line(struct buf *b);

/* The system prompt of an agent (SPEC 5.4): fragments, own prompt, output format (the setting,
 * not the fragment), guidance per MCP server (name, text; empty texts are left out), and the
 * paragraph of SPEC 5.3. */
struct system_prompt {
	const struct fragment *fragments;
	size_t fragment_count;
	struct str own;
	struct str output_format;
	struct pair_list guidance;
};
void prompt_add_system(struct buf *b, const struct system_prompt *p);
/* Any other system prompt (the router's): its text, a blank line, the paragraph of SPEC 5.3. */
void prompt_add_guarded(struct buf *b, struct str own);

#endif
