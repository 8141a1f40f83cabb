// Reference vectors for the YAML reader: what sigs.k8s.io/yaml makes of documents.
//
//	cd tests/vectors && go run ./yaml [-seed N] [-n COUNT] > data/yaml.jsonl
//
// Each line is {"yaml": TEXT, "json": VALUE} or {"yaml": TEXT, "error": true}. Where SPEC 21.33 differs
// from the reference on purpose the line has "rule" and the value is written by hand.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand"
	"os"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	gyaml "go.yaml.in/yaml/v2"
	"sigs.k8s.io/yaml"
)

type vector struct {
	Yaml  string          `json:"yaml"`
	JSON  json.RawMessage `json:"json,omitempty"`
	Error bool            `json:"error,omitempty"`
	Rule  string          `json:"rule,omitempty"`
}

var out = bufio.NewWriter(os.Stdout)

func emit(v vector) {
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err)
	}
}

func keyText(k interface{}) string {
	switch k := k.(type) {
	case string:
		return k
	case bool, int, int64:
		return fmt.Sprint(k)
	case float64:
		s := strconv.FormatFloat(k, 'g', -1, 32)
		return strings.NewReplacer("+Inf", ".inf", "-Inf", "-.inf", "NaN", ".nan").Replace(s)
	}
	return fmt.Sprintf("%T", k)
}

// SPEC 21.33: keys that become equal as text are a key twice.
func equalAsText(v interface{}) bool {
	switch v := v.(type) {
	case map[interface{}]interface{}:
		seen := map[string]bool{}
		for k, member := range v {
			if seen[keyText(k)] || equalAsText(member) {
				return true
			}
			seen[keyText(k)] = true
		}
	case []interface{}:
		for _, item := range v {
			if equalAsText(item) {
				return true
			}
		}
	}
	return false
}

// The reference's answer, with the rules of SPEC 21.33 on doubled keys and on text behind a document.
func reference(text string, strict bool) (json.RawMessage, bool) {
	d := gyaml.NewDecoder(strings.NewReader(text))
	var first, second interface{}
	if err := d.Decode(&first); err == io.EOF {
		return json.RawMessage("null"), true
	} else if err != nil || equalAsText(first) {
		return nil, false
	}
	if err := d.Decode(&second); err != io.EOF {
		return nil, false
	}
	convert := yaml.YAMLToJSON
	if strict {
		convert = yaml.YAMLToJSONStrict
	}
	b, err := convert([]byte(text))
	if err != nil {
		return nil, false
	}
	return b, true
}

var (
	emptyFirst = regexp.MustCompile(`^((\s*(#.*|%.*|---|\.\.\.))?\s*(\n|$))*($|---)`)
	tagNoBlank = regexp.MustCompile(`!\w+[,:]`)
	colonFlow  = regexp.MustCompile(`\S:[,?\[\]{}]`)
	innerMark  = regexp.MustCompile(`[^\s\[{,]\?`)
)

// Where libyaml 0.2.5 reads the syntax otherwise than its older port in the reference does, and nobody
// writes so: a tag that runs into ',' or ':'; "[a:]"; '?' within a plain text in a flow. And empty
// documents are skipped (SPEC 21.33).
func outOfScope(text string, accepted bool) bool {
	return !utf8.ValidString(text) || emptyFirst.MatchString(text) || tagNoBlank.MatchString(text) ||
		accepted && colonFlow.MatchString(text) || !accepted && innerMark.MatchString(text)
}

func check(text string, strict bool) {
	b, ok := reference(text, strict)
	if outOfScope(text, ok) {
		return
	}
	if ok {
		emit(vector{Yaml: text, JSON: b})
	} else {
		emit(vector{Yaml: text, Error: true})
	}
}

var r *rand.Rand

func pick(list ...string) string { return list[r.Intn(len(list))] }

