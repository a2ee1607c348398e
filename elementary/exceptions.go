package elementary

// exceptions are the arguments for which float64 is not enough, for each function, as
// reference/prove found them.
var exceptions = [functions][]exception{
	ofLog: {{0x3c413d3a, 0xc08e158f}, {0x41178feb, 0x400fe5e7}},
	ofLog1p: {
		{0x35400003, 0x353fffff}, {0x3710001b, 0x370ffff3}, {0x3efd81ad, 0x3ecdeee1}, {0x41078feb, 0x400fe5e7},
		{0xb53ffffd, 0xb5400001}, {0xb70fffe5, 0xb710000d}, {0xbb0ec8c4, 0xbb0ef0a5},
	},
	ofErf:      {{0x3940ead6, 0x3959af14}, {0xb940ead6, 0xb959af14}},
	ofGELUTanh: {{0xb7b0a46f, 0xb730a3ad}},
	ofExp2:     {{0x3b429d37, 0x3f804385}, {0xbcf3a937, 0x3f7ac6b1}},
}
