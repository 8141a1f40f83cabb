// Package measure is what the baselines of tests/bench/languages.py share.
package measure

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"time"
)

// Lines calls each with every JSON line of a file.
func Lines[T any](path string, each func(T)) {
	file, err := os.Open(path)
	if err != nil {
		panic(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var v T
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			panic(err)
		}
		each(v)
	}
}

// PerSecond repeats pass, which does so many things, for a second.
func PerSecond(things int, pass func()) float64 {
	done, start := 0, time.Now()
	for time.Since(start) < time.Second {
		pass()
		done += things
	}
	return float64(done) / time.Since(start).Seconds()
}

// Print writes the figures as one line of JSON.
func Print(figures map[string]float64) {
	text, err := json.Marshal(figures)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(text))
}
