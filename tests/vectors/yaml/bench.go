package main

import (
	"sigs.k8s.io/yaml"

	"ark/tests/vectors/measure"
)

// bench measures the reference with the documents of a file of vectors, as tests/bench/languages.c does.
func bench(path string) {
	var docs [][]byte
	measure.Lines(path, func(v vector) {
		if !v.Error && v.Rule == "" {
			docs = append(docs, []byte(v.Yaml))
		}
	})
	measure.Print(map[string]float64{
		"yaml_documents": measure.PerSecond(len(docs), func() {
			for _, doc := range docs {
				var v any
				if err := yaml.Unmarshal(doc, &v); err != nil {
					panic(err)
				}
			}
		}),
	})
}
