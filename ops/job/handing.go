package job

import (
	"context"

	"github.com/vmtui/vmtui/keys/fault"
)

// Holder is who has a new password that a run was given.
type Holder string

// Who may have it. Who walks the run is asked to take what waits, and nothing goes on before.
const (
	Nobody Holder = ""
	Waits  Holder = "waits" // it is in this process's memory alone
	Taken  Holder = "taken"
)

// Hands are those of whoever walks runs here.
type Hands interface {
	// Hand hands over what has come. It may take as long as a person takes; what is not taken then is asked for by Holder.
	Hand(ctx context.Context, run, password string) Holder
	Holder(run string) Holder
}

// What a run says of a password that it was given, and that is kept nowhere.
const (
	Comes   = "the new password has come, and is handed to who walks this run, once: by y in the console, and at a prompt by what is asked there. Nothing goes on before it is taken"
	Handed  = "the new password was taken by who walks this run, and is kept nowhere"
	Lost    = "nobody has the new password, since who walks this run could not be handed it, or let it go; only another one can be made"
	Awaited = "somebody to take the new password, which y in the console that walks this run copies, once. Stopping the run, or leaving that console, lets it go"
)

// HandOver hands a new password to whoever walks a run, and says in its transcript what became of that.
func HandOver(ctx context.Context, h Hands, run, password string, say func(format string, args ...any)) Holder {
	has := Nobody
	if h != nil {
		say("%s", Comes)
		has = h.Hand(ctx, run, password)
	}
	has.tell(say)
	return has
}

// HeldBy asks once more who has it, after it has waited.
func HeldBy(h Hands, run string, say func(format string, args ...any)) Holder {
	if h == nil {
		return Nobody
	}
	has := h.Holder(run)
	if has == Taken {
		has.tell(say)
	}
	return has
}

func (h Holder) tell(say func(format string, args ...any)) {
	switch h {
	case Nobody:
		say("%s", Lost)
	case Taken:
		say("%s", Handed)
	}
}

// Unhanded is that a job has given somebody a new password, and nobody has it.
func Unhanded(on string) error {
	return &fault.Error{What: "a new password that nobody has", On: on, Why: "it was set, and lost with the connection or the console that it was for, or let go of", Next: "retry gives them another one"}
}
