/* Bytes as text: what decodes encodes to the very same text, and all bytes come back. */
#include <stdlib.h>

#include "base/hash.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct str input, void (*encode)(struct buf *b, struct str data),
		  bool (*decode)(struct buf *b, struct str text))
{
	AUTO_BUF bytes = BUF(input.len + 1);
	AUTO_BUF text = BUF(2 * input.len + 8);

	if (decode(&bytes, input)) {
		encode(&text, buf_str(&bytes));
		if (!str_eq(buf_str(&text), input))
			abort();
	} else if (bytes.len) {
		abort();
	}
	buf_clear(&bytes);
	buf_clear(&text);
	encode(&text, input);
	if (!decode(&bytes, buf_str(&text)) || !str_eq(buf_str(&bytes), input))
		abort();
}

static bool hex_decode_lower(struct buf *b, struct str text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] >= 'A' && text.ptr[i] <= 'F')
			return false; /* the encoder gives lower case */
	return hex_decode(b, text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str input = str_n((const char *)data, size);

	check(input, base64_add, base64_decode);
	check(input, base64url_add, base64url_decode);
	check(input, hex_add, hex_decode_lower);
	return 0;
}
