package remote

// Call is one thing that is asked of the world: a command, a request, a connection.
type Call struct {
	Wire    string // "ssh", "https", "tcp 127.0.0.1:6379"
	On      string // whom it is asked of: a node, "digitalocean", "redis", "site"
	What    string // in a line
	Sent    string // exactly as it is sent, when that is more than What
	Changes bool   // sent with a permit
}

// Verdict is how a call ended.
type Verdict string

// The verdicts. A call that is still under way has none.
const (
	OK      Verdict = "ok"
	Failed  Verdict = "failed"  // it ended, and not well: an exit status, a refusal
	Unsent  Verdict = "unsent"  // nothing left: no connection, no permit
	Unknown Verdict = "unknown" // it left, and no answer came
)

// Ending is the end of a call.
type Ending struct {
	Verdict Verdict
	Says    string // "exit 0", "200 OK", the error
}

// Witness hears of every call when it begins; the function it returns is told once how it ended. Neither may block. Nil hears nothing.
type Witness func(Call) (ended func(Ending))

// See tells the witness, if there is one.
func (w Witness) See(c Call) (ended func(Ending)) {
	if w == nil {
		return func(Ending) {}
	}
	return w(c)
}

// Done is the ending of a call that failed with err, or went well; says is what it answered then.
func Done(says string, err error) Ending {
	if err != nil {
		return Ending{Verdict: Failed, Says: err.Error()}
	}
	return Ending{Verdict: OK, Says: says}
}
