package main

import (
	"time"

	"ark/tests/vectors/measure"
)

// bench measures robfig/cron with the expressions of tests/bench/languages.c: each call starts where the last slot was.
func bench() {
	figures := map[string]float64{}
	for _, f := range [][3]string{
		{"cron_every_minute", "* * * * *", "Europe/Berlin"},
		{"cron_office_hours", "*/15 8-18 * * MON-FRI", "Europe/Berlin"},
		{"cron_daily", "30 2 * * *", "Europe/Berlin"},
		{"cron_daily_utc", "30 2 * * *", "UTC"},
		{"cron_yearly", "0 0 1 1 *", "Europe/Berlin"},
		{"cron_leap_day", "0 0 29 2 *", "Europe/Berlin"},
	} {
		loc, err := time.LoadLocation(f[2])
		if err != nil {
			panic(err)
		}
		s, err := parser.Parse(f[1])
		if err != nil {
			panic(err)
		}
		start := time.Unix(1767225600, 0).In(loc)
		at, end := start, start.Unix()+3000000000
		figures[f[0]] = measure.PerSecond(100, func() {
			for range 100 {
				if at = s.Next(at); at.IsZero() || at.Unix() > end {
					at = start
				}
			}
		})
	}
	measure.Print(figures)
}
