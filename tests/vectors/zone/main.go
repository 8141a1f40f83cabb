// Reference vectors for time zones: what Go's package time makes of the files in data/zoneinfo.
//
//	cd tests/vectors && go run ./zone [-dir FOLDER] [-seed N] [-n COUNT PER ZONE] > data/zone.jsonl
//
// {"zone", "at", "offset", "name", "dst", "prev", "next"}: prev and next are the changes around the instant, absent
// where there is none. The files are public domain data of the IANA, by zic -b slim (Europe/Berlin,
// America/New_York and EST5EDT by zic -b fat); those in Test/ are made of test.zi.
package main

import (
	"bufio"
	"encoding/json"
	"flag"

	"io/fs"
	"math/rand"
	"os"
	"path/filepath"
	"time"
)

type vector struct {
	Zone   string `json:"zone"`
	At     int64  `json:"at"`
	Offset int    `json:"offset"`
	Name   string `json:"name"`
	Dst    bool   `json:"dst,omitempty"`
	Prev   *int64 `json:"prev,omitempty"`
	Next   *int64 `json:"next,omitempty"`
}

func same(a, b time.Time) bool {
	an, ao := a.Zone()
	bn, bo := b.Zone()
	return an == bn && ao == bo && a.IsDST() == b.IsDST()
}

// The changes around an instant; Go's bounds also have transitions that change nothing. ok is false where Go
// finds no end of them: its bounds of rules go wrong in leap years.
func bounds(t time.Time) (prev, next *int64, ok bool) {
	start, end := t.ZoneBounds()
	for i := 0; !start.IsZero() && same(start, start.Add(-time.Second)); i++ {
		if start, _ = start.Add(-time.Second).ZoneBounds(); i == 100 {
			return
		}
	}
	for i := 0; !end.IsZero() && same(end, end.Add(-time.Second)); i++ {
		if _, end = end.ZoneBounds(); i == 100 {
			return
		}
	}
	if !start.IsZero() {
		s := start.Unix()
		prev = &s
	}
	if !end.IsZero() {
		s := end.Unix()
		next = &s
	}
	return prev, next, true
}

func main() {
	dir := flag.String("dir", "data/zoneinfo", "")
	seed := flag.Int64("seed", 1, "")
	n := flag.Int("n", 30, "")
	flag.Parse()
	r := rand.New(rand.NewSource(*seed))
	w := bufio.NewWriter(os.Stdout)
	e := json.NewEncoder(w)
	filepath.WalkDir(*dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, _ := filepath.Rel(*dir, path)
		if name == "Test/Always" {
			return nil // Go sees changes in it: the C test has its own cases
		}
		data, err := os.ReadFile(path)
		if err != nil {
			panic(err)
		}
		loc, err := time.LoadLocationFromTZData(name, data)
		if err != nil {
			return nil
		}
		var instants []int64
		for i := 0; i < *n; i++ {
			// 1880 to 2120, then the neighbours of what changes there.
			at := -2840140800 + r.Int63n(7573564800)
			instants = append(instants, at)
			if _, next, _ := bounds(time.Unix(at, 0).In(loc)); next != nil && i%3 == 0 {
				instants = append(instants, *next-1, *next)
			}
		}
		for _, at := range append(instants, 0, -4000000000, 32503680000, 64060588800) {
			t := time.Unix(at, 0).In(loc)
			v := vector{Zone: name, At: at, Dst: t.IsDST()}
			v.Name, v.Offset = t.Zone()
			var ok bool
			if v.Prev, v.Next, ok = bounds(t); !ok || v.Next != nil && *v.Next <= at {
				continue
			}
			e.Encode(v)
		}
		return nil
	})
	w.Flush()
}
