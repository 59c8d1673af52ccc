// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.
//
// A load of WebSocket watchers in one thread: counts frames, checks their order, and measures latencies (loopback only).
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
#define RBUF (256 * 1024)
#define CARRY_MAX (64 * 1024)

typedef struct {
  int fd;
  uint8_t st;  // 0 connecting 1 handshake 2 open 3 closed 4 stalled
  uint8_t frag;
  uint32_t frames;
  uint32_t carry_len, carry_cap;
  uint8_t *carry;
  uint64_t skip;  // bytes of an over-long payload still to skip
  uint64_t last_t;
} conn;

static uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000ull + t.tv_nsec;
}

// log-linear histogram: 64 sub-buckets per power of two (<=1.6% error)
static uint64_t hist[64 * 64];
static uint64_t hist_n;
static inline int hidx(uint64_t v) {
  if (v < 64) return (int)v;
  int k = 63 - __builtin_clzll(v);
  return (k - 5) * 64 + (int)((v >> (k - 6)) & 63);
}
static uint64_t hval(int i) {
  if (i < 64) return i;
  int k = i / 64 + 5;
  return (1ull << k) + ((uint64_t)(i % 64) << (k - 6));
}
static double pct(double p) {
  uint64_t need = (uint64_t)(p * hist_n), acc = 0;
  if (!hist_n) return 0;
  for (int i = 0; i < 64 * 64; i++) {
    acc += hist[i];
    if (acc > need) return hval(i) / 1000.0;
  }
  return -1;
}

static int N = 1, port = 9000, sources = 8, window_ = 256, stall = 0, stall_rcvbuf = 0, settle_ms = 300, quiet_ms = 3000,
           pid = 0, timeline = 0;
static double max_s = 60, timed_s = 0, hold_s = 0, linger_s = 0;
static long U = 0, portion = 0;  // the total number of updates, and the updates per order (0: all)
static double rate = 0;
static int nap_ms = 0, rst_after_ms = 0, fin_after_ms = 0, batch = 0, vanish = 0, aside = 0, operations = 1;
static uint32_t initial = 0;  // frames that each watcher gets before the first update
static const char *path = "/api/v1/progress/op", *label = "", *protocol = "";
static conn *C;
static int ep;
static uint64_t frames_total, bytes_total, bad, order_bad, pings, closes, neg_lat, reads_total;
static uint64_t t_first, t_last;
static int opened, failed, closed_early;
static uint8_t *rbuf;

