module github.com/samebits/samebits/_asm

go 1.26
