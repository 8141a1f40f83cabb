module ark.test/vectors/regex

go 1.26
