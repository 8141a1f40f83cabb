// Reference vectors for JSON Schema: what santhosh-tekuri/jsonschema/v6 says of generated schemas and
// instances.
//
//	cd tests/vectors && go run ./schema [-seed N] [-n COUNT] > data/schema.jsonl
//
// Each line is {"schema": S, "valid": [I...], "invalid": [I...]} or {"schema": S, "refused": true}.
// What SPEC decides differently is not generated: `dependencies` in 2020-12 (SPEC 5.10), references to
// other documents (SPEC 5.11), patterns that RE2 and Go read differently (SPEC 5.13).
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"math/rand"
	"os"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

const (
	draft7    = "http://json-schema.org/draft-07/schema#"
	draft2020 = "https://json-schema.org/draft/2020-12/schema"
)

// text of a JSON value; maps are written by hand so that the order of keys is ours
type object struct {
	keys   []string
	values []string
}

func (o *object) add(key, value string) {
	for _, k := range o.keys {
		if k == key {
			return
		}
	}
	o.keys = append(o.keys, key)
	o.values = append(o.values, value)
}

func (o *object) String() string {
	var b strings.Builder
	b.WriteByte('{')
	for i, k := range o.keys {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(quote(k) + ":" + o.values[i])
	}
	b.WriteByte('}')
	return b.String()
}

func quote(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		panic(err)
	}
	return strings.TrimSpace(b.String())
}

type gen struct {
	*rand.Rand
	draft string
	defs  []string // names below $defs or definitions
	ids   int
	dyn   bool
}

func (g *gen) pick(list ...string) string { return list[g.Intn(len(list))] }
func (g *gen) one(n int) bool             { return g.Intn(n) == 0 }

var names = []string{"a", "b", "c", "ab", "a/b", "~", "é", ""}
var texts = []string{"", "a", "b", "ab", "abc", "aaaa", "é", "😀", "0", "a b", "A"}
var numbers = []string{"0", "1", "2", "3", "-1", "10", "1.0", "2.5", "0.1", "0.3", "1e2", "100", "-0", "-0.0", "1e-7",
	"9007199254740993", "9007199254740992", "9007199254740993.0", "12345678901234567890123", "1e25", "1e400", "-1e400",
	"0.30000000000000004", "1.10", "1.1", "4.5e1", "45", "0e5"}
var patterns = []string{"a", "^a", "b$", "^[a-z]*$", "^.{2}$", "(ab)+", "^$", "\\d", "[^a]", "é", "^\\w+$", "a|b", "^.$"}
var constants = []string{"null", "true", "false", "1.0", "2", "-1", "10", "0.1", "9007199254740993", "1e400", `"a"`, `"b"`,
	`"ab"`, `"é"`, `""`, "[]", "{}", "[1]", `{"a":1}`, `{"b":2,"a":1.0}`, `["a","b"]`}
var types = []string{"null", "boolean", "integer", "number", "string", "array", "object"}

func (g *gen) name() string   { return names[g.Intn(len(names))] }
func (g *gen) number() string { return numbers[g.Intn(len(numbers))] }
func (g *gen) count() string  { return g.pick("0", "1", "2", "3", "1.0", "2e0") }

func (g *gen) instance(depth int) string {
	n := 7
	if depth <= 0 {
		n = 5
	}
	switch g.Intn(n) {
	case 0:
		return g.pick("null", "true", "false")
	case 1, 2:
		return g.number()
	case 3, 4:
		return quote(texts[g.Intn(len(texts))])
	case 5:
		var items []string
		for i := g.Intn(5); i > 0; i-- {
			items = append(items, g.instance(depth-1))
		}
		if len(items) > 0 && g.one(3) {
			items = append(items, items[g.Intn(len(items))])
		}
		return "[" + strings.Join(items, ",") + "]"
	}
	o := &object{}
	for i := g.Intn(5); i > 0; i-- {
		o.add(g.name(), g.instance(depth-1))
	}
	return o.String()
}

func (g *gen) list(depth int) string {
	var items []string
	for i := 1 + g.Intn(3); i > 0; i-- {
		items = append(items, g.schema(depth-1))
	}
	return "[" + strings.Join(items, ",") + "]"
}

func (g *gen) mapOf(depth int) string {
	o := &object{}
	for i := 1 + g.Intn(3); i > 0; i-- {
		o.add(g.name(), g.schema(depth-1))
	}
	return o.String()
}

