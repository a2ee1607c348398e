package elementary

// exceptions are the arguments for which float64 is not enough, for each function, as
// reference/prove found them.
var exceptions = [functions][]exception{
	ofExp2: {{0x3b429d37, 0x3f804385}, {0xbcf3a937, 0x3f7ac6b1}},
}
