package main_test

import (
	"bufio"
	"bytes"
	"embed"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/latchwork/latchwork/runtime/openapi/openapitest"
)

// application is what the example serves, without the state that serve --dev
// leaves in the folder.
//
//go:embed app/*.yaml
var application embed.FS

// TestBinary builds the example and signs in with it: from where sign-ins are
// expected, and from elsewhere.
func TestBinary(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "customnode")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	contract, err := exec.Command(binary, "openapi", "app").Output()
	if err != nil {
		t.Fatal(err)
	}
	openapitest.Valid(t, contract)
	for _, c := range []struct {
		allowed string
		status  int
		want    string
	}{
		{"[here, CH]", 200, `"country":"here"`},
		{"[CH]", 403, `"code":"unexpected_country"`},
	} {
		t.Run(c.allowed, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.CopyFS(dir, application); err != nil {
				t.Fatal(err)
			}
			app := filepath.Join(dir, "app")
			flow := filepath.Join(app, "sign-in.yaml")
			source, err := os.ReadFile(flow)
			if err != nil {
				t.Fatal(err)
			}
			source = bytes.Replace(source, []byte("allowed: [here, CH]"), []byte("allowed: "+c.allowed), 1)
			if err := os.WriteFile(flow, source, 0o600); err != nil {
				t.Fatal(err)
			}
			base, key := serve(t, binary, app)
			const person = `{"email":"ada@example.com","password":"seven violet teapots"}`
			if status, body := post(t, base+"/sign-up", key, person); status != 201 {
				t.Fatalf("sign-up: got %d %s", status, body)
			}
			if status, body := post(t, base+"/sign-in", key, person); status != c.status || !strings.Contains(body, c.want) {
				t.Errorf("got %d %s, want %d with %s", status, body, c.status, c.want)
			}
		})
	}
}

// TestModule does what the README says of a module of its own, with this repository
// in the place of what would be downloaded.
func TestModule(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, file := range []string{"main.go", "geoip/geoip.go", "geoip/geoip_test.go"} {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		source = bytes.ReplaceAll(source, []byte("github.com/latchwork/latchwork/examples/customnode/"), []byte("example.com/geosignin/"))
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, file)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, file), source, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "go.sum"), sums, 0o600); err != nil {
		t.Fatal(err)
	}
	const latchwork = "github.com/latchwork/latchwork"
	for _, command := range []string{
		"mod init example.com/geosignin",
		"mod edit -require=" + latchwork + "@v0.0.0 -replace=" + latchwork + "=" + root,
		"test -mod=mod ./geoip",
		"run -mod=mod . init app",
		"run -mod=mod . check app",
	} {
		run := exec.Command("go", strings.Fields(command)...)
		run.Dir = dir
		if out, err := run.CombinedOutput(); err != nil {
			t.Fatalf("go %s: %v\n%s", command, err, out)
		}
	}
}

// serve starts the binary and reads from what it prints where it serves and what
// the key is.
func serve(t *testing.T, binary, app string) (base, key string) {
	t.Helper()
	server := exec.Command(binary, "serve", "--dev", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", app)
	out, in := io.Pipe()
	server.Stdout, server.Stderr = in, in
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		go io.Copy(io.Discard, out)
		server.Process.Signal(os.Interrupt)
		server.Wait()
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if k, ok := strings.CutPrefix(lines.Text(), "KEY="); ok {
			key = k
		}
		if _, address, ok := strings.Cut(lines.Text(), "serving on "); ok {
			return strings.Fields(address)[0], key
		}
	}
	t.Fatal("the server has not started")
	return "", ""
}

func post(t *testing.T, url, key, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequest("POST", url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", key)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(answer)
}
