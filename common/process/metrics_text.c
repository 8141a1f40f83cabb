/* The two text forms: INTERFACES 7. */
#include <math.h>

#include "base/json.h"
#include "base/utf8.h"
#include "process/metrics_inner.h"

/* --- which form */

/* The q of a media range, in thousandths; 1000 when it has none, -1 when it is no number. RFC
 * 9110 12.4.2 */
static int quality(struct str params)
{
	struct str param, name, value;

	while (str_next(&params, ';', &param)) {
		int q = 0, scale = 1000;

		if (!str_cut(str_trim(param), '=', &name, &value) ||
		    !str_is(str_trim(name), "q"))
			continue;
		value = str_trim(value);
		if (!value.len || value.len > 5)
			return -1;
		for (size_t i = 0; i < value.len; i++) {
			if (i == 1 && value.ptr[i] == '.')
				continue;
			if (value.ptr[i] < '0' || value.ptr[i] > '9')
				return -1;
			q += (value.ptr[i] - '0') * scale;
			scale /= 10;
		}
		return q <= 1000 ? q : -1;
	}
	return 1000;
}

static bool has_version_1(struct str params)
{
	struct str param, name, value;

	while (str_next(&params, ';', &param))
		if (str_cut(str_trim(param), '=', &name, &value) &&
		    str_eq_nocase(str_trim(name), STR("version"))) {
			value = str_trim(value);
			return str_is(value, "1.0.0") || str_is(value, "\"1.0.0\"");
		}
	return false;
}

enum metrics_form metrics_form(struct str accept)
{
	int best_open = -1, best_other = -1;
	struct str item, type, params;

	while (str_next(&accept, ',', &item)) {
		int q;

		str_cut(item, ';', &type, &params);
		q = quality(params);
		if (str_eq_nocase(str_trim(type), STR("application/openmetrics-text"))) {
			if (has_version_1(params) && q > best_open)
				best_open = q;
		} else if (q > best_other) {
			best_other = q;
		}
	}
	return best_open > 0 && best_open >= best_other ? METRICS_OPENMETRICS
							: METRICS_PROMETHEUS;
}

const char *metrics_content_type(enum metrics_form form)
{
	switch (form) {
	case METRICS_PROMETHEUS: return "text/plain; version=0.0.4; charset=utf-8";
	case METRICS_OPENMETRICS:
		return "application/openmetrics-text; version=1.0.0; charset=utf-8";
	}
	return "?";
}

/* --- pieces */

static void add_escaped(struct buf *out, struct str text, bool quotes)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (c == '\\')
			buf_adds(out, "\\\\");
		else if (c == '\n')
			buf_adds(out, "\\n");
		else if (c == '"' && quotes)
			buf_adds(out, "\\\"");
		else
			buf_addc(out, c);
	}
}

static void add_number(struct buf *out, double v)
{
	if (isnan(v))
		buf_adds(out, "NaN");
	else if (isinf(v))
		buf_adds(out, v > 0 ? "+Inf" : "-Inf");
	else
		json_add_double(out, v);
}

/* `le` is the same text every time, and a float: 1.0, not 1 (INTERFACES 7.6). */
static void add_bound(struct buf *out, double v)
{
	size_t start = out->len;

	json_add_double(out, v);
	if (str_chr(str_from(buf_str(out), start), '.', 0) == STR_NONE &&
	    str_chr(str_from(buf_str(out), start), 'e', 0) == STR_NONE)
		buf_adds(out, ".0");
}

/* {a="x",b="y",le="0.1"}; bound is NULL for no le, +Inf for the last bucket. An empty value is
 * no label (INTERFACES 7.4). */
static void add_labels(struct buf *out, const struct series *s, const double *bound)
{
	char sep = '{';

	for (size_t i = 0; i < s->metric->label_count; i++) {
		AUTO_BUF clean = BUF(4 * METRIC_VALUE_BYTES);

		if (!s->values[i][0])
			continue;
		utf8_clean(&clean, str_of(s->values[i]));
		buf_addf(out, "%c%s=\"", sep, s->metric->labels[i]->name);
		add_escaped(out, buf_str(&clean), true);
		buf_addc(out, '"');
		sep = ',';
	}
	if (bound) {
		buf_addf(out, "%cle=\"", sep);
		if (isinf(*bound))
			buf_adds(out, "+Inf");
		else
			add_bound(out, *bound);
		buf_addc(out, '"');
		sep = ',';
	}
	if (sep == ',')
		buf_addc(out, '}');
}

static void add_histogram(struct buf *out, const struct series *s)
{
	const struct metric *m = s->metric;
	uint64_t total = 0;

	for (size_t i = 0; i <= m->bound_count; i++) {
		double bound = i < m->bound_count ? m->bounds[i] : (double)INFINITY;

		total += s->counts[i];
		buf_addf(out, "%s_bucket", m->name);
		add_labels(out, s, &bound);
		buf_addf(out, " %llu\n", (unsigned long long)total);
	}
	buf_addf(out, "%s_sum", m->name);
	add_labels(out, s, NULL);
	buf_addc(out, ' ');
	add_number(out, s->value);
	buf_addf(out, "\n%s_count", m->name);
	add_labels(out, s, NULL);
	buf_addf(out, " %llu\n", (unsigned long long)total);
}

static const char *kind_name(enum metric_kind kind)
{
	switch (kind) {
	case METRIC_COUNTER: return "counter";
	case METRIC_GAUGE: return "gauge";
	case METRIC_HISTOGRAM: return "histogram";
	}
	return "?";
}

static void add_metric(struct buf *out, const struct metric *m, enum metrics_form form)
{
	struct str family = str_of(m->name);

	/* OpenMetrics names the family without the suffix of its samples: INTERFACES 7.7. */
	if (form == METRICS_OPENMETRICS && m->kind == METRIC_COUNTER)
		family = str_sub(family, 0, family.len - (sizeof("_total") - 1));
	buf_addf(out, "# HELP %.*s ", STR_ARG(family));
	add_escaped(out, str_of(m->help), form == METRICS_OPENMETRICS);
	buf_addf(out, "\n# TYPE %.*s %s\n", STR_ARG(family), kind_name(m->kind));
	for (const struct series *s = m->first; s; s = s->next) {
		if (m->kind == METRIC_HISTOGRAM) {
			add_histogram(out, s);
			continue;
		}
		buf_adds(out, m->name);
		add_labels(out, s, NULL);
		buf_addc(out, ' ');
		add_number(out, s->value);
		buf_addc(out, '\n');
	}
}

void metrics_write(struct metrics *m, enum metrics_form form, struct buf *out)
{
	for (size_t i = 0; i < m->on_write_count; i++)
		m->on_write[i].fn(m->on_write[i].arg);
	/* A metric without a sample yet is not mentioned: there is nothing to say of it. */
	for (const struct metric *metric = m->first; metric; metric = metric->next)
		if (metric->first)
			add_metric(out, metric, form);
	if (form == METRICS_OPENMETRICS)
		buf_adds(out, "# EOF\n");
}
