package verb

import "strings"

// spoken are the single acts whose record has another name than the command that does them.
var spoken = map[string]string{
	"cache/purge": "purge", "cache/prove": "zone prove", "cache/setting": "zone",
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
