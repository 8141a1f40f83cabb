package main

import (
	"fmt"
	"math"
	"math/rand"
	"strconv"
	"strings"
)

// gen makes templates by a grammar. It knows what kind of value it asks for, and asks for
// another one now and then, so that errors come up too.
type gen struct {
	r     *rand.Rand
	vars  []string // visible ones; their values are of any kind
	depth int
	loops int
}

func (g *gen) pick(s ...string) string { return s[g.r.Intn(len(s))] }
func (g *gen) chance(n int) bool       { return g.r.Intn(n) == 0 }

const dataText = `{"n":1234567,"one":1,"neg":-42,"zero":0,"big":9007199254740993,"max":9223372036854775807,` +
	`"f":1234567.5,"half":0.5,"tiny":1e-7,"huge":1e300,"whole":3.0,"s":"hello world","e":"","num":" 12.5 ","u":"héllo wörld ß 日本 ẞ",` +
	`"multi":"line one\nline two\n\nend\n","quo":"it's \"q\" <b>&amp;\t\u2028\u0001","t":true,"ff":false,"nul":null,` +
	`"l":[1,"a",null,2.5,true],"ints":[3,1,2,3,10],"strs":["b","a","c","a"],"none":[],"nest":[[1,2],[3,[4]],[]],` +
	`"m":{"b":1,"a":2,"c":{"d":"deep","e":[1,{"x":"y"}]}},"mm":{},"people":[{"name":"Ann","age":31,"tags":["x","y"]},` +
	`{"name":"bob","age":7.5,"tags":[]},{"name":"çelik","age":null}],"when":"2026-03-30T08:05:09.123456Z","unix":1700000001,` +
	`"re":"a1b22c333","json":"{\"k\":[1,2.50,\"z\",null],\"j\":true}","b64":"aGVsbG8=","steps":{"my-step":{"output":"out"},"x":{"output":"text"}}}`

func (g *gen) constant() string {
	switch g.r.Intn(14) {
	case 0:
		return g.pick("0", "1", "2", "-1", "7", "42", "+3", "1_000", "0x1F", "0o17", "0b101", "0755", "-0", "9223372036854775807")
	case 1:
		return g.pick("1.5", "-0.25", "1e3", "1e21", "123456.0", "1234567.0", "0x1p-2", "1e-5", "2.", ".5", "-0.0", "1_0.5", "0.1", "1e100")
	case 2:
		return g.pick("true", "false")
	case 3:
		return g.pick(`'a'`, `'\n'`, `'\''`, `'é'`, `'\x41'`, `'\u00e9'`, `'"'`)
	case 4:
		return g.pick(`""`, `"a"`, `"a b"`, "`raw\\n`", `"\t\"q\"\\"`, `"日本"`, `"\u00e9\101"`, `" 12 "`, `"3.0"`, `"-7"`, `"1e2"`)
	default:
		return g.pick("1", "2", "3", `"a"`, `"b"`, `"x"`, `", "`, "10", `"key"`)
	}
}

func (g *gen) paren(s string) string { return "(" + s + ")" }

func (g *gen) leaf(kind string) string {
	if len(g.vars) > 0 && g.chance(5) {
		return g.pick(g.vars...)
	}
	if g.chance(60) {
		return g.pick(".missing", ".nul", "nil", "$.missing", ".m.missing", ".missing.deep", "$.e", "$")
	}
	switch kind {
	case "int":
		return g.pick("$.n", "$.one", "$.neg", "$.zero", "$.big", "$.max", "$.unix", "1", "2", "3", "4", "-3", "10", "(len $.l)")
	case "num":
		return g.pick("$.n", "$.f", "$.half", "$.tiny", "$.huge", "$.whole", "$.one", "$.neg", "$.num", "1", "2", "2.5", "-3", "$.zero", `"7"`, "$.max")
	case "str":
		return g.pick("$.s", "$.e", "$.u", "$.multi", "$.quo", "$.num", "$.when", "$.re", "$.json", "$.b64", `"abc"`, `"a,b,,c"`, `"Hello"`)
	case "bool":
		return g.pick("$.t", "$.ff", "true", "false")
	case "list":
		return g.pick("$.l", "$.ints", "$.strs", "$.none", "$.nest", "$.people", `(list 1 "a" 2.5)`, `(list)`)
	case "map":
		return g.pick("$.m", "$.mm", "$.m.c", `(dict "a" 1 "b" $.s)`, "(index $.people 0)", `(index $.steps "my-step")`)
	}
	if g.chance(3) {
		return g.constant()
	}
	return g.leaf(g.pick("int", "num", "str", "bool", "list", "map"))
}

