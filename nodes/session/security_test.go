package session_test

import "testing"

// TestSecurity runs the tests of requirements and attacks by their ids.
func TestSecurity(t *testing.T) {
	for _, test := range []struct {
		name string
		run  func(*testing.T)
	}{
		{"R-26 R-27 A-08 A-09 second factor", testSecondFactor},
		{"R-32 A-11 tokens", testTokens},
		{"R-33 only a hash is stored", testOnlyHashStored},
		{"R-34 R-35 A-26 rotation", testReplace},
		{"R-36 idle end", testIdle},
		{"R-36 and R-37 shorter times", testShorterTimes},
		{"R-37 absolute end", testAbsolute},
		{"R-37 ceiling of a proof", testCeiling},
		{"R-39 A-27 A-28 late uses", testLateTouch},
		{"R-39 A-27 deletion against uses", testDeleteAgainstUses},
		{"R-44 limit", testLimit},
		{"R-58 groups", testGroups},
		{"R-59 A-33 realms", testRealms},
		{"R-61 a check fails closed", testCheckFailsClosed},
		{"A-02 no session without a proof", testCreateProof},
		{"A-07 disabled users", testDisabled},
		{"A-11 A-32 odd tokens", testOddTokens},
	} {
		t.Run(test.name, test.run)
	}
}
