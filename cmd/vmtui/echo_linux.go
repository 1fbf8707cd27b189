package main

import "golang.org/x/sys/unix"

// How a terminal's settings are read and written here; written afresh, they take what was typed and not read yet with them.
const getTermios, setTermios, setTermiosAfresh = unix.TCGETS, unix.TCSETS, unix.TCSETSF