// arg is an argument of some kind; call gives one without parentheses.
func (g *gen) arg(kind string) string {
	if g.depth <= 0 || g.chance(2) {
		return g.leaf(kind)
	}
	if g.chance(40) {
		kind = g.pick("int", "num", "str", "bool", "list", "map")
	}
	g.depth--
	s := g.paren(g.call(kind))
	g.depth++
	return s
}

func (g *gen) args(kind string, min, max int) string {
	var b strings.Builder
	for n := min + g.r.Intn(max-min+1); n > 0; n-- {
		b.WriteString(" " + g.arg(kind))
	}
	return b.String()
}

func (g *gen) format() string {
	verbs := "vvvdddssqqtfeEgGxXobcUO%"
	var b strings.Builder
	for n := 1 + g.r.Intn(3); n > 0; n-- {
		b.WriteString(g.pick("", "a", " ", "é", "[", "%%"))
		b.WriteByte('%')
		for g.chance(3) {
			b.WriteString(g.pick("+", "-", "#", "0", " "))
		}
		if g.chance(12) {
			b.WriteString(g.pick("[1]", "[2]", "[3]", "[x]", "[", "[]"))
		}
		if g.chance(3) {
			b.WriteString(g.pick("1", "3", "5", "10", "20", "*"))
		}
		if g.chance(4) {
			b.WriteString(g.pick(".", ".0", ".1", ".2", ".3", ".10", ".*", ".20"))
		}
		if g.chance(40) {
			b.WriteString(g.pick("z", "y", "!", "é"))
		} else {
			b.WriteByte(verbs[g.r.Intn(len(verbs))])
		}
	}
	f := b.String()
	if strings.Contains(f, "#") && strings.Contains(f, "v") {
		f = strings.ReplaceAll(f, "#", "") // SPEC 4.8: lists and maps print otherwise
	}
	if strings.Contains(f, "*") {
		f = strings.Map(func(r rune) rune { // the reference does not relax these
			if strings.ContainsRune("feEgGF", r) {
				return 'd'
			}
			return r
		}, f)
	}
	return fmt.Sprintf("%q", f)
}

// A double of any size, a short one, or one next to a power of two or ten.
func (g *gen) float() string {
	var f float64
	switch g.r.Intn(6) {
	case 0:
		f = math.Float64frombits(g.r.Uint64())
	case 1:
		f = math.Ldexp(1, g.r.Intn(2100)-1074)
	case 2:
		f = math.Pow(10, float64(g.r.Intn(40)-20))
	case 3:
		f = math.Nextafter(math.Pow(10, float64(g.r.Intn(40)-20)), math.Inf(g.r.Intn(2)*2-1))
	case 4:
		f = float64(g.r.Intn(2000000)-1000000) / math.Pow(10, float64(g.r.Intn(8)))
	case 5:
		f = float64(g.r.Int63()) * (g.r.Float64() - 0.5)
	}
	if math.IsInf(f, 0) || math.IsNaN(f) {
		f = 0.1
	}
	s := strconv.FormatFloat(f, 'e', -1, 64)
	if g.chance(2) && math.Abs(f) < 1e18 && math.Abs(f) > 1e-18 {
		s = strconv.FormatFloat(f, 'f', -1, 64)
		if !strings.Contains(s, ".") {
			s += ".0"
		}
	}
	return s
}

