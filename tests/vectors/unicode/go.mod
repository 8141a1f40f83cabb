module ark/tests/vectors/unicode

go 1.24
