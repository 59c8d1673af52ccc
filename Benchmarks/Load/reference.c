// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.
//
// The limit for loopback measurements: a WebSocket fan-out server that only writes.
//   reference PORT MODE [full]   MODE = send | write | writev; with URING also uring | uringf (registered files);
//                                full: messages as long as those of live-progress.v1
//   GET /start?u=U&r=R&b=B       U updates, R per second (0: as fast as possible), B in each system call
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000ull + t.tv_nsec;
}
// --- SHA-1 + base64 for the handshake
static uint32_t rol(uint32_t v, int n) { return v << n | v >> (32 - n); }
static void sha1(const uint8_t *m, size_t n, uint8_t out[20]) {
  uint32_t h[5] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0}, w[80];
  uint8_t b[192] = {0};
  memcpy(b, m, n);
  b[n] = 0x80;
  size_t tot = (n + 9 + 63) / 64 * 64;
  uint64_t bits = n * 8;
  for (int i = 0; i < 8; i++) b[tot - 1 - i] = bits >> (8 * i);
  for (size_t o = 0; o < tot; o += 64) {
    for (int i = 0; i < 16; i++) w[i] = b[o + 4 * i] << 24 | b[o + 4 * i + 1] << 16 | b[o + 4 * i + 2] << 8 | b[o + 4 * i + 3];
    for (int i = 16; i < 80; i++) w[i] = rol(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    uint32_t a = h[0], B = h[1], c = h[2], d = h[3], e = h[4];
    for (int i = 0; i < 80; i++) {
      uint32_t f, k;
      if (i < 20) f = (B & c) | (~B & d), k = 0x5A827999;
      else if (i < 40) f = B ^ c ^ d, k = 0x6ED9EBA1;
      else if (i < 60) f = (B & c) | (B & d) | (c & d), k = 0x8F1BBCDC;
      else f = B ^ c ^ d, k = 0xCA62C1D6;
      uint32_t t = rol(a, 5) + f + e + k + w[i];
      e = d; d = c; c = rol(B, 30); B = a; a = t;
    }
    h[0] += a; h[1] += B; h[2] += c; h[3] += d; h[4] += e;
  }
  for (int i = 0; i < 20; i++) out[i] = h[i / 4] >> (24 - 8 * (i % 4));
}
static void b64(const uint8_t *p, int n, char *o) {
  static const char T[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  int i = 0;
  for (; i < n; i += 3) {
    uint32_t v = p[i] << 16 | (i + 1 < n ? p[i + 1] << 8 : 0) | (i + 2 < n ? p[i + 2] : 0);
    *o++ = T[v >> 18];
    *o++ = T[v >> 12 & 63];
    *o++ = i + 1 < n ? T[v >> 6 & 63] : '=';
    *o++ = i + 2 < n ? T[v & 63] : '=';
  }
  *o = 0;
}

enum { SEND, WRITE, WRITEV, RING, RING_FILES } mode;
static int full;
static int *W, nW, capW;  // open watchers
static int *pos;          // fd -> index+1
static uint64_t eagain, partial;

#define DETAILS "\"state\":\"Processing\",\"details\":{\"percentComplete\":50,\"currentStep\":\"Validating data\",\"t\":%llu}"
#define PLAIN "{" DETAILS "}"
#define FULL \
  "{\"type\":\"update\",\"id\":\"op\",\"cursor\":\"15lp9nts4ddy0-10000\",\"revision\":10000,\"attempt\":1,\"status\":\"running\"," DETAILS \
  ",\"title\":null,\"progress\":null,\"parent\":null,\"labels\":{},\"cancellable\":false,\"skipped\":0," \
  "\"createdAt\":\"2026-01-01T00:00:00.000Z\",\"updatedAt\":\"2026-01-01T00:00:00.000Z\"}"
#define FRAME_MAX 512

static size_t frame(uint8_t *o) {
  char js[FRAME_MAX - 4];
  unsigned long long t = now_ns();
  int n = full ? snprintf(js, sizeof js, FULL, t) : snprintf(js, sizeof js, PLAIN, t), head = 2;
  o[0] = 0x81;
  if (n < 126) o[1] = (uint8_t)n;
  else {
    o[1] = 126;
    o[2] = (uint8_t)(n >> 8);
    o[3] = (uint8_t)n;
    head = 4;
  }
  memcpy(o + head, js, n);
  return n + head;
}
static int wait_out(int fd) {
  struct pollfd p = {.fd = fd, .events = POLLOUT};
  eagain++;
  return poll(&p, 1, 10000) > 0 && !(p.revents & (POLLERR | POLLHUP)) ? 0 : -1;
}
static int send_all(int fd, const uint8_t *b, size_t n) {
  while (n) {
    ssize_t k = mode == WRITE ? write(fd, b, n) : send(fd, b, n, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (k == (ssize_t)n) return 0;
    if (k < 0) {
      if (errno == EAGAIN) { if (wait_out(fd)) return -1; continue; }
      if (errno == EINTR) continue;
      return -1;
    }
    partial++;
    b += k;
    n -= k;
  }
  return 0;
}
static int writev_all(int fd, const struct iovec *v0, int c) {
  struct iovec v[1024];
  memcpy(v, v0, c * sizeof *v);
  struct iovec *p = v;
  while (c) {
    ssize_t k = writev(fd, p, c);
    if (k < 0) {
      if (errno == EAGAIN) { if (wait_out(fd)) return -1; continue; }
      if (errno == EINTR) continue;
      return -1;
    }
    while (c && (size_t)k >= p->iov_len) { k -= p->iov_len; p++; c--; }
    if (c) { partial++; p->iov_base = (char *)p->iov_base + k; p->iov_len -= k; }
  }
  return 0;
}
#ifdef URING
#include "uring.h"
#endif

static void produce(long U, double rate, int B) {
  static uint8_t buf[1024 * FRAME_MAX];
  static struct iovec iov[1024];
  if (B < 1) B = 1;
  if (B > 1024) B = 1024;
#ifdef URING
  if (mode >= RING) uring_prepare();
#endif
  eagain = partial = 0;
  uint64_t t0 = now_ns();
  for (long u = 0; u < U; u += B) {
    if (rate > 0) {
      uint64_t due = t0 + (uint64_t)(u * 1e9 / rate);
      struct timespec ts = {due / 1000000000ull, due % 1000000000ull};
      while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) == EINTR) {}
    }
    int b = U - u < B ? (int)(U - u) : B;
    size_t n = 0;
    for (int i = 0; i < b; i++) {
      size_t k = frame(buf + n);
      iov[i] = (struct iovec){buf + n, k};
      n += k;
    }
#ifdef URING
    if (mode >= RING) {
      uring_round(buf, n);
      continue;
    }
#endif
    if (mode == WRITEV) { for (int i = 0; i < nW; i++) if (writev_all(W[i], iov, b)) perror("writev"); }
    else for (int i = 0; i < nW; i++) if (send_all(W[i], buf, n)) { perror("send"); }
  }
  fprintf(stderr, "produced %ld updates to %d watchers in %.3f s, eagain=%lu partial=%lu\n", U, nW, (now_ns() - t0) / 1e9,
          (unsigned long)eagain, (unsigned long)partial);
}

