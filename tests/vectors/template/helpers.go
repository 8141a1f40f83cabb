package main

// The helpers of SPEC 4.9, and the built-ins where SPEC 4.7 and 4.8 differ from Go, as Go
// functions. Written from the specification, independent of the C code.

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"text/template"
	"time"
	"unicode"
	"unicode/utf8"
)

// moment is a time that prints as RFC 3339.
type moment struct{ t time.Time }

func (m moment) String() string { return m.t.UTC().Format(time.RFC3339) }

func (m moment) MarshalJSON() ([]byte, error) {
	return json.Marshal(m.t.UTC().Format(time.RFC3339Nano))
}

var now = moment{time.Unix(1774857600, 0).UTC()}

func clean(s string) string { return strings.ToValidUTF8(s, "\ufffd") }

// cleanBytes replaces each bad byte, where ToValidUTF8 replaces runs.
func cleanBytes(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		b.WriteRune(r)
		i += n
	}
	return b.String()
}

func text(v any) (string, error) {
	switch x := v.(type) {
	case nil:
		return "", nil
	case string:
		return cleanBytes(x), nil
	case bool, int, float64, moment:
		return fmt.Sprint(x), nil
	}
	return "", errors.New("not a text")
}

var numberRE = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)

func holdsNumber(s string) (any, bool, error) {
	s = strings.Trim(s, " \t\r\n")
	if !numberRE.MatchString(s) {
		return nil, false, nil
	}
	if !strings.ContainsAny(s, ".eE") && s != "-0" {
		if i, err := strconv.ParseInt(s, 10, 64); err == nil {
			return int(i), true, nil
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return nil, true, errors.New("out of range")
	}
	return f, true, nil
}

func number(v any) (any, error) {
	switch x := v.(type) {
	case nil:
		return 0, nil
	case int, float64:
		return x, nil
	case string:
		n, ok, err := holdsNumber(x)
		if err == nil && !ok {
			err = errors.New("no number")
		}
		return n, err
	}
	return nil, errors.New("not a number")
}

func integer(v any) (int, error) {
	n, err := number(v)
	if err != nil {
		return 0, err
	}
	if f, ok := n.(float64); ok {
		if f != math.Trunc(f) || f < -(1<<63) || f >= 1<<63 {
			return 0, errors.New("not an integer")
		}
		return int(f), nil
	}
	return n.(int), nil
}

func list(v any) ([]any, error) {
	switch x := v.(type) {
	case nil:
		return nil, nil
	case []any:
		return x, nil
	}
	return nil, errors.New("not a list")
}

func mapping(v any) (map[string]any, error) {
	switch x := v.(type) {
	case nil:
		return map[string]any{}, nil
	case map[string]any:
		return x, nil
	}
	return nil, errors.New("not a map")
}

func truth(v any) bool { t, _ := template.IsTrue(v); return t }

type helper func(a []any) (any, error)

func exactly(n int, f helper) func(...any) (any, error) {
	return func(a ...any) (any, error) {
		if len(a) != n {
			return nil, errors.New("wrong number of args")
		}
		return f(a)
	}
}

func atLeast(n int, f helper) func(...any) (any, error) {
	return func(a ...any) (any, error) {
		if len(a) < n {
			return nil, errors.New("wrong number of args")
		}
		return f(a)
	}
}

// texts makes a helper of one whose arguments are all texts.
func texts(n int, f func(s []string) (any, error)) func(...any) (any, error) {
	return exactly(n, func(a []any) (any, error) {
		s := make([]string, n)
		for i := range a {
			var err error
			if s[i], err = text(a[i]); err != nil {
				return nil, err
			}
		}
		return f(s)
	})
}

// countText is for N S.
func countText(f func(n int, s string) (any, error)) func(...any) (any, error) {
	return exactly(2, func(a []any) (any, error) {
		n, err := integer(a[0])
		if err != nil {
			return nil, err
		}
		s, err := text(a[1])
		if err != nil {
			return nil, err
		}
		return f(n, s)
	})
}

func title(s string) string {
	before := ' '
	return strings.Map(func(r rune) rune {
		p := before
		before = r
		if unicode.IsLetter(p) || unicode.IsDigit(p) || p == '_' || p == '\'' {
			return r
		}
		if unicode.IsLetter(r) {
			return unicode.ToUpper(r)
		}
		return r
	}, s)
}

func indent(n int, s string) (any, error) {
	if n < 0 {
		return nil, errors.New("negative")
	}
	pad := strings.Repeat(" ", n)
	return pad + strings.ReplaceAll(s, "\n", "\n"+pad), nil
}

func join(a []any) (any, error) {
	sepArg, listArg := a[0], a[1]
	if _, ok := a[1].([]any); !ok {
		if _, ok := a[0].([]any); ok || a[0] == nil {
			sepArg, listArg = a[1], a[0]
		}
	}
	sep, err := text(sepArg)
	if err != nil {
		return nil, err
	}
	l, err := list(listArg)
	if err != nil {
		return nil, err
	}
	var parts []string
	for _, v := range l {
		if v != nil {
			parts = append(parts, fmt.Sprint(v))
		}
	}
	return strings.Join(parts, sep), nil
}

func quoted(q func(string) string) helper {
	return func(a []any) (any, error) {
		var parts []string
		for _, v := range a {
			if v != nil {
				parts = append(parts, q(fmt.Sprint(v)))
			}
		}
		return strings.Join(parts, " "), nil
	}
}

func anyNumber(v any) (any, error) {
	switch x := v.(type) {
	case bool:
		if x {
			return 1, nil
		}
		return 0, nil
	case string:
		n, ok, err := holdsNumber(x)
		if err != nil {
			return nil, err
		}
		if !ok {
			return 0, nil
		}
		return n, nil
	}
	return number(v)
}

func toInt(a []any) (any, error) {
	n, err := anyNumber(a[0])
	if err != nil {
		return nil, err
	}
	if f, ok := n.(float64); ok {
		f = math.Trunc(f)
		if f < -(1<<63) || f >= 1<<63 {
			return nil, errors.New("out of range")
		}
		return int(f), nil
	}
	return n, nil
}

func real(n any) float64 {
	if i, ok := n.(int); ok {
		return float64(i)
	}
	return n.(float64)
}

// arithmetic: ints exactly, by big numbers; else floats one after the other.
func arithmetic(min, max int, exact func(a, b *big.Int) (*big.Int, error),
	float func(a, b float64) (float64, error)) func(...any) (any, error) {
	return func(a ...any) (any, error) {
		if len(a) < min || len(a) > max {
			return nil, errors.New("wrong number of args")
		}
		ns := make([]any, len(a))
		ints := true
		for i := range a {
			var err error
			if ns[i], err = number(a[i]); err != nil {
				return nil, err
			}
			if _, ok := ns[i].(int); !ok {
				ints = false
			}
		}
		if ints {
			r := big.NewInt(int64(ns[0].(int)))
			for _, n := range ns[1:] {
				var err error
				if r, err = exact(r, big.NewInt(int64(n.(int)))); err != nil {
					return nil, err
				}
			}
			if !r.IsInt64() {
				return nil, errors.New("out of range")
			}
			return int(r.Int64()), nil
		}
		r := real(ns[0])
		for _, n := range ns[1:] {
			var err error
			if r, err = float(r, real(n)); err != nil {
				return nil, err
			}
		}
		if math.IsInf(r, 0) || math.IsNaN(r) {
			return nil, errors.New("out of range")
		}
		return r, nil
	}
}

var errZero = errors.New("division by zero")

func mod(a []any) (any, error) {
	x, err := integer(a[0])
	if err != nil {
		return nil, err
	}
	y, err := integer(a[1])
	if err != nil {
		return nil, err
	}
	if y == 0 {
		return nil, errZero
	}
	return int(new(big.Int).Rem(big.NewInt(int64(x)), big.NewInt(int64(y))).Int64()), nil
}

func extreme(sign int) helper {
	return func(a []any) (any, error) {
		ints := true
		var best any
		for _, v := range a {
			n, err := number(v)
			if err != nil {
				return nil, err
			}
			_, ok := n.(int)
			ints = ints && ok
			if best == nil {
				best = n
				continue
			}
			c := order(n, best) * sign
			if c == 0 && real(n) == 0 && real(best) == 0 {
				neg, bestNeg := math.Signbit(real(n)), math.Signbit(real(best))
				if neg != bestNeg && neg == (sign < 0) {
					c = 1
				}
			}
			if c > 0 {
				best = n
			}
		}
		if ints {
			return best, nil
		}
		return real(best), nil
	}
}

func round(a []any) (any, error) {
	n, err := number(a[0])
	if err != nil {
		return nil, err
	}
	p, err := integer(a[1])
	if err != nil {
		return nil, err
	}
	if p < 0 || p > 15 {
		return nil, errors.New("places")
	}
	f, ok := n.(float64)
	if !ok {
		return n, nil
	}
	// the shortest decimal, half away from zero
	r, _ := new(big.Rat).SetString(strconv.FormatFloat(math.Abs(f), 'f', -1, 64))
	ten := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(p)), nil))
	r.Mul(r, ten).Add(r, big.NewRat(1, 2))
	whole := new(big.Int).Quo(r.Num(), r.Denom())
	out, err := strconv.ParseFloat(whole.String()+"e"+strconv.Itoa(-p), 64)
	if err != nil {
		return nil, err
	}
	return math.Copysign(out, f), nil
}

