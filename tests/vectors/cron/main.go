// Reference vectors for cron expressions.
//
//	cd tests/vectors && go run ./cron [-seed N] [-n COUNT] > data/cron.jsonl
//
// {"cron", "zone", "from", "slots": [...]} or {"cron", "error"}. Expressions are read by robfig/cron/v3; in UTC its slots
// are ours. Where clocks change SPEC 12.6 has rules of its own: there the slots come from walk, which goes through real
// time minute by minute and does nothing clever. Cases by hand, where SPEC 12.3 differs from robfig, have "rule".
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

type vector struct {
	Cron  string  `json:"cron"`
	Zone  string  `json:"zone,omitempty"`
	From  int64   `json:"from,omitempty"`
	Slots []int64 `json:"slots,omitempty"`
	Error bool    `json:"error,omitempty"`
	Rule  string  `json:"rule,omitempty"`
}

var (
	out    = bufio.NewWriter(os.Stdout)
	r      *rand.Rand
	parser = cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor)
)

func emit(v vector) {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	out.Write(append(b, '\n'))
}

// What only robfig takes: empty items, and a `*` as one end of a range.
var lenient = regexp.MustCompile(`(^|[\s,]),|,([\s,]|$)|\*-|-\*`)

const starBit = 1 << 63

func has(bits uint64, v int) bool { return bits>>uint(v)&1 == 1 }

func matches(s *cron.SpecSchedule, t time.Time) bool {
	if !has(s.Minute, t.Minute()) || !has(s.Hour, t.Hour()) || !has(s.Month, int(t.Month())) {
		return false
	}
	day, week := has(s.Dom, t.Day()), has(s.Dow, int(t.Weekday()))
	if s.Dom&starBit == 0 && s.Dow&starBit == 0 {
		return day || week
	}
	return day && week
}

// What clocks show, as if it were UTC.
func shown(t time.Time) time.Time {
	_, offset := t.Zone()
	return t.Add(time.Duration(offset) * time.Second).UTC()
}

// SPEC 12.6 to the letter: all slots in (from, to].
func walk(s *cron.SpecSchedule, realTime bool, loc *time.Location, from, to int64) []int64 {
	var slots []int64
	latest := time.Time{}
	for at := from - 3*86400; at <= to; at += 60 {
		now := shown(time.Unix(at, 0).In(loc))
		hit := false
		if realTime {
			hit = matches(s, now)
		} else if !latest.IsZero() {
			for l := latest.Add(time.Minute); !l.After(now); l = l.Add(time.Minute) {
				hit = hit || matches(s, l)
			}
		}
		if now.After(latest) {
			latest = now
		}
		if hit && at > from {
			slots = append(slots, at)
		}
	}
	return slots
}

func pick(list ...string) string { return list[r.Intn(len(list))] }

func item(min, max int, names []string) string {
	value := func() (int, string) {
		v := min + r.Intn(max-min+1)
		if names != nil && r.Intn(3) == 0 {
			n := names[v-min]
			return v, pick(n, strings.ToLower(n), n[:1]+strings.ToLower(n[1:]))
		}
		return v, fmt.Sprintf(pick("%d", "%d", "%d", "%02d"), v)
	}
	step := ""
	if r.Intn(4) == 0 {
		step = fmt.Sprintf("/%d", 1+r.Intn(max))
	}
	a, at := value()
	b, bt := value()
	if r.Intn(2) == 0 {
		return at + step
	}
	if a > b && r.Intn(10) > 0 {
		at, bt = bt, at
	}
	return at + "-" + bt + step
}

func field(min, max int, names []string) string {
	switch r.Intn(5) {
	case 0, 1:
		return "*"
	case 2:
		return fmt.Sprintf("*/%d", 1+r.Intn(max+5))
	}
	s := item(min, max, names)
	for r.Intn(3) == 0 {
		s += "," + item(min, max, names)
	}
	return s
}

var months = []string{"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}
var days = []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}

