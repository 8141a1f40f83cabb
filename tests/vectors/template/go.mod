module ark/tests/vectors/template

go 1.24
