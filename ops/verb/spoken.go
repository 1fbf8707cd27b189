package verb

import "strings"

// spoken are the single acts whose record has another name than the command that does them.
var spoken = map[string]string{
	"cache/purge": "purge", "cache/prove": "zone prove", "cache/setting": "zone", "cache/development": "zone dev", "cache/attack": "zone attack",
	"tootctl/run": "tootctl", "tootctl/cancel": "jobs cancel", "tootctl/answer": "jobs answer", "tootctl/forget": "jobs forget",
	"exec/command": "exec", "copy/upload": "copy", "shell/open": "shell", "sidekiq/put back": "sidekiq put-back", "sidekiq/load": "sidekiq restore",
}

// Spoken is how an operator says what a record calls a runbook or an act: the words of the palette and of the command line. A runbook's name is said as it is.
func Spoken(recorded string) string {
	if word, ok := spoken[recorded]; ok {
		return word
	}
	return strings.ReplaceAll(recorded, "/", " ")
}

// Step is how an operator says what a record calls a step: a single act's only one is the act itself, by its last word.
func Step(recorded, step string) string {
	if !single(recorded) || step == "" {
		return step
	}
	said := Spoken(recorded)
	return said[strings.LastIndexByte(said, ' ')+1:]
}

// Place is where in a record something was done: a runbook and its step, or a single act.
func Place(recorded, step string) string {
	if single(recorded) {
		return Spoken(recorded)
	}
	return strings.TrimSpace(Spoken(recorded) + " " + step)
}

// single reports the record of a single act: no runbook's name has a slash in it.
func single(recorded string) bool { return strings.Contains(recorded, "/") }
