package factor

import (
	"encoding/base64"
	"fmt"

	"rsc.io/qr"
)

// qrOf is a text as a QR code: a data URI of a PNG, for the src of an image.
func qrOf(text string) (string, error) {
	c, err := qr.Encode(text, qr.M)
	if err != nil {
		return "", fmt.Errorf("factor: QR code: %w", err)
	}
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(c.PNG()), nil
}
