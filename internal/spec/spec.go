// Package spec holds the version of SPEC.md, the contract of bits, that this
// module implements. Reports, traces and serialized states carry it, so that a
// result says by which rules it was computed.
package spec

// Version is the version of SPEC.md. It grows whenever a result that an earlier
// version specified changes in any bit, and then only.
const Version = 6

// Sums is the version of SPEC.md that changed a sum last. States of sums carry it: those
// of this version and those of Version mean the same.
const Sums = 1
