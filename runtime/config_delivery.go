package runtime

import "github.com/latchwork/latchwork/nodes/seal"

// checkDelivery reports what is wrong with the sections of what is sent, and with the
// key of the installation. Secrets whose values nobody has looked up are believed.
func (r *configChecker) checkDelivery() {
	mail, messages := r.config.Mail, r.config.Messages
	if mail.From == unresolved {
		mail.From = "somebody@localhost"
	}
	if mail.SMTP.Host == unresolved {
		mail.SMTP.Host = "localhost"
	}
	if messages.Webhook == unresolved {
		messages.Webhook = ""
	}
	r.groupErrors("mail", mail.Validate())
	r.groupErrors("messages", messages.Validate())
	if key := r.config.Store.Key; key != "" && key != unresolved {
		if _, err := seal.Parse(key); err != nil {
			r.report(r.at("store.key"), "bad-key", "make one with: openssl rand -base64 32", "store.key must be 32 bytes in base64")
		}
	}
}
