// Reference vectors for durations and times: what Go's package time makes of texts.
//
//	cd tests/vectors && go run ./duration [-seed N] [-n COUNT] > data/duration.jsonl
//
// {"parse": TEXT, "nanos": N}, {"print": N, "text": TEXT}, {"time": TEXT, "seconds": N, "nanos": N}; a text that is
// refused has "error". Where SPEC 1.4 is narrower than Go the line has "rule".
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"math"
	"math/rand"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

var out = bufio.NewWriter(os.Stdout)
var r *rand.Rand

func emit(v map[string]interface{}) {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	out.Write(append(b, '\n'))
}

func parse(text string) {
	if !utf8.ValidString(text) {
		return
	}
	v := map[string]interface{}{"parse": text}
	d, err := time.ParseDuration(text)
	switch {
	case strings.HasPrefix(text, "-") || strings.HasPrefix(text, "+"):
		v["rule"], v["error"] = "SPEC 1.4: no sign", true
	case text == "0":
		v["rule"], v["error"] = "SPEC 1.4: a unit is needed", true
	case err != nil:
		v["error"] = true
	default:
		v["nanos"] = int64(d)
	}
	emit(v)
}

func print(n int64) { emit(map[string]interface{}{"print": n, "text": time.Duration(n).String()}) }

// RFC 3339 itself; Go also takes single digits of hours, a decimal comma and 60 minutes.
var strict = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$`)

func instant(text string) {
	v := map[string]interface{}{"time": text}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil || !strict.MatchString(text) {
		v["error"] = true
	} else {
		v["seconds"], v["nanos"] = t.Unix(), t.Nanosecond()
		_, offset := t.Zone()
		v["offset"], v["printed"] = offset, t.Format(time.RFC3339Nano)
	}
	emit(v)
}

func pick(list ...string) string { return list[r.Intn(len(list))] }

func number() string {
	s := ""
	for i := r.Intn(4); i > 0; i-- {
		s += strconv.Itoa(r.Intn(10))
	}
	if r.Intn(20) == 0 {
		s += strconv.FormatUint(r.Uint64(), 10)
	}
	if r.Intn(2) == 0 {
		s += "."
		for i := r.Intn(6); i > 0; i-- {
			s += strconv.Itoa(r.Intn(10))
		}
		if r.Intn(10) == 0 {
			s += strconv.FormatUint(r.Uint64(), 10)
		}
	}
	return s
}

func damage(s string, letters string) string {
	if s == "" || r.Intn(4) > 0 {
		return s
	}
	at := r.Intn(len(s))
	return s[:at] + string(letters[r.Intn(len(letters))]) + s[at+r.Intn(2):]
}

func main() {
	seed := flag.Int64("seed", 1, "")
	n := flag.Int("n", 1500, "")
	figures := flag.String("bench", "", "measure with the cases of this file instead")
	flag.Parse()
	if *figures != "" {
		bench(*figures)
		return
	}
	r = rand.New(rand.NewSource(*seed))
	for _, s := range []string{
		"", "0", "0s", "1", "-1s", "+5m", "-0", "+0", "90s", "1m30s", "1.5h", ".5s", "5.s", ".s", "1.", "1..s", "1 s", " 1s", "1s ", "1S", "1us",
		"1µs", "1μs", "1ns", "0.5ns", "0.999999999999ns", "1h1h", "3000000h", "2562047h47m16.854775807s", "2562047h47m16.854775808s",
		"9223372036854775807ns", "9223372036854775808ns", "9223372036.854775807s", "9223372036.854775808s", "0.3333333333333333333h",
		"0.9223372036854775807s", "0.100000000000000000000h", "1ms1s", "1d", "1w", "1m1", "1e3s", "0x1s", "1_000s", "٣s", "1s\x00", "m", "ms",
		"00000000000000000000000000001s", "0h0m0s", "1.0000000000000000000000000000001s",
	} {
		parse(s)
	}
	for _, v := range []int64{0, 1, 999, 1000, 1100, 999999, 1000000, 1500000, 999999999, 1000000000, 60000000000, 3600000000000, 3661000000001,
		90 * 60 * 1000000000, -1, -1000, -1500000000, math.MaxInt64, math.MinInt64, math.MinInt64 + 1} {
		print(v)
	}
	for _, s := range []string{
		"2026-03-30T08:00:00Z", "2026-03-30t08:00:00Z", "2026-03-30T08:00:00z", "2026-03-30 08:00:00Z", "2026-03-30T08:00:00", "2026-03-30T08:00Z",
		"2026-03-30T8:00:00Z", "2026-03-30T08:00:00,5Z", "2026-03-30T08:00:00.Z", "2026-03-30T08:00:00.123456789123Z", "2026-02-29T00:00:00Z",
		"2024-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2000-02-29T00:00:00Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z",
		"2026-03-30T24:00:00Z", "2026-03-30T23:60:00Z", "2016-12-31T23:59:60Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-04-31T00:00:00Z",
		"2026-03-00T00:00:00Z", "2026-03-30T08:00:00+02:00", "2026-03-30T08:00:00-23:59", "2026-03-30T08:00:00+02:60", "2026-03-30T08:00:00+0200",
		"2026-03-30T08:00:00+00:00", "2026-03-30T08:00:00-00:00", "+2026-03-30T08:00:00Z", "12026-03-30T08:00:00Z", "", "Z", "2026-03-30T08:00:00Zx",
	} {
		instant(s)
	}
	for i := 0; i < *n; i++ {
		s := ""
		for k := 0; k <= r.Intn(3); k++ {
			s += number() + pick("ns", "us", "µs", "μs", "ms", "s", "m", "h", "s", "m")
		}
		parse(damage(s, "0123456789.nsumhx- "))
		print(int64(r.Uint64()) >> r.Intn(64))
		t := time.Unix(r.Int63n(300000000000)-60000000000, 0).In(time.FixedZone("", (r.Intn(24*60*2)-24*60)*60))
		s = t.Format("2006-01-02T15:04:05") + pick("", "", ".5", ".000000001", ".120") + pick("Z", t.Format("Z07:00"))
		instant(damage(s, "0123456789.-+TZ:"))
	}
	out.Flush()
}