func (g *gen) nameList() string {
	o := &object{}
	for i := g.Intn(3); i >= 0; i-- {
		o.add(g.name(), "")
	}
	var quoted []string
	for _, k := range o.keys {
		quoted = append(quoted, quote(k))
	}
	return "[" + strings.Join(quoted, ",") + "]"
}

func (g *gen) ref() string {
	where := "#/$defs/"
	if g.draft == draft7 {
		where = "#/definitions/"
	}
	name := g.defs[g.Intn(len(g.defs))]
	switch g.Intn(6) {
	case 0:
		return "#"
	case 1:
		return "#anchor-" + name
	case 2:
		return "http://t.example/" + name + ".json"
	case 3:
		return g.pick("#/x-unknown/"+name, where+name)
	}
	return where + name
}

// one keyword, or a few that belong together
func (g *gen) keyword(o *object, depth int) {
	is7 := g.draft == draft7
	k := g.Intn(44)
	if depth <= 0 && k >= 18 {
		k = g.Intn(18)
	}
	switch k {
	case 0, 1, 2:
		if g.one(3) {
			p := g.Perm(len(types))[:1+g.Intn(3)]
			var list []string
			for _, i := range p {
				list = append(list, quote(types[i]))
			}
			o.add("type", "["+strings.Join(list, ",")+"]")
		} else {
			o.add("type", quote(types[g.Intn(len(types))]))
		}
	case 3:
		o.add("const", g.instance(1))
	case 4:
		var list []string // all different: the reference wants that in draft-07, the specification only says "should"
		for _, i := range g.Perm(len(constants))[:2+g.Intn(4)] {
			list = append(list, constants[i])
		}
		o.add("enum", "["+strings.Join(list, ",")+"]")
	case 5:
		o.add("multipleOf", g.pick("1", "2", "0.1", "0.01", "3", "1e-8", "0.3", "7", "123456789012345678901"))
	case 6:
		o.add("maximum", g.number())
	case 7:
		o.add("minimum", g.number())
	case 8:
		o.add("exclusiveMaximum", g.number())
	case 9:
		o.add("exclusiveMinimum", g.number())
	case 10:
		o.add("maxLength", g.count())
	case 11:
		o.add("minLength", g.count())
	case 12:
		o.add("pattern", quote(patterns[g.Intn(len(patterns))]))
	case 13:
		o.add(g.pick("maxItems", "minItems", "maxProperties", "minProperties"), g.count())
	case 14:
		o.add("uniqueItems", g.pick("true", "true", "false"))
	case 15, 16:
		o.add("required", g.nameList())
	case 17:
		if !is7 {
			d := &object{}
			d.add(g.name(), g.nameList())
			o.add("dependentRequired", d.String())
		}
	case 18, 19, 20:
		o.add("properties", g.mapOf(depth))
	case 21:
		o.add("additionalProperties", g.schema(depth-1))
	case 22, 23:
		d := &object{}
		for i := g.Intn(2); i >= 0; i-- {
			d.add(patterns[g.Intn(len(patterns))], g.schema(depth-1))
		}
		o.add("patternProperties", d.String())
	case 24:
		o.add("propertyNames", g.schema(depth-1))
	case 25, 26:
		if is7 && g.one(2) {
			o.add("items", g.list(depth))
			o.add("additionalItems", g.schema(depth-1))
		} else {
			o.add("items", g.schema(depth-1))
		}
	case 27:
		if !is7 {
			o.add("prefixItems", g.list(depth))
		}
	case 28, 29:
		o.add("contains", g.schema(depth-1))
		if !is7 && g.one(2) {
			o.add("minContains", g.count())
		}
		if !is7 && g.one(2) {
			o.add("maxContains", g.count())
		}
	case 30, 31:
		if !is7 {
			o.add("unevaluatedItems", g.pick("false", "false", g.schema(depth-1)))
		}
	case 32, 33:
		if !is7 {
			o.add("unevaluatedProperties", g.pick("false", "false", g.schema(depth-1)))
		}
	case 34:
		o.add("allOf", g.list(depth))
	case 35:
		o.add("anyOf", g.list(depth))
	case 36:
		o.add("oneOf", g.list(depth))
	case 37:
		o.add("not", g.schema(depth-1))
	case 38:
		condition := g.schema(depth - 1)
		for condition[0] != '{' || condition == "{}" {
			condition = g.schema(depth - 1) // the reference would not look at a branch that is never taken
		}
		o.add("if", condition)
		if g.one(2) {
			o.add("then", g.schema(depth-1))
		}
		if g.one(2) {
			o.add("else", g.schema(depth-1))
		}
	case 39:
		d := &object{}
		if is7 {
			d.add(g.name(), g.nameList())
			d.add(g.name(), g.schema(depth-1))
			o.add("dependencies", d.String())
		} else {
			d.add(g.name(), g.schema(depth-1))
			o.add("dependentSchemas", d.String())
		}
	case 40, 41:
		o.add("$ref", quote(g.ref()))
	case 42:
		if !is7 && g.dyn {
			o.add("$dynamicRef", quote(g.pick("#node", "#node", g.ref())))
		}
	case 43:
		o.add(g.pick("title", "x-note", "$comment"), quote("words"))
	}
}