var scalars = []string{
	"", "~", "null", "Null", "NULL", "nULL", "true", "True", "TRUE", "tRUE", "false", "y", "Y", "n", "N", "yes", "Yes", "YES", "yEs",
	"no", "No", "NO", "on", "On", "ON", "off", "Off", "OFF", "oFF", "0", "-0", "+0", "00", "07", "08", "0777", "0o777", "0O17", "0o8",
	"0x1F", "0X1f", "0xg", "0x", "-0x10", "+0x10", "0b101", "0B11", "0b2", "-0b11", "0b-101", "0b+11", "0b--1", "1_000", "1__0", "_1",
	"1_", "+_1", "-_", "0_7", "0x_F", "0_x1", "+1", "-1", "--1", "+-1", "1", "12345678901", "9223372036854775807", "9223372036854775808",
	"-9223372036854775808", "-9223372036854775809", "18446744073709551615", "18446744073709551616", "+18446744073709551615",
	"0xFFFFFFFFFFFFFFFF", "0xFFFFFFFFFFFFFFFFF", "-0xFFFFFFFFFFFFFFFF", "0b1111111111111111111111111111111111111111111111111111111111111111",
	"99999999999999999999", ".5", ".5_0", ".5_", "._5", ".5e3", ".5e400", ".5e-400", ".", "..", ".e1", "-.5", "+.5", "1.", "1.e3", "1.5",
	"1.50", "1_0.5_0", "1e3", "1E3", "1e+3", "1e-3", "1e", "1e+", "1e400", "-1e400", "1e-400", "1.5e300", "123456.789", "1e20", "1e21",
	"1e-6", "1e-7", "0.000001", "0.0000001", "-0.0", "3.0", "100000000000000000000000", "1.7976931348623157e308", "5e-324", "0.1",
	".inf", ".Inf", ".INF", ".iNF", "+.inf", "-.inf", "-.Inf", ".nan", ".NaN", ".NAN", ".Nan", "+.nan", "inf", "nan", "2001-01-01",
	"2001-1-1", "2001-12-14t21:59:43.10-05:00", "2001-12-14 21:59:43.10 -5", "1:30", "1:30:45", "190:20:30", "12:30:45.5", "a", "a b",
	"a: b", "a:b", "a #b", "a#b", "#a", "&a", "*a", "@a", "`a", "%a", "-", "- a", "-a", "?", "? a", "?a", ":", ": a", ":a", "::",
	"{", "}", "[", "]", ",", "{}", "[]", "{a}", "{a: b}", "[a, b]", "[a,]", "{a: b,}", "{a:b}", "'a'", "\"a\"", "'it''s'", "\"a\\nb\"",
	"\"\\x41\\u00e9\\U0001F600\\t\\e\\0\\_\\N\\L\\P\"", "'a", "\"a", "\"\\q\"", "'a'b", "\"a\"b", "a'b", "a\"b", "=", "<<", "<", ">", "|", "é",
	"日本語", "😀", "a\\b", "C:\\x", "http://x/y", "a=b", "{{ .x }}", "\"{{ .x }}\"", "'{{ .x }}'", "$(X)", "a, b", "a,b", "[a:b]", "[a: b]",
	"0.5.1", "1.2.3", "v1", "1Gi", "500m", "1e3Mi", "0x", "1,000", "1 000", "..", "---", "...", "--- a", "!!str 12", "!!int \"12\"",
	"!!int 1.5", "!!float 12", "!!float 1.5", "!!float 18446744073709551615", "!!bool yes", "!!bool 1", "!!null ~", "!!null x",
	"!!null ''", "!!str", "!!str ~", "!!binary aGk=", "!!binary aGl=", "!!binary aGk", "!!binary '!'", "!!binary \"/w==\"",
	"!!timestamp 2001-01-01", "!!timestamp x", "!!timestamp 2001-13-01", "!!timestamp \"2001-01-01T1:2:3Z\"", "!!map {a: b}", "!!seq [a]",
	"!!map a", "!!str {a: b}", "!<tag:yaml.org,2002:int> 12", "!<tag:yaml.org,2002:str> 12", "!!int 0x1F", "!!int 9223372036854775808",
	"!!float .5", "!!float x", "!!int ''", "!!bool ''",
}

