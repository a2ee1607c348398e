package numfile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/samebits/samebits/internal/kernel"
)

// maxLine bounds a line of text. The longest number worth writing, a float64
// halfway between two others, has less than 800 digits.
const maxLine = 1 << 20

// byteOrderMark is what some editors and shells of Windows put before text.
var byteOrderMark = []byte("\ufeff")

func readText[T kernel.Float](r io.Reader, name string) ([]T, error) {
	var numbers []T
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 1<<16), maxLine)
	n := 0
	for lines.Scan() {
		n++
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		x, err := parse[T](line)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, n, err)
		}
		numbers = append(numbers, x)
	}
	switch err := lines.Err(); err {
	case nil:
		return numbers, nil
	case bufio.ErrTooLong:
		return nil, fmt.Errorf("%s:%d: a line of %d bytes or more: want one number a line", name, n+1, maxLine)
	default:
		return nil, fmt.Errorf("%s: %w", name, err)
	}
}

// parse rounds the number that line spells to the nearest T.
func parse[T kernel.Float](line string) (T, error) {
	bitSize, typeName := 32, "float32"
	if kernel.Is64[T]() {
		bitSize, typeName = 64, "float64"
	}
	x, err := strconv.ParseFloat(line, bitSize)
	if strings.Contains(line, "_") { // which only Go allows
		err = strconv.ErrSyntax
	}
	switch {
	case err == nil:
		return kernel.Canonical(T(x)), nil // ParseFloat's NaN is 0x7ff8000000000001
	case errors.Is(err, strconv.ErrRange):
		return 0, fmt.Errorf("%.40q is out of range: it rounds to infinity in %s", line, typeName)
	default:
		return 0, fmt.Errorf("%.40q is not a number: want a decimal or hexadecimal float (0.1, 0x1.8p-3), Inf or NaN on each line", line)
	}
}
