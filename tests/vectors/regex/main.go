// Reference vectors for regular expressions: what Go's regexp finds and replaces.
//
//	cd tests/vectors && go run ./regex [-seed N] [-n COUNT] > data/regex.jsonl
//
// Each line is {"re", "text", "repl", "out", "groups": [start, end, ...]} with groups of the leftmost match, -1 for a
// group that took no part, no groups without a match; or {"re", "error": true}. Where RE2 and Go read a pattern
// differently (SPEC 5.13: (?<n>), \p{Letter}) none is generated.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"math/rand"
	"os"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

type vector struct {
	Re     string  `json:"re"`
	Text   *string `json:"text,omitempty"`
	Repl   string  `json:"repl,omitempty"`
	Out    string  `json:"out,omitempty"`
	Groups []int   `json:"groups,omitempty"`
	Error  bool    `json:"error,omitempty"`
}

type gen struct {
	*rand.Rand
	names int
}

func (g *gen) pick(list ...string) string { return list[g.Intn(len(list))] }

func (g *gen) atom(depth int) string {
	n := 14
	if depth <= 0 {
		n = 11
	}
	switch g.Intn(n) {
	case 0, 1, 2, 3, 4:
		return g.pick("a", "b", "c", "ab", "é", "x", "1", " ", "-", `\.`, `\n`, `\x61`, `\x{e9}`, `\$`, "K")
	case 5:
		return g.pick(".", ".", "[^a]", "[ab]", "[a-c]", "[[:alpha:]]", `[\d_]`, `[^\s]`, "[é-ü]", `[\]a-]`)
	case 6:
		return g.pick(`\d`, `\w`, `\s`, `\D`, `\W`, `\S`, `\pL`, `\p{Greek}`, `\PL`, `\p{Lu}`)
	case 7, 8:
		return g.pick("^", "$", `\b`, `\B`, `\A`, `\z`)
	case 9:
		return g.pick("(?i)", "(?s)", "(?m)", "(?i:a)", "(?s:.)", "(?U)", "(?-i:b)") + g.pick("a", "b", "")
	case 10:
		return g.pick(`\Qa.b\E`, `\Q$\E`, "()", "(|a)", "(a|)", "(?:)")
	case 11:
		return "(?:" + g.alternatives(depth-1) + ")"
	case 12:
		g.names++
		return "(?P<" + g.pick("n", "name", "_x") + strconv.Itoa(g.names) + ">" + g.alternatives(depth-1) + ")"
	}
	return "(" + g.alternatives(depth-1) + ")"
}

func (g *gen) sequence(depth int) string {
	var b strings.Builder
	for i := 1 + g.Intn(3); i > 0; i-- {
		a := g.atom(depth)
		b.WriteString(a)
		if g.Intn(3) == 0 && !strings.HasPrefix(a, "(?i)") && !strings.HasPrefix(a, "(?s)") && !strings.HasPrefix(a, "(?m)") &&
			!strings.HasPrefix(a, "(?U)") {
			b.WriteString(g.pick("*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{0,1}?", "{2,}"))
		}
	}
	return b.String()
}

func (g *gen) alternatives(depth int) string {
	s := g.sequence(depth)
	for g.Intn(4) == 0 {
		s += "|" + g.sequence(depth)
	}
	return s
}

func (g *gen) text() string {
	var b strings.Builder
	for i := g.Intn(12); i > 0; i-- {
		b.WriteString(g.pick("a", "a", "b", "b", "c", "é", "x", "1", " ", "-", ".", "\n", "$", "K", "k", "\u212a", "α", "😀", "A", "ab"))
	}
	return b.String()
}

func (g *gen) repl() string {
	var b strings.Builder
	for i := g.Intn(4); i >= 0; i-- {
		b.WriteString(g.pick("<", ">", "$0", "$1", "${1}", "$2x", "${2}x", "$n1", "${name1}", "${_x1}", "$$", "$", "${", "${}", "${1", "$-", "$01",
			"$1é", "$9", "-", "", "$10", "${n1", "$n1_", "$\n", "$1😀"))
	}
	return b.String()
}

func (g *gen) broken(re string) string {
	at := g.Intn(len(re) + 1)
	for at < len(re) && !utf8.RuneStart(re[at]) {
		at++
	}
	return re[:at] + g.pick("(", ")", "[", "*", "+*", "{2}{3}", "\\", "(?=a)", "(?!", "\\1", "[z-a]", "a{1001}", "(?P<a>a)(?P<a>b)", "\\C", "(?P<>a)",
		"\\p{Foo}", "a**", "[[:foo:]]", "(?z)", "\\8") + re[at:]
}

func main() {
	seed := flag.Int64("seed", 1, "seed of the generator")
	n := flag.Int("n", 3000, "cases")
	flag.Parse()
	g := &gen{Rand: rand.New(rand.NewSource(*seed))}
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	for i := 0; i < *n; {
		g.names = 0
		v := vector{Re: g.alternatives(2)}
		if g.Intn(15) == 0 {
			v.Re = g.broken(v.Re)
		}
		re, err := regexp.Compile(v.Re)
		if err != nil {
			v.Error = true
		} else {
			text := g.text()
			v.Groups = re.FindStringSubmatchIndex(text)
			if v.Groups == nil && g.Intn(6) != 0 {
				continue
			}
			v.Text, v.Repl = &text, g.repl()
			v.Out = re.ReplaceAllString(text, v.Repl)
		}
		if err := e.Encode(v); err != nil {
			panic(err)
		}
		i++
	}
}
