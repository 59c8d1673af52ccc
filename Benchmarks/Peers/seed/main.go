// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

// A peer for the benchmarks: the design that most programs start with. One mutex for each operation, and under it one
// JSON encoding and one write for each watcher, in the goroutine of whoever reports.
//
//	seed PORT
//	GET /api/v1/progress/op    a WebSocket that gets every update
//	GET /start?u=U&r=R         U updates, R in a second (0: flat out)
package main

import (
	"log"
	"net/http"
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"github.com/gorilla/websocket"
)

type message struct {
	State   string      `json:"state"`
	Details interface{} `json:"details"`
}

// progress is one operation and everyone who watches it.
type progress struct {
	mutex    sync.Mutex
	message  message
	watchers map[*websocket.Conn]struct{}
	start    chan struct{} // unbuffered: one who waits gets it
	watched  sync.Once
}

func newProgress() *progress {
	return &progress{
		message:  message{State: "Pending"},
		watchers: map[*websocket.Conn]struct{}{},
		start:    make(chan struct{}),
	}
}

// update writes to every watcher before it returns: the slowest of them decides how long that takes.
func (p *progress) update(state string, details interface{}) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.message = message{state, details}
	for watcher := range p.watchers {
		if err := watcher.WriteJSON(p.message); err != nil {
			p.remove(watcher) // waits for the mutex that this function holds: the design's deadlock, kept
		}
	}
}

func (p *progress) add(watcher *websocket.Conn) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.watchers[watcher] = struct{}{}
	p.watched.Do(func() { go func() { p.start <- struct{}{} }() })
}

func (p *progress) remove(watcher *websocket.Conn) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	delete(p.watchers, watcher)
	watcher.Close()
}

// monotonicNow is the clock that the load client reads, which the standard library does not give.
func monotonicNow() int64 {
	const clockMonotonic = 1
	var now syscall.Timespec
	syscall.Syscall(syscall.SYS_CLOCK_GETTIME, clockMonotonic, uintptr(unsafe.Pointer(&now)), 0)
	return now.Nano()
}

func (p *progress) produce(updates int, rate float64) {
	begin := time.Now()
	for made := 0; made < updates; made++ {
		if rate > 0 {
			due := begin.Add(time.Duration(float64(made) * 1e9 / rate))
			if wait := time.Until(due); wait > 0 {
				time.Sleep(wait)
			}
		}
		p.update("Processing", map[string]interface{}{
			"percentComplete": 50, "currentStep": "Validating data", "t": monotonicNow(),
		})
	}
}

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: seed PORT")
	}
	operation := newProgress()
	go func() { <-operation.start }()
	upgrader := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	http.HandleFunc("/api/v1/progress/op", func(w http.ResponseWriter, r *http.Request) {
		watcher, err := upgrader.Upgrade(w, r, nil)
		if err == nil {
			operation.add(watcher) // nobody reads from it
		}
	})
	http.HandleFunc("/start", func(w http.ResponseWriter, r *http.Request) {
		updates, err := strconv.Atoi(r.FormValue("u"))
		rate, _ := strconv.ParseFloat(r.FormValue("r"), 64)
		if err != nil {
			http.Error(w, "u=UPDATES&r=RATE", http.StatusBadRequest)
			return
		}
		go operation.produce(updates, rate)
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Args[1], nil))
}