func (g *gen) schema(depth int) string {
	if g.one(12) {
		return g.pick("true", "false", "{}")
	}
	return g.keywords(&object{}, 1+g.Intn(3), depth).String()
}

func (g *gen) keywords(o *object, n, depth int) *object {
	for ; n > 0; n-- {
		g.keyword(o, depth)
	}
	if g.draft != draft7 || !slices.Contains(o.keys, "$ref") {
		return o
	}
	// Beside $ref nothing counts in draft-07, but the reference ignores the keywords of draft-04 only.
	kept := &object{}
	for i, k := range o.keys {
		switch k {
		case "const", "contains", "propertyNames", "exclusiveMaximum", "exclusiveMinimum", "if", "then", "else":
		default:
			kept.add(k, o.values[i])
		}
	}
	return kept
}

func (g *gen) root() string {
	g.draft = g.pick(draft2020, draft2020, draft2020, draft7)
	is7 := g.draft == draft7
	g.defs = []string{"p", "q"}
	g.dyn = g.one(3)
	o := &object{}
	if is7 || g.one(2) {
		o.add("$schema", quote(g.draft))
	}
	if g.one(3) {
		o.add("$id", quote("http://t.example/root.json"))
	}
	if g.dyn && !is7 {
		o.add("$dynamicAnchor", quote("node"))
	}
	for i := 1 + g.Intn(4); i > 0; i-- {
		g.keyword(o, 2)
	}
	// the reference compiles only what is referred to, SPEC wants every schema to be right
	where := "#/$defs/"
	if is7 {
		where = "#/definitions/"
	}
	all := &object{}
	for _, name := range g.defs {
		all.add("never-"+name, `{"$ref":`+quote(where+name)+`}`)
	}
	reach := `{"properties":` + all.String() + `}`
	o.add("allOf", "[]")
	for i, k := range o.keys {
		if k == "allOf" {
			o.values[i] = strings.Replace("["+reach+","+o.values[i][1:], ",]", "]", 1)
		} else if k == "$ref" && is7 {
			o.keys[i] = "x-ref" // would hide its siblings
		}
	}
	defs, unknown := &object{}, &object{}
	for _, name := range g.defs {
		d := &object{}
		switch g.Intn(3) {
		case 0:
			if is7 {
				d.add("$id", quote("#anchor-"+name))
			} else {
				d.add("$anchor", quote("anchor-"+name))
			}
		case 1:
			d.add("$id", quote("http://t.example/"+name+".json"))
			if g.dyn && !is7 {
				d.add("$dynamicAnchor", quote("node"))
			}
		}
		defs.add(name, g.keywords(d, 1+g.Intn(2), 1).String())
		unknown.add(name, g.schema(1))
	}
	if is7 {
		o.add("definitions", defs.String())
	} else {
		o.add("$defs", defs.String())
	}
	o.add("x-unknown", unknown.String())
	return o.String()
}

// breaks a schema in a way that its meta-schema knows
func (g *gen) broken() string {
	o := &object{}
	g.keyword(o, 1)
	o.add(g.pick("type", "minLength", "multipleOf", "required", "properties", "items", "allOf", "enum", "pattern",
		"additionalProperties", "uniqueItems", "maximum", "not", "$ref", "anyOf", "const"),
		g.pick(`"text"`, "-1", "0", "1.5", "[]", "{}", "[1]", `["a","a"]`, `{"a":1}`, "null", `"["`))
	return o.String()
}

type line struct {
	Schema  json.RawMessage   `json:"schema"`
	Valid   []json.RawMessage `json:"valid,omitempty"`
	Invalid []json.RawMessage `json:"invalid,omitempty"`
	Refused bool              `json:"refused,omitempty"`
}

