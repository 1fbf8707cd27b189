//go:build !linux

package main

import "golang.org/x/sys/unix"

// dup makes to another name of from.
func dup(from, to int) error { return unix.Dup2(from, to) }

// coreless keeps this process's memory from being written into a file.
func coreless() { _ = unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}) }