// SPEC 12.3: a field that starts with `*` does not restrict; to robfig only `*` and `*/1` anywhere in it do not.
func sameStar(text string, bits uint64) bool {
	return strings.HasPrefix(text, "*") == (bits&starBit != 0)
}

func expression() (string, *cron.SpecSchedule) {
	for {
		f := []string{field(0, 59, nil), field(0, 23, nil), field(1, 31, nil), field(1, 12, months), field(0, 6, days)}
		text := strings.Join(f, pick(" ", " ", " ", "  ", "\t"))
		if r.Intn(12) == 0 {
			at := r.Intn(len(text))
			text = text[:at] + string("0123456789*/-,? LW#JANMO"[r.Intn(24)]) + text[at+r.Intn(2):]
			if strings.ContainsAny(text, "?7") || lenient.MatchString(text) {
				continue // SPEC 12.3 has no '?', 7 is Sunday, and empty items are errors
			}
		}
		s, err := parser.Parse(text)
		if err != nil {
			return text, nil
		}
		spec, words := s.(*cron.SpecSchedule), strings.Fields(text)
		if sameStar(words[2], spec.Dom) && sameStar(words[4], spec.Dow) || spec.Dom&starBit != 0 && spec.Dow&starBit != 0 {
			return text, spec
		}
	}
}

