package standard

// Events are the names of the node types of which a log of events wants to know
// every step: what happens to accounts, credentials and sessions.
func Events() []string {
	return []string{
		"challenge.create", "challenge.resume",
		"group.add", "group.remove",
		"identity.link", "identity.resolve",
		"link.send",
		"oauth.authenticate",
		"otp.check", "otp.send",
		"password.check", "password.decoy", "password.set",
		"provider.finish", "provider.start",
		"recovery.check",
		"session.create", "session.delete", "session.deleteAll", "session.raise", "session.update",
		"token.create", "token.redeem",
		"totp.check", "totp.confirm", "totp.disable", "totp.enrol",
		"user.confirm", "user.create", "user.delete", "user.disable", "user.of", "user.setAddress",
	}
}

// Guards are the names of those of which it wants to know only the steps that
// fail, since they let nearly every request pass.
func Guards() []string { return []string{"guard.key", "guard.rate", "guard.session"} }
