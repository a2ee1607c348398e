module github.com/samebits/samebits/benchmarks/peers

go 1.26.0

require (
	github.com/samebits/samebits v0.0.0
	github.com/stretchr/testify v1.12.1
)

require github.com/klauspost/cpuid/v2 v2.4.2 // indirect

require (
	github.com/ericlagergren/decimal v0.0.0-20240411145413-00de7ca16731 // indirect
	github.com/x448/float16 v0.8.4 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/sys v0.49.0
	gonum.org/v1/gonum v0.17.0
)

replace github.com/samebits/samebits => ../..
