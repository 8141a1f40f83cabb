/* Between provider_anthropic.c, which asks, and provider_anthropic_stream.c, which listens. */
#ifndef ARK_AGENT_PROVIDER_ANTHROPIC_H
#define ARK_AGENT_PROVIDER_ANTHROPIC_H

#include "agent/provider_codec.h"

/* Whether the request holds a sampling value (INTERFACES 12.2). */
bool anthropic_sends_temperature(const struct model_call *call);

void anthropic_event(struct model_stream *s, const struct sse_event *event);
bool anthropic_ended(struct model_stream *s);
void anthropic_refused(struct model_stream *s, const struct value *body);

#endif