static int cpu_ns(int p, uint64_t *out) {
  clockid_t c;
  struct timespec t;
  if (!p || clock_getcpuclockid(p, &c) || clock_gettime(c, &t)) return -1;
  *out = (uint64_t)t.tv_sec * 1000000000ull + t.tv_nsec;
  return 0;
}
static void stat_ticks(int p, unsigned long *ut, unsigned long *st) {
  char b[256], buf[2048];
  *ut = *st = 0;
  snprintf(b, sizeof b, "/proc/%d/stat", p);
  FILE *f = fopen(b, "r");
  if (!f) return;
  size_t n = fread(buf, 1, sizeof buf - 1, f);
  fclose(f);
  buf[n] = 0;
  char *q = strrchr(buf, ')');
  if (q) sscanf(q + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", ut, st);
}
static long rss_kb(int p) {
  char b[64], l[256];
  long v = -1;
  snprintf(b, sizeof b, "/proc/%d/status", p);
  FILE *f = fopen(b, "r");
  if (!f) return -1;
  while (fgets(l, sizeof l, f))
    if (sscanf(l, "VmRSS: %ld", &v) == 1) break;
  fclose(f);
  return v;
}
static long meminfo(const char *k) {
  char l[256];
  long v = -1;
  size_t n = strlen(k);
  FILE *f = fopen("/proc/meminfo", "r");
  while (fgets(l, sizeof l, f))
    if (!strncmp(l, k, n) && l[n] == ':') { v = atol(l + n + 1); break; }
  fclose(f);
  return v;
}
// busy jiffies of cpu0: user+nice+system+irq+softirq ; and softirq, steal alone
static void cpu0(uint64_t *busy, uint64_t *soft, uint64_t *steal) {
  char l[512];
  FILE *f = fopen("/proc/stat", "r");
  *busy = *soft = *steal = 0;
  while (fgets(l, sizeof l, f)) {
    unsigned long long u, n, s, i, w, q, sq, stl;
    if (sscanf(l, "cpu0 %llu %llu %llu %llu %llu %llu %llu %llu", &u, &n, &s, &i, &w, &q, &sq, &stl) == 8) {
      *busy = u + n + s + q + sq;
      *soft = sq;
      *steal = stl;
      break;
    }
  }
  fclose(f);
}

// The last `aside` watchers follow other operations, which have no updates.
static int is_aside(int i) { return i >= N - aside; }

static void close_conn(int i) {
  if (C[i].st == 3) return;
  if (C[i].st == 2) closed_early++;
  else if (C[i].st < 2) failed++;
  C[i].st = 3;
  close(C[i].fd);
}

static void send_ctl(conn *c, int op, const uint8_t *p, size_t n) {
  uint8_t f[140];
  if (n > 125) n = 125;
  f[0] = 0x80 | op;
  f[1] = 0x80 | (uint8_t)n;
  memset(f + 2, 0, 4);  // zero mask key: payload unchanged
  memcpy(f + 6, p, n);
  if (send(c->fd, f, 6 + n, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {}
}

static inline void on_text(conn *c, const uint8_t *p, size_t n, uint64_t now) {
  const uint8_t *q = memmem(p, n, "\"t\":", 4);
  if (n < 2 || p[0] != '{' || !(p[n - 1] == '}' || (p[n - 1] == '\n' && p[n - 2] == '}'))) bad++;
  if (q) {
    uint64_t t = 0;
    for (q += 4; q < p + n && *q >= '0' && *q <= '9'; q++) t = t * 10 + (*q - '0');
    if (t) {
      if (t < c->last_t) order_bad++;
      c->last_t = t;
      if (now >= t) { hist[hidx(now - t)]++; hist_n++; } else neg_lat++;
    }
  }
}

// consume whole frames from p[0..n); returns bytes consumed
static size_t parse(int ci, const uint8_t *p, size_t n, uint64_t now) {
  conn *c = &C[ci];
  size_t o = 0;
  if (c->skip) {
    size_t k = c->skip < n ? c->skip : n;
    c->skip -= k;
    o = k;
    if (c->skip) return o;
  }
  while (n - o >= 2) {
    const uint8_t *h = p + o;
    uint64_t len = h[1] & 0x7f;
    size_t hl = 2;
    int fin = h[0] & 0x80, op = h[0] & 15;
    if (h[1] & 0x80) { bad++; close_conn(ci); return n; }
    if (len == 126) {
      if (n - o < 4) break;
      len = (uint64_t)h[2] << 8 | h[3];
      hl = 4;
    } else if (len == 127) {
      if (n - o < 10) break;
      len = 0;
      for (int i = 0; i < 8; i++) len = len << 8 | h[2 + i];
      hl = 10;
    }
    int whole = n - o - hl >= len;
    if (!whole && hl + len <= CARRY_MAX) break;  // wait for the rest
    const uint8_t *pl = h + hl;
    if (op == 1 || op == 0) {
      if (op == 1 && fin && whole) on_text(c, pl, len, now);
      c->frag = !fin;
      if (fin) {
        c->frames++;
        frames_total++;
        if (!t_first) t_first = now;
        t_last = now;
      }
    } else if (op == 9) { pings++; if (whole) send_ctl(c, 10, pl, len); }
    else if (op == 8) { closes++; if (whole) send_ctl(c, 8, pl, len < 2 ? len : 2); close_conn(ci); return n; }
    else if (op != 10) bad++;
    if (!whole) { c->skip = len - (n - o - hl); return n; }
    o += hl + len;
  }
  return o;
}

static void save_carry(conn *c, const uint8_t *p, size_t n) {
  if (n > c->carry_cap) {
    c->carry_cap = n < 512 ? 512 : (uint32_t)n * 2;
    c->carry = realloc(c->carry, c->carry_cap);
  }
  if (n) memmove(c->carry, p, n);
  c->carry_len = (uint32_t)n;
}

static void on_readable(int i) {
  conn *c = &C[i];
  for (;;) {
    size_t pre = c->carry_len;
    if (pre) memcpy(rbuf, c->carry, pre);
    size_t cap = RBUF;
    ssize_t n = recv(c->fd, rbuf + pre, cap, MSG_DONTWAIT);
    if (n < 0) {
      if (errno == EAGAIN || errno == EINTR) return;
      close_conn(i);
      return;
    }
    if (n == 0) { close_conn(i); return; }
    bytes_total += n;
    reads_total++;
    size_t len = pre + n, o = 0;
    if (c->st == 1) {
      uint8_t *e = memmem(rbuf, len, "\r\n\r\n", 4);
      if (!e) {
        if (len > 8192) { close_conn(i); return; }
        save_carry(c, rbuf, len);
        continue;
      }
      if (len < 12 || memcmp(rbuf, "HTTP/1.1 101", 12) || !memmem(rbuf, e - rbuf + 2, ACCEPT, strlen(ACCEPT))) {
        if (failed < 2) fprintf(stderr, "bad handshake: %.*s\n", (int)(len > 200 ? 200 : len), rbuf);
        close_conn(i);
        return;
      }
      c->st = 2;
      opened++;
      o = e + 4 - rbuf;
      if (i < stall) {
        c->st = 4;
        epoll_ctl(ep, EPOLL_CTL_DEL, c->fd, NULL);
        return;
      }
    }
    o += parse(i, rbuf + o, len - o, now_ns());
    if (c->st == 3) return;
    save_carry(c, rbuf + o, len - o);
    if ((size_t)n < cap) return;  // short read: edge-triggered epoll reports new bytes
  }
}

static int pump(int timeout_ms) {
  static struct epoll_event ev[1024];
  int n = epoll_wait(ep, ev, 1024, timeout_ms);
  for (int k = 0; k < n; k++) {
    int i = (int)ev[k].data.u32;
    conn *c = &C[i];
    if (c->st == 3 || c->st == 4) continue;
    if (c->st == 0) {
      if (!(ev[k].events & (EPOLLOUT | EPOLLERR | EPOLLHUP))) continue;
      int e = 0;
      socklen_t l = sizeof e;
      getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &e, &l);
      if (e) {
        if (failed < 2) fprintf(stderr, "connect: %s\n", strerror(e));
        close_conn(i);
        continue;
      }
      if (!(ev[k].events & EPOLLOUT)) continue;
      char rq[512], other[64];
      const char *target = path;
      if (is_aside(i)) {
        snprintf(other, sizeof other, "/api/v1/progress/aside-%d", i % operations);
        target = other;
      }
      int m = snprintf(rq, sizeof rq,
                       "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                       "Sec-WebSocket-Key: " KEY "\r\nSec-WebSocket-Version: 13\r\n%s%s%s\r\n", target, port,
                       *protocol ? "Sec-WebSocket-Protocol: " : "", protocol, *protocol ? "\r\n" : "");
      if (send(c->fd, rq, m, MSG_NOSIGNAL) != m) { close_conn(i); continue; }
      c->st = 1;
      continue;
    }
    if (ev[k].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) on_readable(i);
  }
  return n;
}

static void start_conn(int i) {
  conn *c = &C[i];
  c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (c->fd < 0) { perror("socket"); exit(1); }
  int one = 1;
  setsockopt(c->fd, SOL_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (i < stall && stall_rcvbuf) setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &stall_rcvbuf, sizeof stall_rcvbuf);
  struct linger lg = {1, 0};  // RST on close: no TIME_WAIT pile-up between runs
  setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &lg, sizeof lg);
  struct sockaddr_in s = {.sin_family = AF_INET};
  s.sin_addr.s_addr = htonl(0x7f000001u + (uint32_t)(i % sources));
  if (bind(c->fd, (void *)&s, sizeof s)) { perror("bind"); exit(1); }
  s.sin_port = htons(port);
  s.sin_addr.s_addr = htonl(0x7f000001u);
  struct epoll_event e = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.u32 = (uint32_t)i};
  if (connect(c->fd, (void *)&s, sizeof s) && errno != EINPROGRESS) {
    if (failed < 2) perror("connect");
    c->st = 0;
    close_conn(i);
    return;
  }
  epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &e);
}

