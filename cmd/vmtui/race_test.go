//go:build race

package main

func init() { walkers, raced = 6, true }
