module ark.test/vectors/duration

go 1.26
