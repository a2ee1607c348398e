package peers

// #include <dlfcn.h>
// #include <stdlib.h>
//
// static void set_threads(void *f, int n) { ((void (*)(int))f)(n); }
import "C"

import (
	"fmt"
	"unsafe"
)

// library is a shared library that was opened with its names kept to itself.
type library struct{ handle unsafe.Pointer }

func open(name string) (library, error) {
	s := C.CString(name)
	defer C.free(unsafe.Pointer(s))
	handle := C.dlopen(s, C.RTLD_LAZY|C.RTLD_LOCAL)
	if handle == nil {
		return library{}, fmt.Errorf("%s: want it installed: %s", C.GoString(C.dlerror()), Install)
	}
	return library{handle}, nil
}

// symbol returns the address of a function, or nil if the library has none of that
// name.
func (l library) symbol(name string) unsafe.Pointer {
	s := C.CString(name)
	defer C.free(unsafe.Pointer(s))
	return C.dlsym(l.handle, s)
}

// oneThread calls the function of that name, if there is one, to ask for one
// thread.
func (l library) oneThread(name string) {
	if f := l.symbol(name); f != nil {
		C.set_threads(f, 1)
	}
}
