package letter

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/latchwork/latchwork/nodes/outbound"
)

// webhookBody is how much is read of an answer, of which nothing counts but its end.
const webhookBody = 4 << 10

// Webhook is a Carrier that posts short messages to a URL, as {"to": …, "text": …}. An
// answer of 200 to 299 says that one was taken.
type Webhook struct {
	Config MessagesConfig
	Client *http.Client // of outbound.Config.Client, within whose reach the URL is
}

type webhookMessage struct {
	To   string `json:"to"`
	Text string `json:"text"`
}

// Send is part of Carrier. Its errors do not have the URL, which may hold a secret.
func (w Webhook) Send(ctx context.Context, m Message) error {
	if err := w.Config.Validate(); err != nil {
		return fmt.Errorf("letter: %w", err)
	}
	text, err := json.Marshal(webhookMessage{m.To, m.Text})
	if err != nil {
		return fmt.Errorf("letter: %w", err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.Config.Webhook, bytes.NewReader(text))
	if err != nil {
		return fmt.Errorf("letter: messages.webhook: %w", outbound.Cause(err))
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := w.Client.Do(r)
	if err != nil {
		return fmt.Errorf("letter: messages.webhook: %w", outbound.Cause(err))
	}
	defer answer.Body.Close()
	// Read to its end, the connection can be used again.
	_, _ = io.CopyN(io.Discard, answer.Body, webhookBody)
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return fmt.Errorf("letter: messages.webhook answers %d", answer.StatusCode)
	}
	return nil
}
