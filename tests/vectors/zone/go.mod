module ark.test/vectors/zone

go 1.26
