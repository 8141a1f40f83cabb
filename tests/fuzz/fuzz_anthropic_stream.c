/* Streams and refusals of Anthropic. */
// needs: agent
#include "stream_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct model_call call = {
		.provider = PROVIDER_ANTHROPIC,
		.model = STR_INIT("claude-m"),
		.base_url = STR_INIT("http://h"),
		.api_key = STR_INIT("k3y"),
		.temperature = STR_INIT("0"),
		.max_output_tokens = 1,
	};

	return stream_fuzz(&call, data, size);
}
