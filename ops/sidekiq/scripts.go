package sidekiq

import (
	"embed"

	"github.com/vmtui/vmtui/remote/redis"
)

//go:embed scripts/*.lua
var scripts embed.FS

// The scripts. Each moves a portion that Redis needs a few milliseconds for, and each can be sent twice: a portion is moved whole or not at all, a
// numbered one once only.
var (
	noteScript   = script("note")
	knownScript  = script("known")
	parkScript   = script("park")
	absorbScript = script("absorb")
	feedScript   = script("feed")
	sieveScript  = script("sieve")
	rejoinScript = script("rejoin")
	settleScript = script("settle")
	dropScript   = script("drop")
	pickScript   = script("pick")
	pluckScript  = script("pluck")
	loadScript   = growing("load")

	claimScript   = script("claim")
	releaseScript = script("release")
)

// script is one of them, behind what they have in common. It is carried out in a full Redis too: what it does only moves jobs, or ends them.
func script(name string) redis.Script {
	return redis.NewScript(name, source("room")+source("lists")+source(name))
}

// growing is one that brings jobs, for which there must be room.
func growing(name string) redis.Script {
	return redis.NewScript(name, source("lists")+source(name))
}

func source(name string) string {
	text, err := scripts.ReadFile("scripts/" + name + ".lua")
	if err != nil {
		panic(err) // it is compiled in
	}
	return string(text)
}
