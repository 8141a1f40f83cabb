#include "base/fail.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *fail_name(enum fail f)
{
	switch (f) {
	case FAIL_NONE: return "none";
	case FAIL_INPUT: return "input";
	case FAIL_BUSY: return "busy";
	case FAIL_FENCED: return "fenced";
	case FAIL_BROKEN: return "broken";
	}
	return "?";
}

void why_write(struct why *why, const char *fmt, ...)
{
	va_list args;

	if (!why)
		return;
	va_start(args, fmt);
	vsnprintf(why->text, sizeof(why->text), fmt, args);
	va_end(args);
}

void why_prepend(struct why *why, const char *fmt, ...)
{
	struct why inner;
	va_list args;
	size_t n;

	if (!why)
		return;
	inner = *why;
	va_start(args, fmt);
	vsnprintf(why->text, sizeof(why->text), fmt, args);
	va_end(args);
	n = strlen(why->text);
	snprintf(why->text + n, sizeof(why->text) - n, ": %s", inner.text);
}

struct str why_str(const struct why *why)
{
	return str_n(why->text, strnlen(why->text, sizeof(why->text)));
}

void broken(const char *file, int line, const char *what)
{
	fprintf(stderr,
		"{\"level\":\"error\",\"msg\":\"broken "
		"promise\",\"at\":\"%s:%d\",\"what\":\"%s\"}\n",
		file, line, what);
	abort();
}

void *xmalloc(size_t size)
{
	return xcalloc(1, size);
}

void *xcalloc(size_t count, size_t size)
{
	void *p = calloc(count ? count : 1, size ? size : 1);

	if (!p)
		BROKEN("out of memory");
	return p;
}

void *xrealloc(void *ptr, size_t count, size_t size)
{
	void *p = reallocarray(ptr, count ? count : 1, size ? size : 1);

	if (!p)
		BROKEN("out of memory");
	return p;
}

char *xstrndup(struct str s)
{
	char *p = xmalloc(s.len + 1);

	if (s.len)
		memcpy(p, s.ptr, s.len);
	return p;
}
