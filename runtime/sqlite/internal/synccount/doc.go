// Package synccount is a file layer for SQLite that counts how often SQLite
// asks the operating system to bring a file to the disk. Tests of durability
// look at the count: a setting that is only read back proves little.
//
// It works with the cgo driver on Linux; elsewhere the package is empty.
package synccount