static void drop(int ep, int fd) {
  if (pos[fd]) {
    int i = pos[fd] - 1;
    W[i] = W[--nW];
    pos[W[i]] = i + 1;
    pos[fd] = 0;
  }
  close(fd);
}

int main(int argc, char **argv) {
  int port = atoi(argv[1]);
  const char *m = argv[2];
  static const char *const modes[] = {"send", "write", "writev", "uring", "uringf"};
#ifdef URING
  const int known = 5;
#else
  const int known = 3;
#endif
  int chosen = 0;
  while (chosen < known && strcmp(m, modes[chosen])) chosen++;
  if (chosen == known) { fprintf(stderr, "%s: no such mode\n", m); return 2; }
  mode = chosen;
  full = argc > 3 && !strcmp(argv[3], "full");
  capW = 1 << 20;
  W = calloc(capW, sizeof *W);
  pos = calloc(capW, sizeof *pos);
  int ls = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;
  setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (getenv("REUSEPORT")) setsockopt(ls, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
  if (getenv("CC") && setsockopt(ls, IPPROTO_TCP, TCP_CONGESTION, getenv("CC"), strlen(getenv("CC")))) perror("TCP_CONGESTION");
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
  a.sin_addr.s_addr = htonl(0x7f000001u);
  if (bind(ls, (void *)&a, sizeof a) || listen(ls, 4096)) { perror("listen"); return 1; }
  int ep = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event e = {.events = EPOLLIN, .data.fd = ls}, ev[512];
  epoll_ctl(ep, EPOLL_CTL_ADD, ls, &e);
  static char rb[16384];
  for (;;) {
    int n = epoll_wait(ep, ev, 512, -1);
    for (int k = 0; k < n; k++) {
      int fd = ev[k].data.fd;
      if (fd == ls) {
        for (int q = 0; q < 64; q++) {
          int c = accept4(ls, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
          if (c < 0) break;
          setsockopt(c, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
          e = (struct epoll_event){.events = EPOLLIN | EPOLLRDHUP, .data.fd = c};
          epoll_ctl(ep, EPOLL_CTL_ADD, c, &e);
        }
        continue;
      }
      ssize_t r = recv(fd, rb, sizeof rb - 1, MSG_DONTWAIT);
      if (r <= 0) { if (r == 0 || errno != EAGAIN) drop(ep, fd); continue; }
      if (pos[fd]) continue;  // client frames (pongs) ignored
      rb[r] = 0;
      char *p;
      if (!strncmp(rb, "GET /start?", 11)) {  // whole request assumed in one read (loopback, < 300 bytes)
        long U = 0;
        double R = 0;
        int B = 1;
        sscanf(rb, "GET /start?u=%ld&r=%lf&b=%d", &U, &R, &B);
        const char *ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
        if (send(fd, ok, strlen(ok), MSG_NOSIGNAL) < 0) {}
        produce(U, R, B);
      } else if ((p = strcasestr(rb, "Sec-WebSocket-Key:"))) {
        p += 18;
        while (*p == ' ') p++;
        char key[128], out[256], acc[40];
        int kl = strcspn(p, "\r\n");
        if (kl > 60) { drop(ep, fd); continue; }
        memcpy(key, p, kl);
        memcpy(key + kl, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11", 36);
        uint8_t d[20];
        sha1((uint8_t *)key, kl + 36, d);
        b64(d, 20, acc);
        int ol = snprintf(out, sizeof out, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", acc);
        if (send(fd, out, ol, MSG_NOSIGNAL) != ol) { drop(ep, fd); continue; }
        W[nW++] = fd;
        pos[fd] = nW;
      } else drop(ep, fd);
    }
  }
}
