/* The small parsers of the process shell: URLs for people, Accept of a scrape, listen addresses,
 * label values. What is printed holds no user information and breaks no line. */
#include <stdlib.h>

#include "base/utf8.h"
#include "process/metrics.h"
#include "process/settings.h"
#include "process/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_url(struct str url)
{
	AUTO_BUF clean = BUF(url.len + 16);

	url_add_clean(&clean, url);
	if (clean.full || url_userinfo(buf_str(&clean)).ptr)
		abort();
}

static void check_addr(struct str text)
{
	struct str host;
	uint16_t port;

	if (addr_parse(text, &host, &port) && host.len + 2 > text.len)
		abort(); /* at least a colon and a digit are not host */
}

/* A metric with one label: HELP, TYPE and one sample, whatever the value is. */
static void check_label(struct str value)
{
	struct metrics *m = metrics_new(10);
	struct metric *g = metrics_gauge(m, "g", "G.", "x");
	AUTO_BUF out = BUF(METRICS_MAX_BYTES);
	size_t lines = 0;

	metric_set(metric_at(g, LABELS(value)), 1);
	metrics_write(m, METRICS_OPENMETRICS, &out);
	for (size_t i = 0; i < out.len; i++)
		lines += out.ptr[i] == '\n';
	if (lines != 4 || !utf8_valid(buf_str(&out)))
		abort();
	if (!str_ends(buf_str(&out), STR(" 1\n# EOF\n")))
		abort();
	metrics_free(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str input = str_n((const char *)data, size);
	enum metrics_form form = metrics_form(input);

	if (form != METRICS_PROMETHEUS && form != METRICS_OPENMETRICS)
		abort();
	check_url(input);
	check_addr(input);
	check_label(input);
	return 0;
}