func compile(text string) (*jsonschema.Schema, error) {
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		return nil, err
	}
	return compileDocument(doc)
}

func compileDocument(doc any) (*jsonschema.Schema, error) {
	c := jsonschema.NewCompiler()
	c.UseLoader(jsonschema.SchemeURLLoader{})
	if err := c.AddResource("mem:///root", doc); err != nil {
		return nil, err
	}
	return c.Compile("mem:///root")
}

// The reference finds a loop that consumes nothing only when an instance leads into it; SPEC 5.11 refuses
// the schema. So they are looked for here, in what the reference compiled.

func inPlace(s *jsonschema.Schema, dynamic bool) []*jsonschema.Schema {
	list := []*jsonschema.Schema{s.Ref, s.Not, s.If}
	if s.If != nil {
		list = append(list, s.Then, s.Else)
	}
	list = append(list, s.AllOf...)
	list = append(list, s.AnyOf...)
	list = append(list, s.OneOf...)
	for _, d := range s.DependentSchemas {
		list = append(list, d)
	}
	for _, d := range s.Dependencies {
		if d, ok := d.(*jsonschema.Schema); ok {
			list = append(list, d)
		}
	}
	if s.DynamicRef != nil && (dynamic || s.DynamicRef.Anchor == "") {
		list = append(list, s.DynamicRef.Ref)
	}
	return list
}

func inside(s *jsonschema.Schema) []*jsonschema.Schema {
	list := append(inPlace(s, true), s.Then, s.Else, s.PropertyNames, s.UnevaluatedProperties, s.Contains, s.Items2020,
		s.UnevaluatedItems)
	list = append(list, s.PrefixItems...)
	for _, p := range s.Properties {
		list = append(list, p)
	}
	for _, p := range s.PatternProperties {
		list = append(list, p)
	}
	for _, v := range []any{s.AdditionalProperties, s.AdditionalItems, s.Items} {
		switch v := v.(type) {
		case *jsonschema.Schema:
			list = append(list, v)
		case []*jsonschema.Schema:
			list = append(list, v...)
		}
	}
	return list
}

func hasLoop(root *jsonschema.Schema, dynamic bool) bool {
	seen := map[*jsonschema.Schema]bool{}
	state := map[*jsonschema.Schema]int{}
	var down func(s *jsonschema.Schema) bool
	down = func(s *jsonschema.Schema) bool {
		if s == nil || state[s] == 2 {
			return false
		}
		if state[s] == 1 {
			return true
		}
		state[s] = 1
		for _, c := range inPlace(s, dynamic) {
			if down(c) {
				return true
			}
		}
		state[s] = 2
		return false
	}
	todo := []*jsonschema.Schema{root}
	for len(todo) > 0 {
		s := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if s == nil || seen[s] {
			continue
		}
		seen[s] = true
		if down(s) {
			return true
		}
		todo = append(todo, inside(s)...)
	}
	return false
}

func validate(s *jsonschema.Schema, text string) bool {
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		panic(err)
	}
	return s.Validate(v) == nil
}

func main() {
	seed := flag.Int64("seed", 1, "seed of the generator")
	n := flag.Int("n", 1300, "schemas")
	figures := flag.String("bench", "", "measure with the cases of this file instead")
	flag.Parse()
	if *figures != "" {
		bench(*figures)
		return
	}
	g := &gen{Rand: rand.New(rand.NewSource(*seed))}
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	for i := 0; i < *n; {
		text := g.root()
		if g.one(8) {
			text = g.broken()
		}
		l := line{Schema: json.RawMessage(text)}
		s, err := compile(text)
		if err != nil {
			l.Refused = true
		} else {
			l.Refused = hasLoop(s, false)
			if !l.Refused && hasLoop(s, true) {
				continue // depends on the dynamic scope
			}
			for k := 0; k < 60 && !l.Refused; k++ {
				inst := g.instance(2)
				valid := validate(s, inst)
				if valid && len(l.Valid) < 3 {
					l.Valid = append(l.Valid, json.RawMessage(inst))
				}
				if !valid && len(l.Invalid) < 3 {
					l.Invalid = append(l.Invalid, json.RawMessage(inst))
				}
			}
			if !l.Refused && (len(l.Valid) == 0 || len(l.Invalid) == 0) && !g.one(10) {
				continue // says little
			}
		}
		if l.Refused && !g.one(2) {
			continue
		}
		if err := e.Encode(l); err != nil {
			panic(err)
		}
		i++
	}
}
