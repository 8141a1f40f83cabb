/* Texts that claim to be sealed: nothing but what we sealed opens, and that opens to what it was. */
#include <stdlib.h>

#include "base/seal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct seal_place place = {STR("ns"), STR("name"), STR("key")};
	const struct seal_place elsewhere = {STR("ns"), STR("name"), STR("other")};
	struct str input = str_n((const char *)data, size);
	struct seal_keys keys, parsed;
	AUTO_BUF sealed = BUF(2 * size + SEAL_OVERHEAD_BYTES);
	AUTO_BUF out = BUF(size);
	struct why why;

	if (seal_keys_parse(STR("0123456789abcdef0123456789abcdef"), &keys, &why))
		abort();
	/* A forgery of 128 bits is no accident. The corpus holds texts sealed for another key. */
	if (!seal_open(&keys, &place, input, &out, &why) || out.len)
		abort();
	if (seal_mac_matches(&keys, &place, input, input))
		abort();
	seal_add(&keys, &place, input, &sealed);
	if (seal_open(&keys, &place, buf_str(&sealed), &out, &why) ||
	    !str_eq(buf_str(&out), input))
		abort();
	if (!seal_open(&keys, &elsewhere, buf_str(&sealed), &out, &why))
		abort();
	if (seal_keys_parse(input, &parsed, &why) == FAIL_NONE && parsed.count == 0)
		abort();
	return 0;
}
