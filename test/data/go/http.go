// What Go's net/http writes: a server's answers to requests written by hand, and a client's requests and errors. The texts next
// to it were written by this program, built with go1.19.8: go run http.go >http.txt
package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"time"
)

var requests = []string{
	"GET /small HTTP/1.1\r\nHost: h\r\n\r\n",
	"GET /small HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
	"GET /small HTTP/1.0\r\n\r\n",
	"GET /small HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
	"HEAD /small HTTP/1.1\r\nHost: h\r\n\r\n",
	"HEAD /2049 HTTP/1.1\r\nHost: h\r\n\r\n",
	"HEAD /flush HTTP/1.1\r\nHost: h\r\n\r\n",
	"GET /2048 HTTP/1.1\r\nHost: h\r\n\r\n",
	"GET /2049 HTTP/1.1\r\nHost: h\r\n\r\n",
	"GET /2049 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
	"GET /type HTTP/1.1\r\nHost: h\r\n\r\n",
	"GET /trailer HTTP/1.1\r\nHost: h\r\n\r\n",
	"GET /trailer HTTP/1.0\r\n\r\n",
	"GET /flush HTTP/1.1\r\nHost: h\r\n\r\n",
	"GET /flush HTTP/1.0\r\n\r\n",
	"GET /none HTTP/1.1\r\nHost: h\r\n\r\n",
	"GET /close HTTP/1.1\r\nHost: h\r\n\r\n",
	"POST /post HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nab",
	"POST /post HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\nGET /small HTTP/1.1\r\nHost: h\r\n\r\n",
	"GET /small HTTP/1.1\r\n\r\n",
	"GET /small HTTP/2.0\r\nHost: h\r\n\r\n",
	"GET /small FOO\r\nHost: h\r\n\r\n",
	"GET small HTTP/1.1\r\nHost: h\r\n\r\n",
	"GARBAGE\r\n\r\n",
	"GET /small HTTP/1.1\r\nHost: h\r\nExpect: foo\r\n\r\n",
}

func serve() string {
	mux := http.NewServeMux()
	text := func(n int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { w.Write([]byte(strings.Repeat("x", n))) }
	}
	mux.HandleFunc("/small", text(6))
	mux.HandleFunc("/2048", text(2048))
	mux.HandleFunc("/2049", text(2049))
	mux.HandleFunc("/type", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Vary", "Accept")
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Audit-Id", "1")
		w.WriteHeader(404)
		io.WriteString(w, "{}")
	})
	mux.HandleFunc("/trailer", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Trailer", "X-T")
		w.WriteHeader(400)
		io.WriteString(w, "{}")
		w.Header().Set("X-T", "1")
	})
	mux.HandleFunc("/flush", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		w.(http.Flusher).Flush()
		io.WriteString(w, "one\n")
		w.(http.Flusher).Flush()
		io.WriteString(w, "two\n")
		w.(http.Flusher).Flush()
	})
	mux.HandleFunc("/none", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(204) })
	mux.HandleFunc("/close", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "close")
		io.WriteString(w, "x")
	})
	mux.HandleFunc("/post", func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "text/plain")
		w.Write(b)
	})
	l, _ := net.Listen("tcp", "127.0.0.1:0")
	go http.Serve(l, mux)
	return l.Addr().String()
}

func ask(addr, text string) string {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		panic(err)
	}
	defer c.Close()
	io.WriteString(c, text)
	c.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
	b, err := io.ReadAll(c)
	s := string(b)
	if err == nil {
		s += "<end>"
	}
	s = regexp.MustCompile(`x{1000}x*`).ReplaceAllString(s, "(many x)")
	return regexp.MustCompile(`Date: [^\r]*`).ReplaceAllString(s, "Date: now")
}

// A server that does what the path says, and prints the connections that requests come on.
func script(l net.Listener) {
	for n := 1; ; n++ {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func(id int) {
			defer c.Close()
			in := bufio.NewReader(c)
			for {
				r, err := http.ReadRequest(in)
				if err != nil {
					return
				}
				io.ReadAll(r.Body)
				fmt.Printf("conn %d: %s %s\n", id, r.Method, r.URL.Path)
				const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
				switch r.URL.Path {
				case "/hang":
					time.Sleep(time.Second)
					return
				case "/slow":
					time.Sleep(100 * time.Millisecond)
					io.WriteString(c, ok)
				case "/eof":
					return
				case "/cut":
					io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab")
					return
				case "/bad":
					io.WriteString(c, "FOO\r\n\r\n")
				case "/chunk":
					io.WriteString(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
				case "/body":
					io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab")
					time.Sleep(time.Second)
				case "/continue":
					io.WriteString(c, "HTTP/1.1 100 Continue\r\n\r\n"+ok)
				case "/close":
					io.WriteString(c, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok")
					return
				case "/once":
					io.WriteString(c, ok)
					http.ReadRequest(in)
					return
				default:
					io.WriteString(c, ok)
				}
			}
		}(n)
	}
}

var client = &http.Client{Timeout: 500 * time.Millisecond}

func do(base, method, path, body string) {
	var from io.Reader
	if body != "" {
		from = strings.NewReader(body)
	}
	r, _ := http.NewRequest(method, base+path, from)
	r.Header.Set("Metadata-Flavor", "Google")
	r.Header.Set("Accept", "*/*")
	a, err := client.Do(r)
	var b []byte
	if err == nil {
		b, err = io.ReadAll(a.Body)
		a.Body.Close()
	}
	result := fmt.Sprint(err)
	if err == nil {
		result = fmt.Sprintf("%d %s", a.StatusCode, b)
	}
	fmt.Printf("%s %s: %s\n", method, path, strings.ReplaceAll(result, strings.TrimPrefix(base, "http://"), "HOST"))
	time.Sleep(20 * time.Millisecond)
}

func main() {
	addr := serve()
	for _, r := range requests {
		fmt.Printf("server %q\n%q\n", r, ask(addr, r))
	}
	l, _ := net.Listen("tcp", "127.0.0.1:0")
	go script(l)
	base := "http://" + l.Addr().String()
	fmt.Println("client")
	for _, path := range strings.Fields("/a /b /close /c /continue /eof /cut /bad /chunk /body /hang /once /d /once") {
		do(base, "GET", path, "")
	}
	do(base, "POST", "/e", "x")
	done := make(chan bool)
	for i := 0; i < 3; i++ {
		go func() {
			do(base, "GET", "/slow", "")
			done <- true
		}()
		time.Sleep(10 * time.Millisecond)
	}
	for i := 0; i < 3; i++ {
		<-done
	}
	do(base, "GET", "/f", "")
	fmt.Println("octets")
	raw, _ := net.Listen("tcp", "127.0.0.1:0")
	base = "http://" + raw.Addr().String()
	for _, r := range [][3]string{{"GET", "/x?y=1", ""}, {"POST", "/p", "ab"}, {"POST", "/p", ""}, {"DELETE", "/p", ""}, {"HEAD", "/p", ""}} {
		go func() {
			c, _ := raw.Accept()
			b := make([]byte, 4096)
			n, _ := c.Read(b)
			fmt.Printf("%q\n", strings.ReplaceAll(string(b[:n]), raw.Addr().String(), "HOST"))
			c.Close()
		}()
		do(base, r[0], r[1], r[2])
	}
	raw.Close()
	do(base, "GET", "/refused", "")
}
