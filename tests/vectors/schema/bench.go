package main

import (
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"ark/tests/vectors/measure"
)

func read(text []byte) any {
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		panic(err)
	}
	return v
}

// bench measures the reference with the cases of a file of vectors, as tests/bench/languages.c does. Documents are read
// before: what is measured is compiling and validating.
func bench(path string) {
	var docs []any
	var compiled []*jsonschema.Schema
	var instances [][]any
	count := 0
	compile := func(doc any) *jsonschema.Schema {
		s, err := compileDocument(doc)
		if err != nil {
			panic(err)
		}
		return s
	}
	measure.Lines(path, func(l line) {
		if l.Refused {
			return
		}
		var list []any
		for _, text := range append(l.Valid, l.Invalid...) {
			list = append(list, read(text))
		}
		doc := read(l.Schema)
		docs, compiled, instances = append(docs, doc), append(compiled, compile(doc)), append(instances, list)
		count += len(list)
	})
	measure.Print(map[string]float64{
		"schemas_compiled": measure.PerSecond(len(docs), func() {
			for _, doc := range docs {
				compile(doc)
			}
		}),
		"schemas_validated": measure.PerSecond(count, func() {
			for i, s := range compiled {
				for _, v := range instances[i] {
					s.Validate(v) // most say what is wrong, and that is needed
				}
			}
		}),
	})
}
