/* Streams and refusals of an OpenAI server. */
// needs: agent
#include "stream_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct tool tool = {.name = STR_INIT("f"), .parameters = STR_INIT("{}")};
	static const struct model_call call = {
		.provider = PROVIDER_OPENAI,
		.model = STR_INIT("m"),
		.base_url = STR_INIT("http://h/v1"),
		.api_key = STR_INIT("k3y"),
		.tools = &tool,
		.tool_count = 1,
		.temperature = STR_INIT("0"),
		.max_output_tokens = 1,
	};

	return stream_fuzz(&call, data, size);
}