static int trigger(long updates) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in s = {.sin_family = AF_INET, .sin_port = htons(port)};
  s.sin_addr.s_addr = htonl(0x7f000001u);
  if (connect(fd, (void *)&s, sizeof s)) { perror("trigger connect"); exit(1); }
  char rq[256];
  int m = snprintf(rq, sizeof rq, "GET /start?u=%ld&r=%.0f&b=%d HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", updates, rate, batch);
  if (send(fd, rq, m, MSG_NOSIGNAL) != m) { perror("trigger"); exit(1); }
  return fd;
}

// Returns whether every open, reading watcher has received its frames before the first update.
static int all_greeted(void) {
  for (int i = stall; i < N; i++)
    if (C[i].st == 2 && C[i].frames < initial) return 0;
  return 1;
}

// Lets the watchers after the stalled ones vanish without a packet, if the system permits it.
static void let_vanish(void) {
  for (int i = stall; i < stall + vanish && i < N; i++) {
    if (C[i].st != 2) continue;
    int repair = 1;
    if (setsockopt(C[i].fd, IPPROTO_TCP, TCP_REPAIR, &repair, sizeof repair)) perror("TCP_REPAIR, so a reset instead");
    close(C[i].fd);
    C[i].st = 3;
  }
}

int main(int argc, char **argv) {
  for (int i = 1; i + 1 < argc; i += 2) {
    const char *a = argv[i], *v = argv[i + 1];
#define O(s) (!strcmp(a, s))
    if O("-n") N = atoi(v);
    else if O("-port") port = atoi(v);
    else if O("-path") path = v;
    else if O("-u") U = atol(v);
    else if O("-r") rate = atof(v);
    else if O("-b") batch = atoi(v);
    else if O("-pid") pid = atoi(v);
    else if O("-sources") sources = atoi(v);
    else if O("-window") window_ = atoi(v);
    else if O("-stall") stall = atoi(v);
    else if O("-stall-rcvbuf") stall_rcvbuf = atoi(v);
    else if O("-rst-after") rst_after_ms = atoi(v);
    else if O("-fin-after") fin_after_ms = atoi(v);
    else if O("-settle") settle_ms = atoi(v);
    else if O("-quiet") quiet_ms = atoi(v);
    else if O("-max") max_s = atof(v);
    else if O("-timed") timed_s = atof(v);
    else if O("-hold") hold_s = atof(v);
    else if O("-label") label = v;
    else if O("-protocol") protocol = v;
    else if O("-initial") initial = (uint32_t)atoi(v);
    else if O("-vanish") vanish = atoi(v);
    else if O("-portion") portion = atol(v);
    else if O("-linger") linger_s = atof(v);
    else if O("-aside") aside = atoi(v);
    else if O("-operations") operations = atoi(v) > 0 ? atoi(v) : 1;
    else if O("-nap") nap_ms = atoi(v);
    else if O("-timeline") timeline = atoi(v);
    else { fprintf(stderr, "unknown option %s\n", a); return 2; }
  }
  if (max_s > 120) max_s = 120;
  struct rlimit rl;
  getrlimit(RLIMIT_NOFILE, &rl);
  if (rl.rlim_cur < (rlim_t)N + 64) {
    struct rlimit want = {(rlim_t)N + 64, rl.rlim_max > (rlim_t)N + 64 ? rl.rlim_max : (rlim_t)N + 64};
    if (setrlimit(RLIMIT_NOFILE, &want)) { perror("setrlimit"); return 1; }
  }
  C = calloc(N, sizeof *C);
  rbuf = malloc(RBUF + CARRY_MAX + 64);
  memset(rbuf, 0, RBUF + CARRY_MAX + 64);
  ep = epoll_create1(EPOLL_CLOEXEC);
  long rss0 = rss_kb(pid), slab0 = meminfo("Slab");
  uint64_t c0 = 0, c1 = 0, c2 = 0, c3 = 0;
  cpu_ns(pid, &c0);
  uint64_t t0 = now_ns();
  int started = 0;
  while (opened + failed < N && now_ns() - t0 < 60e9) {
    while (started < N && started - opened - failed < window_) start_conn(started++);
    pump(50);
  }
  uint64_t t1 = now_ns();
  cpu_ns(pid, &c1);
  if (opened < N) fprintf(stderr, "only %d of %d open, %d failed\n", opened, N, failed);
  uint64_t te = t1 + (uint64_t)settle_ms * 1000000ull;
  while (now_ns() < te) pump(20);
  te += 10000000000ull;
  while (now_ns() < te && !all_greeted()) pump(20);
  long rss1 = rss_kb(pid), slab1 = meminfo("Slab");
  if (hold_s > 0) {
    te = now_ns() + (uint64_t)(hold_s * 1e9);
    while (now_ns() < te) pump(50);
    rss1 = rss_kb(pid);
  }
  unsigned long ut2 = 0, st2 = 0, ut3 = 0, st3 = 0;
  uint64_t b0, s0, x0, b1, s1, x1, my0 = 0, my1 = 0;
  let_vanish();
  int silent = stall + vanish + aside < opened ? stall + vanish + aside : opened;
  uint64_t pre = frames_total;
  memset(hist, 0, sizeof hist);
  hist_n = 0;
  t_first = t_last = 0;
  int trig = -1;
  double wall_window = 0;
  uint64_t ts = now_ns(), tend = ts;
  cpu_ns(pid, &c2);
  cpu_ns(getpid(), &my0);
  stat_ticks(pid, &ut2, &st2);
  cpu0(&b0, &s0, &x0);
  uint64_t reads0 = reads_total, bytes0 = bytes_total;
  if (U > 0) {
    if (portion <= 0 || portion > U) portion = U;
    long ordered = portion;
    trig = trigger(portion);
    uint64_t expect = pre + (uint64_t)U * (uint64_t)(opened - silent);
    uint64_t last_frames = frames_total, last_change = now_ns(), next_line = ts + 500000000ull, line_f = frames_total;
    int rst_done = 0;
    while (frames_total < expect) {
      pump(10);
      if (nap_ms) usleep(nap_ms * 1000);
      // The next portion starts when all watchers have the last one, so that a server with a small buffer need not skip any.
      if (ordered < U && frames_total >= pre + (uint64_t)ordered * (uint64_t)(opened - silent)) {
        long next = U - ordered < portion ? U - ordered : portion;
        close(trig);
        trig = trigger(next);
        ordered += next;
      }
      uint64_t t = now_ns();
      if (frames_total != last_frames) { last_frames = frames_total; last_change = t; }
      if (timed_s > 0 && t - ts > timed_s * 1e9) break;
      if (t - ts > max_s * 1e9) break;
      if (t - last_change > (uint64_t)quiet_ms * 1000000ull) break;
      if (timeline && t >= next_line) {
        fprintf(stderr, "t=%.1fs frames=%lu (+%lu in 0.5 s)\n", (t - ts) / 1e9, (unsigned long)(frames_total - pre),
                (unsigned long)(frames_total - line_f));
        line_f = frames_total;
        next_line += 500000000ull;
      }
      if (!rst_done && (rst_after_ms || fin_after_ms) && t - ts > (uint64_t)(rst_after_ms + fin_after_ms) * 1000000ull) {
        for (int i = 0; i < stall; i++)
          if (C[i].st == 4) {
            if (fin_after_ms) {
              struct linger lg = {0, 0};
              setsockopt(C[i].fd, SOL_SOCKET, SO_LINGER, &lg, sizeof lg);
            }
            close(C[i].fd);
            C[i].st = 3;
          }
        rst_done = 1;
        fprintf(stderr, "t=%.1fs closed %d stalled connection(s)\n", (t - ts) / 1e9, stall);
      }
    }
    tend = now_ns();
  }
  cpu_ns(pid, &c3);
  cpu_ns(getpid(), &my1);
  stat_ticks(pid, &ut3, &st3);
  cpu0(&b1, &s1, &x1);
  long rss2 = rss_kb(pid);
  uint64_t got = frames_total - pre;
  uint64_t c4 = c3, tl = now_ns();
  te = tl + (uint64_t)(linger_s * 1e9);
  while (now_ns() < te) pump(50);
  cpu_ns(pid, &c4);
  double lingered = (double)(now_ns() - tl);
  long rss3 = rss_kb(pid);
  wall_window = t_last > t_first ? (t_last - t_first) / 1e9 : 0;
  uint32_t mn = ~0u, mx = 0;
  int act = 0;
  for (int i = stall + vanish; i < N - aside; i++) {
    if (C[i].st == 3 && !C[i].frames) continue;
    act++;
    if (C[i].frames < mn) mn = C[i].frames;
    if (C[i].frames > mx) mx = C[i].frames;
  }
  if (!act) mn = 0;
  double f = got ? (double)got : 1;
  printf("{\"label\":\"%s\",\"n\":%d,\"u\":%ld,\"rate\":%.0f,\"b\":%d,\"opened\":%d,\"failed\":%d,\"closed_early\":%d,"
         "\"connect_s\":%.4f,\"connect_per_s\":%.0f,\"hs_cpu_us\":%.2f,"
         "\"frames\":%lu,\"expected\":%lu,\"min\":%u,\"max\":%u,\"bad\":%lu,\"order_bad\":%lu,\"neg_lat\":%lu,\"pings\":%lu,\"closes\":%lu,"
         "\"wall_s\":%.4f,\"total_s\":%.4f,\"frames_per_s\":%.0f,\"srv_cpu_ns\":%.1f,\"cli_cpu_ns\":%.1f,\"wall_ns\":%.1f,"
         "\"srv_util\":%.3f,\"cpu0_busy_ns\":%.1f,\"cpu0_soft_ns\":%.1f,\"steal_ticks\":%lu,\"srv_ut\":%lu,\"srv_st\":%lu,"
         "\"frames_per_read\":%.2f,\"bytes_per_frame\":%.1f,\"p50_us\":%.1f,\"p90_us\":%.1f,\"p99_us\":%.1f,\"p999_us\":%.1f,\"max_us\":%.1f,"
         "\"rss0_kb\":%ld,\"rss1_kb\":%ld,\"rss2_kb\":%ld,\"rss3_kb\":%ld,\"idle_util\":%.4f,\"rss_per_conn_b\":%.0f,\"slab_per_conn_b\":%.0f}\n",
         label, N, U, rate, batch, opened, failed, closed_early, (t1 - t0) / 1e9, opened / ((t1 - t0) / 1e9),
         opened ? (c1 - c0) / 1e3 / opened : 0, (unsigned long)got,
         (unsigned long)((uint64_t)U * (opened - silent)), mn, mx, (unsigned long)bad,
         (unsigned long)order_bad, (unsigned long)neg_lat, (unsigned long)pings, (unsigned long)closes, wall_window,
         (tend - ts) / 1e9, wall_window > 0 ? got / wall_window : 0, (c3 - c2) / f, (my1 - my0) / f,
         wall_window * 1e9 / f, (tend - ts) ? (double)(c3 - c2) / (tend - ts) : 0, (b1 - b0) * 1e7 / f, (s1 - s0) * 1e7 / f,
         (unsigned long)(x1 - x0), ut3 - ut2, st3 - st2, (double)got / (reads_total - reads0 ? reads_total - reads0 : 1), (bytes_total - bytes0) / f,
         pct(.5), pct(.9), pct(.99), pct(.999), pct(1.0 - 1e-12), rss0, rss1, rss2, rss3,
         lingered > 0 ? (c4 - c3) / lingered : 0,
         opened ? (rss1 - rss0) * 1024.0 / opened : 0, opened ? (slab1 - slab0) * 1024.0 / opened : 0);
  if (trig >= 0) close(trig);
  for (int i = 0; i < N; i++)
    if (C[i].st != 3) close(C[i].fd);
  return got == (uint64_t)U * (uint64_t)(opened - silent) && opened == N ? 0 : 3;
}
