package cmd

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
)

// curlMain is as much of curl as the lines that serve --dev prints use.
func curlMain() {
	method, url, body, header := "", "", "", http.Header{}
	for args := os.Args[1:]; len(args) > 0; args = args[1:] {
		switch flag := args[0]; {
		case flag == "-sS":
		case flag == "-w" && len(args) > 1:
			args = args[1:] // a line break behind the answer
		case flag == "-X" && len(args) > 1:
			method, args = args[1], args[1:]
		case flag == "-d" && len(args) > 1:
			body, args = args[1], args[1:]
		case flag == "-H" && len(args) > 1:
			name, value, _ := strings.Cut(args[1], ":")
			header.Set(name, strings.TrimSpace(value))
			args = args[1:]
		case strings.HasPrefix(flag, "http"):
			url = flag
		default:
			fmt.Fprintf(os.Stderr, "curl: what is %s?\n", flag)
			os.Exit(2)
		}
	}
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	if err == nil {
		r.Header = header
		var answer *http.Response
		if answer, err = http.DefaultClient.Do(r); err == nil {
			defer answer.Body.Close()
			_, err = io.Copy(os.Stdout, answer.Body)
			fmt.Println()
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "curl:", err)
		os.Exit(7)
	}
}