func order(a, b any) int {
	r := func(v any) *big.Rat {
		if i, ok := v.(int); ok {
			return new(big.Rat).SetInt64(int64(i))
		}
		return new(big.Rat).SetFloat64(v.(float64))
	}
	return r(a).Cmp(r(b))
}

func isNumber(v any) bool {
	switch v.(type) {
	case int, float64:
		return true
	}
	return false
}

func equal(a, b any) (bool, error) {
	if a == nil || b == nil {
		return a == nil && b == nil, nil
	}
	if isNumber(a) && isNumber(b) {
		return order(a, b) == 0, nil
	}
	switch x := a.(type) {
	case string:
		if y, ok := b.(string); ok {
			return x == y, nil
		}
	case bool:
		if y, ok := b.(bool); ok {
			return x == y, nil
		}
	case moment:
		if y, ok := b.(moment); ok {
			return x.t.Equal(y.t), nil
		}
	}
	return false, errors.New("cannot be compared")
}

func eq(a ...any) (any, error) {
	if len(a) < 2 {
		return nil, errors.New("missing argument")
	}
	for _, b := range a[1:] {
		if same, err := equal(a[0], b); err != nil || same {
			return same, err
		}
	}
	return false, nil
}

func ordered(holds func(c int) bool) func(a, b any) (any, error) {
	return func(a, b any) (any, error) {
		if isNumber(a) && isNumber(b) {
			return holds(order(a, b)), nil
		}
		x, ok := a.(string)
		y, ok2 := b.(string)
		if !ok || !ok2 {
			return nil, errors.New("no order")
		}
		return holds(strings.Compare(x, y)), nil
	}
}

