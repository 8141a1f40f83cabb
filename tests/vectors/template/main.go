// Makes the vectors of the template language, one JSON object per line:
//
//	cd tests/vectors && go run ./template [-seed N] [-n COUNT] > data/template.jsonl
//
// Each line has the template t, its data d (left out when it is that of the first line) and
// either want, the text, or fail: "parse" or "run", with at, "<line>:<column>", of the latter.
// Lines made by hand have a name; with a rule they say where SPEC decides otherwise than Go.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand"
	"os"
	"regexp"
	"strconv"
	"strings"
)

type vector struct {
	Name string  `json:"name,omitempty"`
	Rule string  `json:"rule,omitempty"`
	T    string  `json:"t"`
	D    any     `json:"d,omitempty"`
	Want *string `json:"want,omitempty"`
	Fail string  `json:"fail,omitempty"`
	At   string  `json:"at,omitempty"`
}

var place = regexp.MustCompile(`^template: no_name:(\d+:\d+): `)

// run is what Go makes of the template.
func run(v *vector, data string) error {
	t, err := parse(v.T)
	if err != nil {
		v.Fail = "parse"
		return nil
	}
	d, err := parseJSON(data)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err = t.Execute(&out, d); err != nil {
		v.Fail = "run"
		if m := place.FindStringSubmatch(err.Error()); m != nil {
			v.At = m[1]
		}
		return err
	}
	s := out.String()
	v.Want = &s
	return nil
}

// What the generator must not ask, because SPEC decides otherwise than Go:
var skipped = []*regexp.Regexp{
	regexp.MustCompile(`\|\s*(-?\}\}|\))`),            // 4.1: {{.n|}}
	regexp.MustCompile(`[\p{L}\p{Nd}_]\.\p{L}.*\}\}`), // 4.1: {{print.x}}, refined in skip
	regexp.MustCompile(`\d[+-]?i\b|\di\b`),            // 4.1: imaginary constants
}

var accident = regexp.MustCompile(`(^|[^.$\p{L}\p{Nd}_])[\p{L}_][\p{L}\p{Nd}_]*\.[\p{L}_]`)
var texts_ = regexp.MustCompile("\"(\\\\.|[^\"\\\\])*\"|`[^`]*`")

var pattern = regexp.MustCompile("regex(?:Match|ReplaceAll) (\"(?:\\\\.|[^\"\\\\])*\"|`[^`]*`)")

func skip(v *vector, err error) bool {
	for _, m := range pattern.FindAllStringSubmatch(v.T, -1) {
		if s, err := strconv.Unquote(m[1]); err == nil {
			if _, err := regexp.Compile(s); err != nil {
				return true // 5.13: ours is a parse error
			}
		}
	}
	bare := texts_.ReplaceAllString(v.T, `""`)
	if v.Fail != "parse" && (skipped[0].MatchString(bare) || skipped[2].MatchString(bare) || accident.MatchString(bare)) {
		return true
	}
	if err == nil {
		return false
	}
	for _, s := range []string{
		"nil pointer evaluating",     // SPEC 4.5, for items of a range that are nil
		"overflows int",              // ours is a parse error
		"range can't iterate over <", // the name of the type
	} {
		if strings.Contains(err.Error(), s) {
			return !strings.HasPrefix(s, "range")
		}
	}
	return false
}

func main() {
	seed := flag.Int64("seed", 1, "of the generator")
	n := flag.Int("n", 3000, "generated cases")
	hand := flag.Bool("hand", true, "with the cases made by hand")
	figures := flag.String("bench", "", "measure with the cases of this file instead")
	flag.Parse()
	if *figures != "" {
		bench(*figures)
		return
	}
	os.Setenv("ZONEINFO", "data/zoneinfo") // the zones that the C test reads

	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	put := func(v *vector) {
		if err := out.Encode(v); err != nil {
			panic(err)
		}
	}
	d, err := parseJSON(dataText)
	if err != nil {
		panic(err)
	}
	put(&vector{Name: "data", T: "", D: json.RawMessage(dataText), Want: new(string)})
	_ = d
	if *hand {
		for _, v := range handMade() {
			put(v)
		}
	}
	g := &gen{r: rand.New(rand.NewSource(*seed))}
	seen := map[string]bool{}
	for made := 0; made < *n; {
		v := &vector{T: g.template()}
		if g.chance(6) {
			v.T = g.broken(v.T)
		}
		if len(v.T) > 600 || seen[v.T] || strings.Contains(v.T, "_no_") {
			continue
		}
		seen[v.T] = true
		err := run(v, dataText)
		if errors.Is(err, errRange) && v.Fail == "" {
			panic(err)
		}
		if skip(v, err) || (v.Want != nil && len(*v.Want) > 1500) {
			continue
		}
		put(v)
		made++
	}
	fmt.Fprintln(os.Stderr, "done")
}
