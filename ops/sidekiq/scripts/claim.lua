-- Takes the claim, or keeps it: what stands before every script does.
return 1
