// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

// A peer for the benchmarks, with the design that most programs start with: each operation has a mutex. The goroutine of
// the reporter holds the mutex, and encodes and writes the JSON once for each watcher.
//
//	seed PORT
//	GET /api/v1/progress/op    a WebSocket that receives every update
//	GET /start?u=U&r=R         sends U updates, R per second (0: as fast as possible)
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

// progress is one operation and its watchers.
type progress struct {
	mutex    sync.Mutex
	message  message
	watchers map[*websocket.Conn]struct{}
	start    chan struct{} // unbuffered: one receiver gets the value
	watched  sync.Once
}

func newProgress() *progress {
	return &progress{
		message:  message{State: "Pending"},
		watchers: map[*websocket.Conn]struct{}{},
		start:    make(chan struct{}),
	}
}

// update writes to every watcher before it returns, so the slowest watcher determines its duration.
func (p *progress) update(state string, details interface{}) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.message = message{state, details}
	for watcher := range p.watchers {
		if err := watcher.WriteJSON(p.message); err != nil {
			p.remove(watcher) // deadlock: remove locks the mutex that this function holds; the peer keeps this fault of the design
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

// monotonicNow reads the clock of the load client, CLOCK_MONOTONIC; the Go standard library has no function for it.
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
			operation.add(watcher) // the peer reads no frames from a watcher
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
