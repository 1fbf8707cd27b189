//go:build race

package main

func init() { walkers = 6 }
