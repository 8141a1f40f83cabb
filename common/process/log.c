#include "process/log.h"

#include <errno.h>
#include <math.h>
#include <time.h>
#include <unistd.h>

#include "base/json.h"
#include "base/utf8.h"
#include "lang/civil.h"
#include "process/url.h"

static struct {
	const char *process;
	enum log_level level;
	int fd;
} log_state = {"ark", LEVEL_INFO, STDERR_FILENO};

/* Every line ends in one of these, so this much of it is kept free. */
static const char line_end[] = "}\n", line_end_cut[] = ",\"cut\":true}\n";

void log_init(const char *process, enum log_level level)
{
	log_state.process = process;
	log_state.level = level;
}

bool log_wants(enum log_level level)
{
	return level >= log_state.level;
}

void log_to(int fd)
{
	log_state.fd = fd;
}

const char *log_level_name(enum log_level level)
{
	switch (level) {
	case LEVEL_DEBUG: return "debug";
	case LEVEL_INFO: return "info";
	case LEVEL_WARN: return "warn";
	case LEVEL_ERROR: return "error";
	}
	return "?";
}

/* RFC 3339 with milliseconds: whole seconds (SPEC 1.3) do not tell which of two lines of two
 * processes came first. */
static void add_time(struct buf *b)
{
	struct timespec now;
	struct civil c;

	clock_gettime(CLOCK_REALTIME, &now);
	c = civil_of(now.tv_sec);
	buf_addf(b, "{\"time\":\"%04d-%02d-%02dT%02d:%02d:%02d.%03dZ\"", (int)c.year, c.month,
		 c.day, c.hour, c.minute, c.second, (int)(now.tv_nsec / 1000000));
}

static void add_value(struct buf *b, const struct log_field *f)
{
	char text[LOG_TEXT_BYTES + 1];
	struct buf url = {.ptr = text, .cap = sizeof(text), .max = sizeof(text) - 1};

	switch (f->kind) {
	case LOG_KIND_END: break;
	case LOG_KIND_STR: json_add_str(b, utf8_cut(f->text, LOG_TEXT_BYTES)); break;
	case LOG_KIND_URL:
		url_add_clean(&url, f->text);
		json_add_str(b, buf_str(&url));
		break;
	case LOG_KIND_INT: buf_addi(b, f->integer); break;
	case LOG_KIND_FLOAT:
		if (isfinite(f->real))
			json_add_double(b, f->real);
		else
			buf_adds(b, "null");
		break;
	case LOG_KIND_BOOL: buf_adds(b, f->boolean ? "true" : "false"); break;
	}
}

static void write_all(const char *p, size_t n)
{
	while (n) {
		ssize_t done = write(log_state.fd, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return; /* nobody reads: a log must not stop the process */
		p += done;
		n -= (size_t)done;
	}
}

void log_write(enum log_level level, const char *msg, const struct log_field *fields)
{
	char line[LOG_LINE_BYTES];
	/* Never grows: what is over max is refused before memory is asked for. */
	struct buf b = {
		.ptr = line, .cap = sizeof(line), .max = sizeof(line) - sizeof(line_end_cut)};
	bool cut = false;

	add_time(&b);
	json_member_str(&b, "level", str_of(log_level_name(level)));
	json_member_str(&b, "process", str_of(log_state.process));
	json_member_str(&b, "msg", str_of(msg));
	for (; fields->kind != LOG_KIND_END; fields++) {
		size_t before = b.len;

		json_key(&b, fields->key);
		add_value(&b, fields);
		if (b.full) {
			buf_cut(&b, before);
			b.full = false;
			cut = true;
		}
	}
	b.max = sizeof(line) - 1;
	buf_adds(&b, cut ? line_end_cut : line_end);
	write_all(b.ptr, b.len);
}