func scalar() string { return scalars[r.Intn(len(scalars))] }

func word() string {
	return pick("a", "b", "c", "name", "spec", "x y", "on", "1", "1.5", "yes", "k-1", "'q'", "\"d\"", "a.b/c", "true", "0x10", "null", "1e6", "2001-01-01", "é")
}

// A value in block style, with a leading blank or line end.
func block(depth int, indent string) string {
	switch n := r.Intn(12); {
	case n < 3 && depth > 0:
		s := "\n"
		for i := 0; i <= r.Intn(4); i++ {
			s += indent + "k" + strconv.Itoa(i) + pick("", "", "", " ") + ":" + block(depth-1, indent+pick("  ", " ", "    "))
		}
		return s
	case n < 5 && depth > 0:
		s := "\n"
		for i := 0; i <= r.Intn(4); i++ {
			s += indent + "-" + block(depth-1, indent+pick("  ", "   "))
		}
		return s
	case n < 6:
		head := pick("|", ">", "|-", ">-", "|+", ">+", "|2", ">1-", "|-1", "| #c", "|x")
		s := " " + head + "\n"
		for i := 0; i <= r.Intn(4); i++ {
			s += pick(indent+"text\n", indent+"  more\n", "\n", indent+"# no comment\n", indent+"\ttab\n", indent+"a: b \n", indent+"- x\n")
		}
		return s
	case n < 7:
		return " " + flow(depth) + pick("\n", " # c\n", " \n")
	case n < 8:
		return pick(" one\n"+indent+"two\n", " 'one\n"+indent+"two'\n", " \"one\n\n"+indent+"two\"\n", " \"one\\\n"+indent+"two\"\n", "\n"+indent+"one\n")
	case n < 9:
		return pick("\n", " #c\n", "  \t\n", "\t\n")
	}
	return " " + scalar() + pick("\n", "\n", "\n", " # c\n", " \n", "\n\n", "\n"+indent+"# c\n", "\r\n", "\t\n", "\t# c\n")
}

func flow(depth int) string {
	sep := pick(", ", ",", " , ", ",\n    ", ", # c\n    ")
	switch n := r.Intn(8); {
	case n < 2 && depth > 0:
		s := "{" + pick("", " ")
		for i := 0; i < r.Intn(4); i++ {
			s += pick(word(), "f"+strconv.Itoa(i), "\"f"+strconv.Itoa(i)+"\"") + pick(": ", ": ", ": ", ":", " : ") + flow(depth-1) + sep
		}
		return strings.TrimSuffix(s, pick(sep, sep, sep, "?")) + "}"
	case n < 4 && depth > 0:
		s := "["
		for i := 0; i < r.Intn(4); i++ {
			s += flow(depth-1) + sep
		}
		return strings.TrimSuffix(s, pick(sep, sep, sep, "?")) + "]"
	}
	return scalar()
}

func document() string {
	switch r.Intn(6) {
	case 0:
		return flow(3) + pick("", "\n")
	case 1:
		s := ""
		for i := 0; i <= r.Intn(4); i++ {
			s += "-" + block(3, "  ")
		}
		return s
	case 2:
		return pick("--- ", "---\n", "# c\n", "%YAML 1.1\n---\n", "\n", "---\n# c\n") + pick(scalar(), flow(3)) + pick("", "\n", "\n...\n", "\n...\n# c\n", "\nrest\n", "\n...\nrest\n")
	}
	s := ""
	for i := 0; i <= r.Intn(5); i++ {
		key := word()
		if r.Intn(3) > 0 {
			key = "k" + strconv.Itoa(i)
		}
		s += pick("", "", "", "", "", "? ") + key + ":" + block(3, pick("  ", "  ", " ", "    "))
	}
	return s
}

