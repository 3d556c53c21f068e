//go:build cgo

package synccount

/*
#include "vfs.h"
*/
import "C"

import "fmt"

// Name is the name of the file layer for SQLite.
const Name = "synccount"

// Register makes the layer known to SQLite, on top of the layer base. A driver
// that uses cgo must be linked into the program.
func Register(base string) error {
	if code := C.synccount_register(C.CString(base)); code != 0 {
		return fmt.Errorf("synccount: register on top of %s: code %d", base, code)
	}
	return nil
}

// Count is the number of flushes since the program began.
func Count() int64 { return int64(C.synccount_count()) }
