package main

import (
	"bytes"
	"encoding/json"
	"text/template"

	"ark/tests/vectors/measure"
)

func parse(text string) (*template.Template, error) {
	return template.New("no_name").Option("missingkey=zero").Funcs(functions).Parse(text)
}

// bench measures text/template with the cases of a file of vectors, as tests/bench/languages.c does.
func bench(path string) {
	var texts []string
	var parsed []*template.Template
	var data []any
	var common any
	measure.Lines(path, func(v struct {
		T    string
		D    json.RawMessage
		Want *string
		Rule string
	}) {
		d := common
		if v.D != nil {
			var err error
			if d, err = parseJSON(string(v.D)); err != nil {
				panic(err)
			}
		}
		if common == nil {
			common = d
		}
		if v.Want == nil || v.Rule != "" { // what only SPEC accepts
			return
		}
		t, err := parse(v.T)
		if err == nil && t.Execute(&bytes.Buffer{}, d) == nil {
			texts, parsed, data = append(texts, v.T), append(parsed, t), append(data, d)
		}
	})
	var out bytes.Buffer
	measure.Print(map[string]float64{
		"templates_parsed": measure.PerSecond(len(texts), func() {
			for _, text := range texts {
				if _, err := parse(text); err != nil {
					panic(err)
				}
			}
		}),
		"templates_run": measure.PerSecond(len(texts), func() {
			for i, t := range parsed {
				out.Reset()
				if err := t.Execute(&out, data[i]); err != nil {
					panic(err)
				}
			}
		}),
	})
}
