package main

import "golang.org/x/sys/unix"

// How a terminal's settings are read and written here.
const getTermios, setTermios = unix.TCGETS, unix.TCSETS
