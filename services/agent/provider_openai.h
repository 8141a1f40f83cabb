/* Between provider_openai.c, which asks, and provider_openai_stream.c, which listens. */
#ifndef ARK_AGENT_PROVIDER_OPENAI_H
#define ARK_AGENT_PROVIDER_OPENAI_H

#include "agent/provider_codec.h"

/* Whether the request holds what this quirk would leave out or rename. */
bool openai_sends(const struct model_call *call, enum model_quirk quirk);
/* The name that the output cap goes by. */
const char *openai_cap_name(const struct model_call *call);

void openai_event(struct model_stream *s, const struct sse_event *event);
bool openai_ended(struct model_stream *s);
void openai_refused(struct model_stream *s, const struct value *body);

#endif