// numbers are short templates about numbers alone: they fail less and say more.
func (g *gen) numbers() string {
	switch g.r.Intn(5) {
	case 0:
		return "{{print " + g.float() + " " + g.float() + "}}"
	case 1:
		return "{{toJson " + g.float() + "}} {{round " + g.float() + fmt.Sprintf(" %d}}", g.r.Intn(16))
	case 2:
		return "{{" + g.pick("add", "sub", "mul", "div") + " " + g.float() + " " + g.float() + "}}"
	case 3:
		return "{{" + g.pick("eq", "lt", "le", "max", "min") + " " + g.float() + " " + g.pick("$.max", "$.big", "1", "-1", g.float()) + "}}"
	}
	f := "%" + g.pick("", "", "+", "-", "#", "0", " ", "+0", "# ") + g.pick("", "", "12", "30") + g.pick("", ".0", ".1", ".3", ".17", ".40") +
		g.pick("e", "f", "g", "G", "E", "x", "X", "b", "v")
	if strings.Contains(f, "#") && strings.Contains(f, "v") {
		f = "%v"
	}
	return fmt.Sprintf("{{printf %q %s}}", f, g.float())
}

// times are short templates about times.
func (g *gen) times() string {
	t := fmt.Sprint(g.r.Int63n(8e9) - 4e9)
	if g.chance(10) {
		t = fmt.Sprint(g.r.Int63n(8e15) - 4e15)
	}
	if g.chance(2) {
		return "{{date " + g.layout() + " " + t + "}}"
	}
	zone := g.pick("Europe/Berlin", "America/New_York", "Asia/Kolkata", "America/St_Johns", "Australia/Lord_Howe", "Africa/Monrovia", "America/Sao_Paulo", "Pacific/Apia", "Etc/GMT+12", "Asia/Kathmandu")
	return fmt.Sprintf("{{dateInZone %s %s %q}}", g.layout(), t, zone)
}

func (g *gen) layout() string {
	var b strings.Builder
	for n := 1 + g.r.Intn(5); n > 0; n-- {
		b.WriteString(g.pick("2006", "06", "01", "1", "Jan", "January", "02", "2", "_2", "__2", "002", "15", "03", "3", "04", "4", "05", "5",
			"PM", "pm", "MST", "Mon", "Monday", "-0700", "-07:00", "-07", "Z0700", "Z07:00", ".000", ".999", ",00", ".000000000", "-070000", "Z07:00:00", "_2006", "Month", "T"))
		b.WriteString(g.pick("-", " ", ":", "T", "", "/", "x"))
	}
	return fmt.Sprintf("%q", b.String())
}