func index(v any, keys ...any) (any, error) {
	if v == nil {
		return nil, errors.New("index of nil")
	}
	for _, k := range keys {
		switch x := v.(type) {
		case []any:
			i, ok := k.(int)
			if !ok || i < 0 || i >= len(x) {
				return nil, errors.New("index")
			}
			v = x[i]
		case map[string]any:
			s, ok := k.(string)
			if !ok {
				return nil, errors.New("key")
			}
			v = x[s]
		default:
			return nil, errors.New("cannot be indexed")
		}
	}
	return v, nil
}

func slice(v any, at ...any) (any, error) {
	size := 0
	switch x := v.(type) {
	case string:
		size = len(x)
		if len(at) > 2 {
			return nil, errors.New("3-index slice of a string")
		}
	case []any:
		size = len(x)
	default:
		return nil, errors.New("cannot be sliced")
	}
	i := []int{0, size, size}
	if len(at) > 3 {
		return nil, errors.New("too many")
	}
	for k, a := range at {
		n, ok := a.(int)
		if !ok || n < 0 || n > size {
			return nil, errors.New("index")
		}
		i[k] = n
	}
	if i[0] > i[1] || i[1] > i[2] {
		return nil, errors.New("index")
	}
	if x, ok := v.(string); ok {
		for _, k := range i[:2] {
			if k < len(x) && !utf8.RuneStart(x[k]) {
				return nil, errors.New("inside a character")
			}
		}
		return x[i[0]:i[1]], nil
	}
	return v.([]any)[i[0]:i[1]], nil
}

// relaxed lets %d take integral floats and %f take integers, at the top only.
type relaxedFloat float64
type relaxedInt int

func (v relaxedFloat) Format(f fmt.State, verb rune) {
	x := float64(v)
	if verb == 'd' && x == math.Trunc(x) && x >= -(1<<63) && x < 1<<63 {
		fmt.Fprintf(f, fmt.FormatString(f, verb), int64(x))
		return
	}
	fmt.Fprintf(f, fmt.FormatString(f, verb), x)
}

