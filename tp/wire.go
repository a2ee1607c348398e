package tp

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/samebits/samebits/gemm"
	"github.com/samebits/samebits/internal/plural"
	"github.com/samebits/samebits/reduce"
)

// The messages between processes:
//
//	"samebits" version kind run         8, 2 and 1 bytes; a number
//	collective: op seq order count elem payload
//	leave:      nothing
//	failure:    rank text
//
// Numbers are varints, texts have their length before them, and the payload is the
// rest: floats, little-endian; the state of a product (gemm.Partial); facts, by turns
// name and value.
const (
	wireMagic   = "samebits"
	wireVersion = 1
)

// wireKind is what a message between processes is.
type wireKind byte

const (
	wireCollective wireKind = iota + 1
	wireLeave
	wireFailure
)

// encoded is a payload as it came from another process.
type encoded []byte

// begin returns the beginning of a message, with room for size more bytes.
func beginWire(kind wireKind, run, size int) []byte {
	b := make([]byte, 0, size+64)
	b = append(b, wireMagic...)
	b = binary.LittleEndian.AppendUint16(b, wireVersion)
	return binary.AppendUvarint(append(b, byte(kind)), uint64(run))
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// encode returns the message of that run.
func (m message) encode(run int) []byte {
	b := beginWire(wireCollective, run, len(m.op)+len(m.order)+len(m.elem)+payloadSize(m.payload))
	b = binary.AppendUvarint(appendText(b, m.op), uint64(m.seq))
	b = binary.AppendUvarint(appendText(b, m.order), uint64(m.count))
	return appendPayload(appendText(b, m.elem), m.payload)
}

// traveller is a payload that knows its own form.
type traveller interface {
	Bytes() int
	AppendWire(b []byte) []byte
}

// payloadSize is about as many bytes as appendPayload appends.
func payloadSize(payload any) int {
	if p, ok := payload.(traveller); ok {
		return p.Bytes() + 80
	}
	return max(0, binary.Size(payload))
}

// appendPayload appends what a collective sends.
func appendPayload(b []byte, payload any) []byte {
	switch p := payload.(type) {
	case struct{}:
	case []float32, []float64:
		b, _ = binary.Append(b, binary.LittleEndian, p)
	case traveller:
		b = p.AppendWire(b)
	case []Fact:
		for _, f := range p {
			b = appendText(appendText(b, f.Name), f.Value)
		}
	default:
		panic(fmt.Sprintf("tp: payload %T has no form between processes", p))
	}
	return b
}

// decode sets what p points to, a payload of a collective in that order.
func decode(b encoded, p any, order reduce.Order) (err error) {
	switch p := p.(type) {
	case *struct{}:
		if len(b) > 0 {
			err = fmt.Errorf("%s: want none", plural.Of(len(b), "byte"))
		}
	case *[]float32:
		*p, err = decodeFloats[float32](b)
	case *[]float64:
		*p, err = decodeFloats[float64](b)
	case **gemm.Partial[float32]:
		*p, err = gemm.ReadPartial[float32](b, order)
	case **gemm.Partial[float64]:
		*p, err = gemm.ReadPartial[float64](b, order)
	case *[]Fact:
		r := &wireReader{left: b}
		*p = []Fact{}
		for len(r.left) > 0 && r.err == nil {
			*p = append(*p, Fact{r.text(), r.text()})
		}
		err = r.err
	default:
		panic(fmt.Sprintf("tp: payload %T has no form between processes", p))
	}
	return err
}

func decodeFloats[T Float](b []byte) ([]T, error) {
	size := bytesOf[T](1)
	if len(b)%size != 0 {
		return nil, fmt.Errorf("%s: want a multiple of %d", plural.Of(len(b), "byte"), size)
	}
	x := make([]T, len(b)/size)
	_, err := binary.Decode(b, binary.LittleEndian, x)
	return x, err
}

// envelope is a message from another process.
type envelope struct {
	kind    wireKind
	run     int
	message     // of a collective
	failed  int // the rank that failed
	failure string
}

// readEnvelope reads a message; the payload stays encoded.
func readEnvelope(b []byte) (e envelope, err error) {
	if len(b) < len(wireMagic)+3 || string(b[:len(wireMagic)]) != wireMagic {
		return e, fmt.Errorf("sent %d bytes that are no message of this program", len(b))
	}
	b = b[len(wireMagic):]
	if v := binary.LittleEndian.Uint16(b); v != wireVersion {
		return e, fmt.Errorf("speaks version %d of the exchange between ranks: want %d", v, wireVersion)
	}
	e.kind = wireKind(b[2])
	r := &wireReader{left: b[3:]}
	e.run = r.number()
	switch e.kind {
	case wireCollective:
		e.op, e.seq, e.order, e.count, e.elem = r.text(), r.number(), r.text(), r.number(), r.text()
		e.payload, r.left = encoded(r.left), nil
	case wireFailure:
		e.failed, e.failure = r.number(), r.text()
	case wireLeave:
	default:
		return e, fmt.Errorf("sent a message of kind %d: want %d to %d", e.kind, wireCollective, wireFailure)
	}
	if r.err == nil && len(r.left) > 0 {
		r.err = fmt.Errorf("sent a message with %s too many", plural.Of(len(r.left), "byte"))
	}
	return e, r.err
}

// wireReader reads from the front of what is left. After the first error it reads
// zeros.
type wireReader struct {
	left []byte
	err  error
}

func (r *wireReader) fail(what string) {
	r.left = nil
	if r.err == nil {
		r.err = errors.New(what)
	}
}

func (r *wireReader) number() int {
	v, n := binary.Uvarint(r.left)
	if n <= 0 || v > math.MaxInt {
		r.fail("sent a message that ends within a number, or has one too large")
		return 0
	}
	r.left = r.left[n:]
	return int(v)
}

func (r *wireReader) text() string {
	n := r.number()
	if n > len(r.left) {
		r.fail("sent a message that ends within a text")
		return ""
	}
	s := string(r.left[:n])
	r.left = r.left[n:]
	return s
}
