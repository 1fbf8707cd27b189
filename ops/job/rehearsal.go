package job

import "slices"

const dryRun = "--dry-run"

// rehearsalOf is the job that was the dry run of another one: the newest of all that run the same line, newest first, if it is one. A real run since then has
// made it stale.
func rehearsalOf(real Record, jobs []Job) string {
	if real.DryRun {
		return ""
	}
	for _, j := range jobs {
		if slices.Equal(real.Words, slices.DeleteFunc(slices.Clone(j.Words), func(w string) bool { return w == dryRun })) {
			if j.DryRun {
				return j.ID
			}
			return ""
		}
	}
	return ""
}

// Rehearsal is the dry run of a job among others. found is false where it had none, or where that one is forgotten.
func (r Record) Rehearsal(jobs []Job) (dry Job, found bool) {
	i := slices.IndexFunc(jobs, func(j Job) bool { return r.Rehearsed != "" && j.ID == r.Rehearsed })
	if i < 0 {
		return Job{}, false
	}
	return jobs[i], true
}
