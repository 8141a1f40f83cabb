// Writes common/lang/unicode_tables.h from Go's unicode package:
//
//	cd tests/vectors && go run ./unicode > ../../common/lang/unicode_tables.h
package main

import (
	"fmt"
	"unicode"
)

func ranges(name string, has func(rune) bool) {
	fmt.Printf("\nstatic const struct range %s[] = {\n", name)
	column := 0
	for c := rune(0); c <= unicode.MaxRune; c++ {
		if !has(c) {
			continue
		}
		low := c
		for c < unicode.MaxRune && has(c+1) {
			c++
		}
		item := fmt.Sprintf("{0x%X, 0x%X},", low, c)
		if column+len(item)+1 > 88 {
			fmt.Println()
			column = 0
		}
		if column == 0 {
			fmt.Print("\t")
			column = 8
		} else {
			fmt.Print(" ")
			column++
		}
		fmt.Print(item)
		column += len(item)
	}
	fmt.Println("\n};")
}

// Runs of points with the same distance to their image, one or two apart.
func mapping(name string, to func(rune) rune) {
	fmt.Printf("\nstatic const struct mapping %s[] = {\n", name)
	for c := rune(0); c <= unicode.MaxRune; {
		delta := to(c) - c
		if delta == 0 {
			c++
			continue
		}
		step := rune(1)
		if to(c+1)-(c+1) != delta && to(c+2)-(c+2) == delta {
			step = 2
		}
		high := c
		for to(high+step)-(high+step) == delta && (step == 1 || to(high+1)-(high+1) != delta) {
			high += step
		}
		fmt.Printf("\t{0x%X, 0x%X, %d, %d},\n", c, high, delta, step)
		c = high + 1
	}
	fmt.Println("};")
}

func main() {
	fmt.Printf("/* Made by tests/vectors/unicode from Unicode %s: do not edit. */\n", unicode.Version)
	fmt.Println("/* clang-format off */")
	ranges("letters", unicode.IsLetter)
	ranges("digits", unicode.IsDigit)
	ranges("spaces", unicode.IsSpace)
	ranges("printed", unicode.IsPrint)
	mapping("to_upper", unicode.ToUpper)
	mapping("to_lower", unicode.ToLower)
}
