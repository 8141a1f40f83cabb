/* One HTTP request, waited for: readiness of the daemons on this machine. */
#ifndef ARK_CLI_HTTP_ASK_H
#define ARK_CLI_HTTP_ASK_H

#include "base/arena.h"

enum { HTTP_ASK_MS = 2000, HTTP_ASK_MAX = 16, HTTP_ASK_MAX_BYTES = 64 << 10 };

struct http_ask {
	struct str url;
	int status;	 /* 0: no answer */
	struct str body; /* or why there was no answer; in the arena */
};

/* GETs all URLs (at most HTTP_ASK_MAX) at once and fills in what came within HTTP_ASK_MS. */
void http_ask_all(struct arena *a, struct http_ask *asks, size_t count);

#endif