func (g *gen) call(kind string) string {
	s := func(f string, a ...any) string { return fmt.Sprintf(f, a...) }
	switch kind {
	case "int":
		switch g.r.Intn(8) {
		case 0:
			return "len " + g.arg(g.pick("str", "list", "map"))
		case 1:
			return g.pick("int ", "int64 ") + g.arg(g.pick("num", "str", "any", "bool"))
		case 2:
			return s("mod %s %s", g.arg("int"), g.arg("int"))
		case 3:
			return "unixEpoch " + g.pick("$.when", "$.unix", "now", g.arg("any"))
		default:
			return g.pick("add", "mul", "max", "min") + g.args("int", 1, 3)
		}
	case "num":
		switch g.r.Intn(6) {
		case 0:
			return s("round %s %s", g.arg("num"), g.pick("0", "1", "2", "3", "15", "16"))
		case 1:
			return "float64 " + g.arg(g.pick("num", "any"))
		case 2:
			return s("%s %s %s", g.pick("sub", "div", "div"), g.arg("num"), g.arg("num"))
		default:
			return g.pick("add", "mul", "max", "min") + g.args("num", 1, 3)
		}
	case "bool":
		switch g.r.Intn(6) {
		case 0:
			return g.pick("not", "empty") + g.args("any", 1, 1)
		case 1:
			return s("%s %s %s", g.pick("hasPrefix", "hasSuffix", "contains"), g.arg("str"), g.arg("str"))
		case 2:
			return s("hasKey %s %s", g.arg("map"), g.pick(`"a"`, `"zz"`, g.arg("str")))
		case 3:
			return s("regexMatch %s %s", g.pattern(), g.arg("str"))
		case 4:
			k := g.pick("num", "str", "any")
			return s("%s %s %s", g.pick("eq", "ne", "lt", "le", "gt", "ge"), g.arg(k), g.arg(k))
		default:
			return g.pick("and", "or", "eq") + g.args(g.pick("any", "num"), 1, 3)
		}
	case "list":
		switch g.r.Intn(7) {
		case 0:
			return s("splitList %s %s", g.pick(`","`, `" "`, `"l"`, `""`), g.arg("str"))
		case 1:
			return g.pick("keys", "values") + g.args("map", 1, 1)
		case 2:
			return g.pick("rest", "uniq", "sortAlpha") + g.args("list", 1, 1)
		case 3:
			return s("slice %s%s", g.arg("list"), g.args("int", 0, 2))
		case 4:
			return "fromJson " + g.pick("$.json", `"[1,2,{\"a\":null}]"`, `"[1"`, g.arg("str"))
		default:
			return "list" + g.args("any", 0, 4)
		}
	case "map":
		switch g.r.Intn(4) {
		case 0:
			return s("split %s %s", g.pick(`","`, `" "`, `"l"`), g.arg("str"))
		case 1:
			return "fromJson " + g.pick("$.json", `"{\"a\":1e2}"`)
		default:
			return s("dict %s %s %s %s", g.pick(`"a"`, `"k"`, g.arg("str")), g.arg("any"), g.pick(`"b"`, `"a"`), g.arg("any"))
		}
	case "any":
		switch g.r.Intn(9) {
		case 0:
			return s("default %s %s", g.arg("any"), g.arg("any"))
		case 1:
			return "coalesce" + g.args("any", 1, 3)
		case 2:
			return s("ternary %s %s %s", g.arg("any"), g.arg("any"), g.arg("bool"))
		case 3:
			return g.pick("first", "last") + g.args("list", 1, 1)
		case 4:
			return s("index %s %s", g.arg("list"), g.pick("0", "1", "5", g.arg("int")))
		case 5:
			return s("index %s %s", g.arg("map"), g.pick(`"a"`, `"b"`, `"c" "d"`, g.arg("str")))
		case 6:
			return s("get %s %s", g.arg("map"), g.pick(`"a"`, `"zz"`))
		}
		return g.call(g.pick("int", "num", "str", "bool", "list", "map"))
	}
	// str
	switch g.r.Intn(20) {
	case 0, 1, 2, 3:
		return s("printf %s%s", g.format(), g.args("any", 0, 4))
	case 4:
		return g.pick("upper", "lower", "title", "trim") + g.args("str", 1, 1)
	case 5:
		return s("%s %s %s", g.pick("trimPrefix", "trimSuffix"), g.arg("str"), g.arg("str"))
	case 6:
		return s("replace %s %s %s", g.pick(`"l"`, `" "`, `"\n"`, g.arg("str")), g.arg("str"), g.arg("str"))
	case 7:
		return s("repeat %s %s", g.pick("0", "1", "3", "-1", "2.0"), g.arg("str"))
	case 8:
		return s("%s %s %s", g.pick("trunc", "abbrev"), g.pick("0", "3", "5", "-4", "100", "4", g.arg("str")), g.arg("str"))
	case 9:
		if g.chance(2) {
			return s("join %s %s", g.arg("list"), g.pick(`","`, `"-"`))
		}
		return s("join %s %s", g.pick(`","`, `"-"`, g.arg("str")), g.arg("list"))
	case 10:
		return g.pick("quote", "squote") + g.args("any", 0, 3)
	case 11:
		return s("%s %s %s", g.pick("indent", "nindent"), g.pick("0", "2", "4"), g.arg("str"))
	case 12:
		return g.pick("toString", "toJson", "toPrettyJson") + g.args("any", 1, 1)
	case 13:
		return g.pick("b64enc", "sha256sum") + g.args("str", 1, 1)
	case 14:
		return "b64dec " + g.pick("$.b64", `"YQ=="`, `"YWI="`, `"YW"`, g.arg("str"))
	case 15:
		return s("date %s %s", g.layout(), g.pick("now", "$.when", "$.unix", "0", g.arg("any")))
	case 16:
		return s("dateInZone %s %s %s", g.layout(), g.pick("now", "$.when", "$.unix"),
			g.pick(`"Europe/Berlin"`, `"America/New_York"`, `"Asia/Kolkata"`, `"UTC"`, `""`, `"No/Where"`, `"America/St_Johns"`))
	case 17:
		return s("regexReplaceAll %s %s %s", g.pattern(), g.arg("str"), g.pick(`"<$0>"`, `"${1}x"`, `"$1x"`, `"$$"`, `"-"`, `""`))
	case 18:
		return g.pick("html", "js", "urlquery", "print", "println") + g.args("any", 0, 3)
	default:
		return s("slice %s%s", g.arg("str"), g.args("int", 0, 2))
	}
}