const noise = "-:?{}[],#&*!|>'\"%@`=<~ \t\n\n  ab01.\\/"

// One to three small accidents.
func damage(s string) string {
	for i := 0; i <= r.Intn(3); i++ {
		at := 0
		if len(s) > 0 {
			at = r.Intn(len(s))
		}
		switch r.Intn(4) {
		case 0:
			s = s[:at] + string(noise[r.Intn(len(noise))]) + s[at:]
		case 1:
			if at < len(s) {
				s = s[:at] + s[at+1:]
			}
		case 2:
			if at < len(s) {
				s = s[:at] + string(noise[r.Intn(len(noise))]) + s[at+1:]
			}
		case 3:
			if end := at + r.Intn(8); end < len(s) {
				s = s[:end] + s[at:end] + s[end:]
			}
		}
	}
	return s
}

// Maps with anchors and `<<` in front, so that the reference's order of merging does not matter.
func merged() string {
	s, n := "", 2+r.Intn(3)
	for i := 0; i < n; i++ {
		s += fmt.Sprintf("m%d: &m%d {", i, i)
		for k := 0; k < 4; k++ {
			if r.Intn(2) == 0 {
				s += fmt.Sprintf("k%d: %d, ", k, i*10+k)
			}
		}
		s += "}\n"
	}
	s += "all:\n  <<: "
	if r.Intn(2) == 0 {
		s += fmt.Sprintf("*m%d\n", r.Intn(n))
	} else {
		s += "["
		for i := 0; i < n; i++ {
			s += pick(fmt.Sprintf("*m%d, ", r.Intn(n)), "{k1: inline}, ", "{k9: inline}, ")
		}
		s += "]\n"
	}
	for k := 0; k < 4; k++ {
		if r.Intn(3) == 0 {
			s += fmt.Sprintf("  k%d: own\n", k)
		}
	}
	return s + fmt.Sprintf("again: *m%d\n", r.Intn(n))
}

