package reduce

// Tests share out few terms already.
func init() { grain = 2048 }