func (g *gen) pattern() string {
	return g.pick(`"[a-z]+"`, `"(\\w)(\\d*)"`, `"^h"`, "`\\s*`", `"o"`, `"(?i)HELLO"`, `"x*"`, `"(?P<n>l+)"`)
}

func (g *gen) pipeline(kind string) string {
	if kind == "" {
		kind = g.pick("int", "num", "str", "bool", "list", "map", "any", "str", "str")
	}
	g.depth = 1 + g.r.Intn(3)
	var s string
	switch g.r.Intn(6) {
	case 0:
		s = g.leaf(kind)
		if s == "nil" {
			s = ".nul"
		}
	case 1:
		s = g.leaf("str") + " | " + g.pick("upper", "lower", "trim", "quote", "printf \"%s!\"", "len", "default \"d\"", "trunc 3", "repeat 2", "splitList \" \"", "toJson")
		if strings.HasPrefix(s, "nil") {
			s = "." + s
		}
	case 2:
		s = g.call(kind) + " | " + g.pick("printf \"%v\"", "toJson", "default 1", "quote", "toString", "empty", "list", "print", "not")
	case 3:
		s = g.paren(g.call("map")) + "." + g.pick("a", "b", "_0", "zz", "a.b", "k")
	default:
		s = g.call(kind)
	}
	if strings.HasPrefix(s, "nil") {
		s = "print " + s
	}
	return s
}

func (g *gen) open() string  { return g.pick("{{", "{{", "{{", "{{ ", "{{- ", "{{-\n") }
func (g *gen) close() string { return g.pick("}}", "}}", "}}", " }}", " -}}", "\n-}}") }

func (g *gen) text() string {
	return g.pick("", "", " ", "text", "\n", " a ", "\t\n", "}", "{ ", "é", "x: ")
}

func (g *gen) action(s string) string { return g.open() + s + g.close() }

func (g *gen) scoped(n int) string {
	mark := len(g.vars)
	s := g.nodes(n)
	g.vars = g.vars[:mark]
	return s
}

func (g *gen) newVar() string {
	v := "$" + g.pick("x", "y", "z", "name", "é", "_a1")
	return v
}

