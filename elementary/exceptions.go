package elementary

// exceptions are the arguments for which float64 is not enough, for each function, as
// reference/prove found them.
var exceptions = [functions][]exception{}