func (v relaxedInt) Format(f fmt.State, verb rune) {
	if strings.ContainsRune("feEgGF", verb) {
		fmt.Fprintf(f, fmt.FormatString(f, verb), float64(v))
		return
	}
	fmt.Fprintf(f, fmt.FormatString(f, verb), int(v))
}

var typeNames = strings.NewReplacer("main.relaxedFloat=", "float64=", "main.relaxedInt=", "int=",
	"[]interface {}=", "list=", "map[string]interface {}=", "map=", "main.moment=", "time=")

func printf(format string, a ...any) string {
	args := make([]any, len(a))
	for i, v := range a {
		switch x := v.(type) {
		case float64:
			args[i] = relaxedFloat(x)
		case int:
			args[i] = relaxedInt(x)
			if strings.Contains(format, "*") {
				args[i] = x
			}
		default:
			args[i] = v
		}
	}
	return cleanBytes(typeNames.Replace(fmt.Sprintf(format, args...)))
}

func toJSON(v any, pretty bool) (any, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if pretty {
		e.SetIndent("", "  ")
	}
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return strings.TrimSuffix(b.String(), "\n"), nil
}

var errRange = errors.New("number out of range")

// value turns what json.Decoder gives with UseNumber into the values of SPEC 4.4.
func value(v any) (any, error) {
	switch x := v.(type) {
	case json.Number:
		n, _, err := holdsNumber(string(x))
		if err != nil {
			return nil, errRange
		}
		return n, nil
	case []any:
		for i := range x {
			var err error
			if x[i], err = value(x[i]); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		for k := range x {
			var err error
			if x[k], err = value(x[k]); err != nil {
				return nil, err
			}
		}
	}
	return v, nil
}

func parseJSON(s string) (any, error) {
	d := json.NewDecoder(strings.NewReader(s))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, nil
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, nil
	}
	return value(v)
}

func instant(v any) (time.Time, error) {
	switch x := v.(type) {
	case moment:
		return x.t, nil
	case int:
		if x > 9e15 || x < -9e15 {
			return time.Time{}, errors.New("out of range")
		}
		return time.Unix(int64(x), 0).UTC(), nil
	case string:
		t, err := time.Parse(time.RFC3339, x)
		return t, err
	}
	return time.Time{}, errors.New("not a time")
}