func byHand() {
	rule := "SPEC 21.33: "
	accept := func(why, text, value string) {
		emit(vector{Yaml: text, JSON: json.RawMessage(value), Rule: rule + why})
	}
	refuse := func(why, text string) { emit(vector{Yaml: text, Error: true, Rule: rule + why}) }

	accept("\\/ is fine in any double quotes", `a: "x\/y"`, `{"a":"x/y"}`)
	accept("surrogate pairs are fine in any double quotes", `a: "\ud83d\ude00"`, `{"a":"😀"}`)
	accept("surrogate pairs are fine in any double quotes", `{"a\uD83D\uDE00b": ["\uD83D\uDE00", '\uD83D\uDE00', x\uD83D]}`, `{"a😀b":["😀","\\uD83D\\uDE00","x\\uD83D"]}`)
	accept("an escaped backslash is no escape", `"\\ud83d\\\ud83d"`, `"\\ud83d\\�"`)
	accept("half a pair is U+FFFD", `["\ud83d", "\ude00", "\ude00\ud83d", "\ud83dx\ude00", "\ud83d\u0041"]`, `["�","�","��","�x�","�A"]`)
	accept("a block is no place for escapes", "a: |\n  \\ud83d\\ude00\n", `{"a":"\\ud83d\\ude00\n"}`)
	accept("the tag ! is ignored", "a: ! x", `{"a":"x"}`)
	accept("the tag ! is ignored", "a: ! 12", `{"a":12}`)
	accept("the tag ! is ignored", "a: ! '12'", `{"a":"12"}`)
	accept("the tag ! is ignored", "a: ! [1]", `{"a":[1]}`)
	accept("a key of its own always wins", "m: &m {a: 1, b: 2}\nx:\n  a: own\n  <<: *m\n", `{"m":{"a":1,"b":2},"x":{"a":"own","b":2}}`)
	accept("a core tag may be written in full", "!<tag:yaml.org,2002:map> {a: !<tag:yaml.org,2002:str> 1}", `{"a":"1"}`)
	refuse("other tags are refused", "a: !foo x")
	refuse("other tags are refused", "a: !foo {x: y}")
	refuse("other tags are refused", "a: !!set {x}")
	refuse("other tags are refused", "a: !<x> y")
	refuse("<< twice", "m: &m {a: 1}\nx: {<<: *m, <<: *m}")
	refuse("a key twice", "a: 1\na: 2")
	refuse("keys that become equal as text are a key twice", "1: a\n'1': b")
	refuse("keys that become equal as text are a key twice", "on: a\n'true': b")
	refuse("text behind a finished document", "a: 1\n...\nb: 2")
	refuse("text behind a finished document", "{a: 1}\nb: 2")
	refuse("no quotes around a template", "a: {{ .x }}")
	refuse("a null key", "~: x")

	for _, text := range []string{
		"m: &m {a: 1}\nx: {<<: *m, b: 2}", "m: &m [1]\nx: {<<: *m}", "m: &m [{a: 1}]\nx: {<<: *m}", "x: {<<: [{a: 1}, {a: 2, b: 3}]}",
		"x: {<<: 1}", "x: {<<: ~}", "x: {<<: [1]}", "x: {'<<': 1}", "x: {!!merge <<: {a: 1}}", "x: <<", "<<: {a: {b: 1}}\na: 2",
		"&a [*a]", "&a {x: *a}", "a: &x 1\nb: *x", "a: &x 1\nb: &x 2\nc: *x", "&a a: *a", "? &k x\n: *k", "a: *x", "*x : a",
		"a: &x y\n*x : z", "{a: &x [1, 2], b: *x}", "[&a {b: &c d}, *a, *c]", "a: &x\nb: *x", "- &a\n- *a", "&a : x",
		"%YAML 1.2\n---\na: 1", "%YAML 1.1\n---\na: 1", "%TAG !e! tag:yaml.org,2002:\n---\na: !e!int '12'", "%FOO bar\n---\na: 1",
		"18446744073709551615: x", "1e39: x", ".inf: x", "-.INF: x", ".nan: x", "0.1: x", "1e6: x", "100000.5: x", "1234567.5: x", "1e-5: x",
		"0.0001: x", "-0.0: x", "1e20: x", "0.3333333333333333: x", "16777217.0: x", "1e-45: x", "[a]: b", "{a: b}: c", "? [a]\n: b", "\"a\\u0000b\": \"\\0\"",
		"a: \"\xef\xbb\xbf\"", "\"\u2028\": \"\u0085\"", "a: \u00a0b", "a:\u00a0b", "a\u0085b: c", "- \u2028x", "a: 'x\u2029y'", "\ta: b", "a:\n\t- b", "a:\n  b: c\n\td: e",
		"{\n\t\"a\": 1,\n\t\"b\": [\n\t\t1\n\t]\n}\n", "\r\na: b\r\nc:\r\n- d\r\n", "a: b\rc: d", "a: |\r\n  x\r\n  y\r\n", "\"a\r\n  b\"",
		"a: |\n\n  x\n", "a: |\n   \n  x\n", "a: >\n x\n  y\n z\n", "a: >\n x\n\n\n y\n", "a: |+\n\n\n", "a: |\n", "a: |\nb: c", "|\n x", "--- |\n x\n", "--- >-\n x\n y", "a: |1\n  x\n", "a: |9\n x\n", "a: |0\n x\n", "a: |10\n x\n",
		"a: 'x\n\n  y'", "a: 'x\ny'", "a: \"x\ny\"", "a: x\ny", "a:\n  x\n  y\n  z", "a: x\n\n  y", "a: x # c\n  y", "a: x\n  # c\n  y", "- a\n - b", "- a\n-b", "-\n  - a\n  -\n    - b", "- - - a", "-   a: 1\n    b: 2", "- a: 1\n  b: 2\n-\n  c: 3", "a:\n- b\n-\n- c", "a:\n  - b\n - c",
		"a: [\n1\n]", "a: [\n  1\n]\nb: 2", "a: {\nb: c}", "a: [1\n  ,2]", "[1 2]", "[[[[]]]]", "[{}, {}, []]", "{a: [}", "[a, b", "{a: b", "]", "}", "[a]]", "a: [b]c", "a: {b: c} d", "a: 'b' 'c'", "? a", "? a\n: b\n? c\n: d", "?\n: b", "? a\n  b\n: c", "? |\n  x\n: y", "a ? b : c", "a:\n  ? b\n  : c", "[? a]", "{? a}", "{? a, b}", "{a, b: c}", "{a: , b: }", "{'a': 1, \"b\": 2}", "{'a':1,\"b\":2}", "{a:1}", "[a:]", "[:a]", "{:a}", "{a: :b}", "{a: -1}", "[-]", "[-, -]", "{-: -}", "[- a]", "{a: ?}", "[?]", "[?a]", "{?a: b}",
		"a: b:", "a: :b", "a: b :c", "a::b", "a:: b", "a b: c d", "a: -", "a: - b", "- ", "-", "--", "- -", "-\t-", "a:\tb", "a: \tb", "a:  b", "a :b", "a : b", "'a' : b", "'a':b", "\"a\":b", "'a'b: c", "a: 'b'#c", "a: \"b\"#c", "a: b#c", "a: b\t#c", "a:#c", "a: #c\n  b", "#c", "#c\n#d\na: b", "a: b\n#c\n  #d\nc: d", "a: 1\n # x\n   # y\n  b: 2",
		" a: 1\n b: 2", "  a: 1\n b: 2", " a: 1\n  b: 2", "a:\n  b: 1\n c: 2", "a:\n   b: 1\n  c: 2", "a:\nb:", "a:\n\nb:\n", "a", "a\nb", "a\n\nb\n", "'a'\nb", "12\n13", "12\n", " 12 ",
		strings.Repeat("k", 1025) + ": x", strings.Repeat("k", 1000) + ": x", "\"" + strings.Repeat("k", 1025) + "\": x", "? " + strings.Repeat("k", 1025) + "\n: x", "{" + strings.Repeat("k", 1030) + ": x}",
		"&a b", "& b", "&a", "a: &b", "a: & b", "a: &b-c_d1 x", "a: &b.c x", "a: &é x", "*", "a: *", "!<", "!<>", "a: !!str", "a: !!str\nb: c", "!!str a: b", "!!str : b", "!!map\na: b", "&x !!str a", "!!str &x a", "&x &y a", "!!str !!str a", "a: !!int\n  12",
	} {
		check(text, !strings.Contains(text, "<<"))
	}
}

func main() {
	seed := flag.Int64("seed", 1, "")
	n := flag.Int("n", 5500, "")
	hand := flag.Bool("hand", true, "also the cases written by hand")
	figures := flag.String("bench", "", "measure with the cases of this file instead")
	flag.Parse()
	if *figures != "" {
		bench(*figures)
		return
	}
	r = rand.New(rand.NewSource(*seed))
	seen := map[string]bool{}
	if *hand {
		byHand()
		for _, s := range scalars {
			for _, frame := range []string{"%s", "a: %s", "%s: a", "[%s]", "- %s"} {
				seen[fmt.Sprintf(frame, s)] = true
				check(fmt.Sprintf(frame, s), true)
			}
		}
	}
	for i := 0; i < *n; i++ {
		text, strict := document(), true
		switch r.Intn(8) {
		case 0, 1:
			text = damage(text)
			if bytes.ContainsAny([]byte(text), "!") {
				continue // unknown tags are refused by SPEC 21.33
			}
		case 2:
			text, strict = merged(), false
		}
		if !seen[text] && (strict == false || !strings.Contains(text, "<<")) {
			seen[text] = true
			check(text, strict)
		}
	}
	out.Flush()
}