func byHand() {
	at := func(text string) int64 {
		t, err := time.Parse(time.RFC3339, text)
		if err != nil {
			panic(err)
		}
		return t.Unix()
	}
	slots := func(why, text, zone, from string, want ...string) {
		v := vector{Cron: text, Zone: zone, From: at(from), Rule: "SPEC " + why}
		for _, w := range want {
			v.Slots = append(v.Slots, at(w))
		}
		emit(v)
	}
	refuse := func(texts ...string) {
		for _, t := range texts {
			emit(vector{Cron: t, Error: true, Rule: "SPEC 12.3"})
		}
	}
	refuse("", " ", "* * * *", "* * * * * *", "0 0 1 1 * 2026", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *", "* * * 0 *", "* * * 13 *",
		"* * * * 8", "* * * * FRI-MON", "* * * * SAT-SUN", "30-10 * * * *", "7-1 * * * 7-1", "* * * * 7/2", "* * * * 7/n", "*/0 * * * *", "*/ * * * *",
		"/5 * * * *", "1,,2 * * * *", ",1 * * * *", "1, * * * *", "1- * * * *", "-1 * * * *", "1-2-3 * * * *", "1/2/3 * * * *", "+1 * * * *",
		"1.5 * * * *", "** * * * *", "*5 * * * *", "*-5 * * * *", "5-* * * * *", "* * L * *", "* * 15W * *", "* * * * 5L", "* * * * 5#3", "* * ? * *",
		"@every 1h", "@reboot", "@", "@hourly @daily", "@dailyx", "TZ=UTC 0 0 * * *", "CRON_TZ=UTC 0 0 * * *", "* * * * *\n", "*\n* * * *", "0 0 * * *\r",
		"* * * JANUARY *", "* * * JA *", "JAN * * * *", "* * JAN * *", "* * * MON *", "* * * * JAN", "* * * JAN/FEB *", "* * * * MONDAY", "٣ * * * *",
		"0x1 * * * *", "1 e * * *", "*/-1 * * * *", "*/1-2 * * * *", "99999999999999999999 * * * *", "* * * * 1-8")
	slots("12.3: 7 is Sunday", "0 0 * * 7", "", "2026-03-30T00:00:00Z", "2026-04-05T00:00:00Z", "2026-04-12T00:00:00Z")
	slots("12.3: 7 is Sunday", "0 0 * * 5-7", "", "2026-03-30T00:00:00Z", "2026-04-03T00:00:00Z", "2026-04-04T00:00:00Z", "2026-04-05T00:00:00Z", "2026-04-10T00:00:00Z")
	slots("12.3: 7 is Sunday", "0 0 * * 1-7/3", "", "2026-03-30T00:00:00Z", "2026-04-02T00:00:00Z", "2026-04-05T00:00:00Z", "2026-04-06T00:00:00Z")
	slots("12.3: a/n to the end of the week", "0 0 * * 5/1", "", "2026-03-30T00:00:00Z", "2026-04-03T00:00:00Z", "2026-04-04T00:00:00Z", "2026-04-10T00:00:00Z")
	slots("12.3: */2 does not restrict", "0 0 */2 * MON", "", "2026-03-30T00:00:00Z", "2026-04-13T00:00:00Z", "2026-04-27T00:00:00Z", "2026-05-11T00:00:00Z")
	slots("12.3: 1,* restricts", "0 0 1,* * MON", "", "2026-03-30T00:00:00Z", "2026-03-31T00:00:00Z", "2026-04-01T00:00:00Z")
	slots("12.3: either day", "0 0 13 * FRI", "", "2026-04-30T00:00:00Z", "2026-05-01T00:00:00Z", "2026-05-08T00:00:00Z", "2026-05-13T00:00:00Z")
	slots("12.3: a step beyond the range gives its start", "*/99 5-9/99999999999999999999 * * *", "", "2026-03-30T00:00:00Z", "2026-03-30T05:00:00Z", "2026-03-31T05:00:00Z")
	slots("12.3: macros in any case", " @Yearly\t", "", "2026-03-30T00:00:00Z", "2027-01-01T00:00:00Z")
	slots("12.3: 29 February on a Monday", "0 0 29 2 */7", "", "2026-03-30T00:00:00Z", "2032-02-29T00:00:00Z", "2060-02-29T00:00:00Z", "2088-02-29T00:00:00Z", "2128-02-29T00:00:00Z")
	slots("12.3: no such day", "0 0 30 2 *", "", "2026-03-30T00:00:00Z")
	slots("12.3: no such day", "0 0 31 4,6,9,11 *", "", "2026-03-30T00:00:00Z")

	berlin, york := "Europe/Berlin", "America/New_York"
	slots("12.6: of a gap one", "*/15 2 * * *", berlin, "2026-03-28T02:00:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z", "2026-03-30T00:15:00Z")
	slots("12.6: the instant after the gap is one with it", "30 2,3 * * *", berlin, "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z")
	slots("12.6: the instant after the gap is one with it", "0 2,3 * * *", berlin, "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z")
	slots("12.6: first pass only", "30 2 * * *", berlin, "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z")
	slots("12.6: first pass only", "*/30 1-3 * * *", berlin, "2026-10-24T22:59:00Z", "2026-10-24T23:00:00Z", "2026-10-24T23:30:00Z", "2026-10-25T00:00:00Z",
		"2026-10-25T00:30:00Z", "2026-10-25T02:00:00Z", "2026-10-25T02:30:00Z", "2026-10-26T00:00:00Z")
	slots("12.6: first pass only, asked in the second", "45 2 * * *", berlin, "2026-10-25T01:10:00Z", "2026-10-26T01:45:00Z")
	slots("12.6: real time", "30 * * * *", berlin, "2026-03-29T00:00:00Z", "2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z")
	slots("12.6: real time", "30 */2 * * *", berlin, "2026-03-28T23:45:00Z", "2026-03-29T02:30:00Z")
	slots("12.6: real time", "30 * * * *", berlin, "2026-10-25T00:00:00Z", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-25T02:30:00Z")
	slots("12.6: real time", "@hourly", york, "2026-11-01T04:30:00Z", "2026-11-01T05:00:00Z", "2026-11-01T06:00:00Z", "2026-11-01T07:00:00Z")
	slots("12.6: @daily is no real time", "@daily", "America/Sao_Paulo", "2018-11-03T12:00:00Z", "2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z")
	slots("12.6: half an hour", "45 1 * * *", "Australia/Lord_Howe", "2026-04-03T20:00:00Z", "2026-04-04T14:45:00Z", "2026-04-05T15:15:00Z")
	slots("12.6: half an hour", "15 2 * * *", "Australia/Lord_Howe", "2026-10-02T20:00:00Z", "2026-10-03T15:30:00Z", "2026-10-04T15:15:00Z")
	slots("12.6: a day that did not exist", "0 12 * * *", "Pacific/Apia", "2011-12-29T00:00:00Z", "2011-12-29T22:00:00Z", "2011-12-30T10:00:00Z", "2011-12-30T22:00:00Z")
	slots("12.6: a day that did not exist", "0 * 30 12 *", "Pacific/Apia", "2011-12-29T00:00:00Z", "2012-12-29T10:00:00Z")
	slots("12.6: real time over midnight", "30 * 17 2 *", "America/Sao_Paulo", "2018-02-18T01:35:00Z", "2018-02-18T02:30:00Z", "2019-02-17T03:30:00Z")
}

func main() {
	seed := flag.Int64("seed", 1, "")
	n := flag.Int("n", 1500, "")
	dir := flag.String("dir", "data/zoneinfo", "")
	hand := flag.Bool("hand", true, "also the cases written by hand")
	figures := flag.Bool("bench", false, "measure instead")
	flag.Parse()
	if *figures {
		bench()
		return
	}
	r = rand.New(rand.NewSource(*seed))
	if *hand {
		byHand()
	}
	for i := 0; i < *n; i++ {
		text, spec := expression()
		if spec == nil {
			emit(vector{Cron: text, Error: true})
			continue
		}
		from := 946684800 + r.Int63n(2000000000)
		v := vector{Cron: text, From: from}
		for t, k := time.Unix(from, 0).UTC(), 0; k < 3; k++ {
			if t = spec.Next(t); t.IsZero() {
				break // robfig gives up after five years
			}
			v.Slots = append(v.Slots, t.Unix())
		}
		if len(v.Slots) > 0 {
			emit(v)
		}
	}
	zones := []string{"Europe/Berlin", "America/New_York", "Europe/London", "Australia/Lord_Howe", "America/Sao_Paulo", "America/Havana", "Asia/Beirut",
		"Antarctica/Troll", "Africa/Casablanca", "Europe/Dublin", "Pacific/Apia", "America/Nuuk", "Asia/Gaza", "Asia/Pyongyang", "America/Caracas",
		"Pacific/Chatham", "Asia/Kathmandu", "Test/Week", "Pacific/Kwajalein", "America/St_Johns"}
	for i := 0; i < *n/3; i++ {
		zone := zones[r.Intn(len(zones))]
		data, err := os.ReadFile(filepath.Join(*dir, zone))
		if err != nil {
			panic(err)
		}
		loc, err := time.LoadLocationFromTZData(zone, data)
		if err != nil {
			panic(err)
		}
		// Minutes and hours that come often enough, around a change of the clocks.
		text := field(0, 59, nil) + " " + pick("*", "*/2", "*/3", "0", "1", "2", "3", "23", "0-3", "1,2", "22-23,0", "2-4/2", "1/1") + " * * " + pick("*", "*", "*", "0", "1-5")
		s, err := parser.Parse(text)
		if err != nil {
			continue
		}
		spec := s.(*cron.SpecSchedule)
		at := time.Unix(631152000+r.Int63n(1900000000), 0).In(loc)
		if _, end := at.ZoneBounds(); !end.IsZero() {
			at = end
		}
		from := (at.Unix() + r.Int63n(6*3600) - 4*3600) / 60 * 60
		if r.Intn(2) == 0 {
			from += r.Int63n(60) - 60
		}
		from -= from % 60 // walk goes by whole minutes
		realTime := strings.HasPrefix(strings.Fields(text)[1], "*")
		slots := walk(spec, realTime, loc, from, from+3*86400)
		if len(slots) > 6 {
			slots = slots[:6]
		}
		if len(slots) > 0 {
			emit(vector{Cron: text, Zone: zone, From: from, Slots: slots})
		}
	}
	out.Flush()
}