func date(layout, t, zone any) (any, error) {
	l, err := text(layout)
	if err != nil {
		return nil, err
	}
	z, err := text(zone)
	if err != nil {
		return nil, err
	}
	at, err := instant(t)
	if err != nil {
		return nil, err
	}
	loc, err := time.LoadLocation(z)
	if err != nil || z == "Local" {
		return nil, errors.New("unknown zone")
	}
	return at.In(loc).Format(l), nil
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

func uniq(a []any) (any, error) {
	l, err := list(a[0])
	if err != nil {
		return nil, err
	}
	scalar := func(v any) bool {
		switch v.(type) {
		case []any, map[string]any:
			return false
		}
		return true
	}
	out := []any{}
next:
	for _, v := range l {
		for _, o := range out {
			if scalar(v) != scalar(o) {
				continue
			}
			if scalar(v) {
				if same, err := equal(v, o); err == nil && same {
					continue next
				}
				continue
			}
			x, _ := toJSON(v, false)
			y, _ := toJSON(o, false)
			if x == y {
				continue next
			}
		}
		out = append(out, v)
	}
	return out, nil
}

func compile(re string) (*regexp.Regexp, error) { return regexp.Compile(re) }

var functions = template.FuncMap{
	"eq": eq,
	"ne": func(a, b any) (any, error) { same, err := equal(a, b); return !same, err },
	"lt": ordered(func(c int) bool { return c < 0 }),
	"le": ordered(func(c int) bool { return c <= 0 }),
	"gt": ordered(func(c int) bool { return c > 0 }),
	"ge": ordered(func(c int) bool { return c >= 0 }),

	"index": index, "slice": slice, "printf": printf,

	"default": exactly(2, func(a []any) (any, error) {
		if truth(a[1]) {
			return a[1], nil
		}
		return a[0], nil
	}),
	"coalesce": func(a ...any) any {
		for _, v := range a {
			if truth(v) {
				return v
			}
		}
		return nil
	},
	"ternary": exactly(3, func(a []any) (any, error) {
		if truth(a[2]) {
			return a[0], nil
		}
		return a[1], nil
	}),
	"empty": exactly(1, func(a []any) (any, error) { return !truth(a[0]), nil }),

	"upper":      texts(1, func(s []string) (any, error) { return strings.Map(unicode.ToUpper, s[0]), nil }),
	"lower":      texts(1, func(s []string) (any, error) { return strings.Map(unicode.ToLower, s[0]), nil }),
	"title":      texts(1, func(s []string) (any, error) { return title(s[0]), nil }),
	"trim":       texts(1, func(s []string) (any, error) { return strings.TrimSpace(s[0]), nil }),
	"trimPrefix": texts(2, func(s []string) (any, error) { return strings.TrimPrefix(s[1], s[0]), nil }),
	"trimSuffix": texts(2, func(s []string) (any, error) { return strings.TrimSuffix(s[1], s[0]), nil }),
	"hasPrefix":  texts(2, func(s []string) (any, error) { return strings.HasPrefix(s[1], s[0]), nil }),
	"hasSuffix":  texts(2, func(s []string) (any, error) { return strings.HasSuffix(s[1], s[0]), nil }),
	"contains":   texts(2, func(s []string) (any, error) { return strings.Contains(s[1], s[0]), nil }),
	"replace": texts(3, func(s []string) (any, error) {
		if s[0] == "" {
			return nil, errors.New("empty")
		}
		return strings.ReplaceAll(s[2], s[0], s[1]), nil
	}),
	"repeat": countText(func(n int, s string) (any, error) {
		if n < 0 {
			return nil, errors.New("negative")
		}
		return strings.Repeat(s, n), nil
	}),
	"trunc": countText(func(n int, s string) (any, error) {
		r := []rune(s)
		if n >= 0 && n < len(r) {
			return string(r[:n]), nil
		}
		if n < 0 && -n < len(r) {
			return string(r[len(r)+n:]), nil
		}
		return s, nil
	}),
	"abbrev": countText(func(n int, s string) (any, error) {
		if n < 4 {
			return nil, errors.New("short")
		}
		if r := []rune(s); len(r) > n {
			return string(r[:n-3]) + "...", nil
		}
		return s, nil
	}),
	"split": texts(2, func(s []string) (any, error) {
		if s[0] == "" {
			return nil, errors.New("empty")
		}
		m := map[string]any{}
		for i, p := range strings.Split(s[1], s[0]) {
			m["_"+strconv.Itoa(i)] = p
		}
		return m, nil
	}),
	"splitList": texts(2, func(s []string) (any, error) {
		if s[0] == "" {
			return nil, errors.New("empty")
		}
		var l []any
		for _, p := range strings.Split(s[1], s[0]) {
			l = append(l, p)
		}
		return l, nil
	}),
	"join":   exactly(2, join),
	"quote":  atLeast(0, quoted(strconv.Quote)),
	"squote": atLeast(0, quoted(func(s string) string { return "'" + s + "'" })),
	"indent": countText(indent),
	"nindent": countText(func(n int, s string) (any, error) {
		r, err := indent(n, s)
		if err != nil {
			return nil, err
		}
		return "\n" + r.(string), nil
	}),
	"int": exactly(1, toInt), "int64": exactly(1, toInt),
	"float64": exactly(1, func(a []any) (any, error) {
		n, err := anyNumber(a[0])
		if err != nil {
			return nil, err
		}
		return real(n), nil
	}),
	"toString": exactly(1, func(a []any) (any, error) {
		if a[0] == nil {
			return "", nil
		}
		return fmt.Sprint(a[0]), nil
	}),
	"add": arithmetic(1, 1000, func(a, b *big.Int) (*big.Int, error) { return new(big.Int).Add(a, b), nil },
		func(a, b float64) (float64, error) { return a + b, nil }),
	"sub": arithmetic(2, 2, func(a, b *big.Int) (*big.Int, error) { return new(big.Int).Sub(a, b), nil },
		func(a, b float64) (float64, error) { return a - b, nil }),
	"mul": arithmetic(1, 1000, func(a, b *big.Int) (*big.Int, error) { return new(big.Int).Mul(a, b), nil },
		func(a, b float64) (float64, error) { return a * b, nil }),
	"div": arithmetic(2, 2, func(a, b *big.Int) (*big.Int, error) {
		if b.Sign() == 0 {
			return nil, errZero
		}
		return new(big.Int).Quo(a, b), nil
	}, func(a, b float64) (float64, error) {
		if b == 0 {
			return 0, errZero
		}
		return a / b, nil
	}),
	"mod": exactly(2, mod),
	"max": atLeast(1, extreme(1)), "min": atLeast(1, extreme(-1)),
	"round": exactly(2, round),

	"list": func(a ...any) any { return append([]any{}, a...) },
	"dict": func(a ...any) (any, error) {
		if len(a)%2 != 0 {
			return nil, errors.New("odd")
		}
		m := map[string]any{}
		for i := 0; i < len(a); i += 2 {
			k, err := text(a[i])
			if err != nil {
				return nil, err
			}
			m[k] = a[i+1]
		}
		return m, nil
	},
	"get": exactly(2, func(a []any) (any, error) {
		m, err := mapping(a[0])
		if err != nil {
			return nil, err
		}
		k, err := text(a[1])
		if err != nil {
			return nil, err
		}
		if v, ok := m[k]; ok {
			return v, nil
		}
		return "", nil
	}),
	"hasKey": exactly(2, func(a []any) (any, error) {
		m, err := mapping(a[0])
		if err != nil {
			return nil, err
		}
		k, err := text(a[1])
		_, ok := m[k]
		return ok, err
	}),
	"keys": exactly(1, func(a []any) (any, error) {
		m, err := mapping(a[0])
		l := []any{}
		for _, k := range sortedKeys(m) {
			l = append(l, k)
		}
		return l, err
	}),
	"values": exactly(1, func(a []any) (any, error) {
		m, err := mapping(a[0])
		l := []any{}
		for _, k := range sortedKeys(m) {
			l = append(l, m[k])
		}
		return l, err
	}),
	"first": exactly(1, func(a []any) (any, error) {
		l, err := list(a[0])
		if err != nil || len(l) == 0 {
			return nil, err
		}
		return l[0], nil
	}),
	"last": exactly(1, func(a []any) (any, error) {
		l, err := list(a[0])
		if err != nil || len(l) == 0 {
			return nil, err
		}
		return l[len(l)-1], nil
	}),
	"rest": exactly(1, func(a []any) (any, error) {
		l, err := list(a[0])
		if err != nil || len(l) == 0 {
			return []any{}, err
		}
		return l[1:], nil
	}),
	"uniq": exactly(1, uniq),
	"sortAlpha": exactly(1, func(a []any) (any, error) {
		l, err := list(a[0])
		var s []string
		for _, v := range l {
			if v != nil {
				s = append(s, fmt.Sprint(v))
			}
		}
		sort.Strings(s)
		out := []any{}
		for _, v := range s {
			out = append(out, v)
		}
		return out, err
	}),
	"toJson":       exactly(1, func(a []any) (any, error) { return toJSON(a[0], false) }),
	"toPrettyJson": exactly(1, func(a []any) (any, error) { return toJSON(a[0], true) }),
	"fromJson": exactly(1, func(a []any) (any, error) {
		s, ok := a[0].(string)
		if !ok {
			return a[0], nil
		}
		return parseJSON(s)
	}),
	"b64enc": texts(1, func(s []string) (any, error) {
		return base64.StdEncoding.EncodeToString([]byte(s[0])), nil
	}),
	"b64dec": texts(1, func(s []string) (any, error) {
		b, err := base64.StdEncoding.DecodeString(s[0])
		return cleanBytes(string(b)), err
	}),
	"sha256sum": texts(1, func(s []string) (any, error) {
		sum := sha256.Sum256([]byte(s[0]))
		return hex.EncodeToString(sum[:]), nil
	}),
	"now":        func() any { return now },
	"date":       exactly(2, func(a []any) (any, error) { return date(a[0], a[1], "") }),
	"dateInZone": exactly(3, func(a []any) (any, error) { return date(a[0], a[1], a[2]) }),
	"unixEpoch": exactly(1, func(a []any) (any, error) {
		if seconds, ok := a[0].(int); ok {
			return seconds, nil
		}
		t, err := instant(a[0])
		return int(t.Unix()), err
	}),
	"regexMatch": texts(2, func(s []string) (any, error) {
		re, err := compile(s[0])
		if err != nil {
			return nil, err
		}
		return re.MatchString(s[1]), nil
	}),
	"regexReplaceAll": texts(3, func(s []string) (any, error) {
		re, err := compile(s[0])
		if err != nil {
			return nil, err
		}
		return re.ReplaceAllString(s[1], s[2]), nil
	}),
}
