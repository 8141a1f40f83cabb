package main

import (
	"time"

	"ark/tests/vectors/measure"
)

// bench measures time.ParseDuration with the texts of a file of vectors, as tests/bench/languages.c does.
func bench(path string) {
	var texts []string
	measure.Lines(path, func(v struct {
		Parse *string
		Error bool
	}) {
		if v.Parse != nil && !v.Error {
			texts = append(texts, *v.Parse)
		}
	})
	measure.Print(map[string]float64{
		"durations_parsed": measure.PerSecond(len(texts), func() {
			for _, text := range texts {
				if _, err := time.ParseDuration(text); err != nil {
					panic(err)
				}
			}
		}),
	})
}
