//go:build mpfr && cgo

package main

// A third opinion, of GNU MPFR (Debian: libmpfr-dev), for tests.

/*
#cgo LDFLAGS: -lmpfr -lgmp
#include <stdlib.h>
#include <string.h>
#include <mpfr.h>

// logistic sets y to n/(1 + e^-z).
static void logistic(mpfr_t y, mpfr_t n, mpfr_t z) {
	mpfr_neg(y, z, MPFR_RNDN);
	mpfr_exp(y, y, MPFR_RNDN);
	mpfr_add_ui(y, y, 1, MPFR_RNDN);
	mpfr_div(y, n, y, MPFR_RNDN);
}

static void gelu_tanh(mpfr_t y, mpfr_t v) {
	mpfr_t u, c;
	mpfr_inits2(400, u, c, (mpfr_ptr)0);
	mpfr_sqr(u, v, MPFR_RNDN);
	mpfr_mul_ui(u, u, 44715, MPFR_RNDN);
	mpfr_div_ui(u, u, 1000000, MPFR_RNDN);
	mpfr_add_ui(u, u, 1, MPFR_RNDN);
	mpfr_mul(u, u, v, MPFR_RNDN);
	mpfr_const_pi(c, MPFR_RNDN);
	mpfr_ui_div(c, 8, c, MPFR_RNDN);
	mpfr_sqrt(c, c, MPFR_RNDN);
	mpfr_mul(u, u, c, MPFR_RNDN);
	logistic(y, v, u);
	mpfr_clears(u, c, (mpfr_ptr)0);
}

static void gelu(mpfr_t y, mpfr_t v) {
	mpfr_t u;
	mpfr_init2(u, 400);
	mpfr_sqrt_ui(u, 2, MPFR_RNDN);
	mpfr_div(u, v, u, MPFR_RNDN);
	mpfr_neg(u, u, MPFR_RNDN);
	mpfr_erfc(u, u, MPFR_RNDN);
	mpfr_mul(y, u, v, MPFR_RNDN);
	mpfr_div_2ui(y, y, 1, MPFR_RNDN);
	mpfr_clear(u);
}

static float evaluate(const char *f, float x, float x2) {
	mpfr_t v, w, y;
	mpfr_inits2(400, v, w, y, (mpfr_ptr)0);
	mpfr_set_flt(v, x, MPFR_RNDN);
	mpfr_set_flt(w, x2, MPFR_RNDN);
	if (!strcmp(f, "Exp")) mpfr_exp(y, v, MPFR_RNDN);
	else if (!strcmp(f, "Exp2")) mpfr_exp2(y, v, MPFR_RNDN);
	else if (!strcmp(f, "Expm1")) mpfr_expm1(y, v, MPFR_RNDN);
	else if (!strcmp(f, "Log")) mpfr_log(y, v, MPFR_RNDN);
	else if (!strcmp(f, "Log2")) mpfr_log2(y, v, MPFR_RNDN);
	else if (!strcmp(f, "Log1p")) mpfr_log1p(y, v, MPFR_RNDN);
	else if (!strcmp(f, "Tanh")) mpfr_tanh(y, v, MPFR_RNDN);
	else if (!strcmp(f, "Erf")) mpfr_erf(y, v, MPFR_RNDN);
	else if (!strcmp(f, "Sin")) mpfr_sin(y, v, MPFR_RNDN);
	else if (!strcmp(f, "Cos")) mpfr_cos(y, v, MPFR_RNDN);
	else if (!strcmp(f, "Rsqrt")) mpfr_rec_sqrt(y, v, MPFR_RNDN);
	else if (!strcmp(f, "Cbrt")) mpfr_cbrt(y, v, MPFR_RNDN);
	else if (!strcmp(f, "Pow")) mpfr_pow(y, v, w, MPFR_RNDN);
	else if (!strcmp(f, "Sigmoid")) { mpfr_set_ui(w, 1, MPFR_RNDN); logistic(y, w, v); }
	else if (!strcmp(f, "SiLU")) logistic(y, v, v);
	else if (!strcmp(f, "GELU")) gelu(y, v);
	else if (!strcmp(f, "GELUTanh")) gelu_tanh(y, v);
	else mpfr_set_nan(y);
	float r = mpfr_get_flt(y, MPFR_RNDN);
	mpfr_clears(v, w, y, (mpfr_ptr)0);
	return r;
}
*/
import "C"

import "unsafe"

// byMPFR evaluates a function to 400 bits and rounds.
func byMPFR(name string, x, y float32) float32 {
	f := C.CString(name)
	defer C.free(unsafe.Pointer(f))
	return float32(C.evaluate(f, C.float(x), C.float(y)))
}