func (g *gen) node(n int) string {
	if n <= 0 {
		return g.action(g.pipeline(""))
	}
	mark := len(g.vars)
	defer func() {
		if len(g.vars) > mark+1 {
			g.vars = g.vars[:mark]
		}
	}()
	switch g.r.Intn(13) {
	case 0:
		s := g.action("if "+g.pipeline(g.pick("bool", "any"))) + g.scoped(n-1)
		for g.chance(3) {
			s += g.action("else if "+g.pipeline("bool")) + g.scoped(n-1)
		}
		if g.chance(2) {
			s += g.action("else") + g.scoped(n-1)
		}
		return s + g.action("end")
	case 1:
		s := g.action("with "+g.pipeline("any")) + g.text() + "{{.}}" + g.scoped(n-1)
		if g.chance(3) {
			s += g.action("else with "+g.pipeline("any")) + g.scoped(n-1)
		}
		if g.chance(2) {
			s += g.action("else") + g.scoped(n-1)
		}
		return s + g.action("end")
	case 2, 3:
		over := g.pick("$.ints", "$.strs", "$.m", "$.none", "$.people", "$.l", "3", "$.zero", g.pipeline("list"), g.pipeline("map"))
		m := len(g.vars)
		head := "range " + over
		switch g.r.Intn(4) {
		case 0:
			head = "range $v := " + over
			g.vars = append(g.vars, "$v")
		case 1:
			head = "range $i, $v := " + over
			g.vars = append(g.vars, "$i", "$v")
		}
		body := g.text() + "{{.}}" + g.scoped(n-1)
		if strings.Contains(over, "people") && g.chance(2) {
			body += "{{.name}}:{{.age}}"
		}
		if g.chance(4) {
			body += "{{if eq (printf \"%v\" .) \"2\" \"a\"}}" + g.pick("{{break}}", "{{continue}}", "{{- continue -}}") + "{{end}}" + g.text()
		}
		g.vars = g.vars[:m]
		s := g.action(head) + body
		if g.chance(3) {
			s += g.action("else") + g.scoped(n-1)
		}
		return s + g.action("end")
	case 4, 5:
		v := g.newVar()
		s := g.action(v + g.pick(" := ", ":=") + g.pipeline(""))
		g.vars = append(g.vars, v)
		return s
	case 6:
		if len(g.vars) > 0 {
			return g.action(g.pick(g.vars...) + " = " + g.pipeline(""))
		}
	case 7:
		return g.pick("{{/* comment */}}", "{{- /* c */ -}}", "{{/**/}}")
	case 8:
		return g.action(`template "t1" ` + g.pick(".", "$", "$.m", "$.people", `(dict "a" 1)`))
	case 9:
		if g.chance(3) {
			vars := g.vars
			g.vars = nil
			s := g.action(`block "`+g.pick("b1", "b2")+`" `+g.pick(".", "$.m")) + "[{{.}}]" + g.action("end")
			g.vars = vars
			return s
		}
	}
	return g.action(g.pipeline(""))
}

func (g *gen) nodes(n int) string {
	var b strings.Builder
	for k := 1 + g.r.Intn(2); k > 0; k-- {
		b.WriteString(g.text())
		b.WriteString(g.node(n))
	}
	b.WriteString(g.text())
	return b.String()
}

func (g *gen) template() string {
	g.vars = nil
	switch g.r.Intn(8) {
	case 0:
		return g.numbers()
	case 1:
		if g.chance(2) {
			return g.times()
		}
	case 2, 3:
		return g.action(g.pipeline(""))
	}
	s := g.nodes(g.r.Intn(3))
	if strings.Contains(s, `"t1"`) {
		s += g.pick(`{{define "t1"}}<{{.}}>{{end}}`, `{{define "t1"}}{{with $}}{{len .}}{{end}}{{end}}`, `{{- define "t1" -}} {{$q := .}}{{$q}} {{- end -}}`)
	}
	return s
}

// broken takes, puts or moves a few characters of a template.
func (g *gen) broken(s string) string {
	r := []rune(s)
	for n := 1 + g.r.Intn(2); n > 0 && len(r) > 1; n-- {
		i := g.r.Intn(len(r))
		switch g.r.Intn(4) {
		case 0:
			r = append(r[:i:i], r[i+1:]...)
		case 1:
			r = append(r[:i:i], append([]rune(g.pick("{", "}", "(", ")", "|", "\"", "$", ".", "-", " ", ":", "=", ",", "end", "if ", "\\", "'")), r[i:]...)...)
		case 2:
			r = r[:i]
		case 3:
			j := g.r.Intn(len(r))
			r[i], r[j] = r[j], r[i]
		}
	}
	return string(r)
}
