/* process_* and ark_build_info. Read from /proc at each scrape; where it is missing the gauges
 * stay 0. */
#include <dirent.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/fail.h"
#include "process/metrics.h"

static struct {
	struct series *resident, *virtual, *open_fds, *max_fds, *cpu;
} process_series;

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static double count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	double count = 0;

	if (!dir)
		return 0;
	while (readdir(dir))
		count++;
	closedir(dir);
	return count - 3; /* ".", ".." and the directory itself */
}

static void read_process(void *arg)
{
	unsigned long long size_pages, resident_pages;
	double page = (double)sysconf(_SC_PAGESIZE), cpu;
	FILE *f = fopen("/proc/self/statm", "re");
	struct rlimit fds;
	struct rusage use;

	(void)arg;
	if (f) {
		if (fscanf(f, "%llu %llu", &size_pages, &resident_pages) == 2) {
			metric_set(process_series.virtual, page * (double)size_pages);
			metric_set(process_series.resident, page * (double)resident_pages);
		}
		fclose(f);
	}
	metric_set(process_series.open_fds, count_fds());
	if (getrlimit(RLIMIT_NOFILE, &fds) == 0)
		metric_set(process_series.max_fds, (double)fds.rlim_cur);
	getrusage(RUSAGE_SELF, &use);
	cpu = seconds(use.ru_utime) + seconds(use.ru_stime);
	if (cpu > metric_value(process_series.cpu))
		metric_add(process_series.cpu, cpu - metric_value(process_series.cpu));
}

void metrics_add_process(struct metrics *m, const char *process)
{
	struct timespec now;

	process_series.resident = metric_only(
		metrics_gauge(m, "process_resident_memory_bytes", "Resident memory.", NULL));
	process_series.virtual = metric_only(
		metrics_gauge(m, "process_virtual_memory_bytes", "Virtual memory.", NULL));
	process_series.open_fds =
		metric_only(metrics_gauge(m, "process_open_fds", "Open descriptors.", NULL));
	process_series.max_fds = metric_only(
		metrics_gauge(m, "process_max_fds", "Descriptors that may be open.", NULL));
	process_series.cpu = metric_only(metrics_counter(m, "process_cpu_seconds_total",
							 "CPU time, user and system.", NULL));
	clock_gettime(CLOCK_REALTIME, &now);
	metric_set(metric_only(metrics_gauge(m, "process_start_time_seconds",
					     "When the process started.", NULL)),
		   (double)now.tv_sec + (double)(now.tv_nsec / 1000000) / 1e3);
	metric_set(metric_at(metrics_gauge(m, "ark_build_info", "Always 1.", "process version"),
			     LABELS(str_of(process), STR(ARK_VERSION))),
		   1);
	metrics_on_write(m, read_process, NULL);
}
