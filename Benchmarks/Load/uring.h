// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.
//
// A part of reference.c: one io_uring submission for all watchers instead of one system call for each.
#include <liburing.h>

#define QUEUE 4096

static struct io_uring ring;
static int ring_on;

static void uring_fail(const char *what, int error) {
  fprintf(stderr, "%s: %s\n", what, strerror(-error));
  exit(1);
}

static void uring_prepare(void) {
  int r;
  if (!ring_on) {
    struct io_uring_params p = {
        .flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE, .cq_entries = QUEUE * 2};
    if ((r = io_uring_queue_init_params(QUEUE, &ring, &p))) uring_fail("queue", r);
    ring_on = 1;
  }
  // The kernel waits for a blocking socket, so that a full one costs no extra round.
  for (int i = 0; i < nW; i++) fcntl(W[i], F_SETFL, fcntl(W[i], F_GETFL) & ~O_NONBLOCK);
  if (mode == RING_FILES) {
    io_uring_unregister_files(&ring);
    if ((r = io_uring_register_files(&ring, W, nW))) uring_fail("register files", r);
  }
}

static void uring_round(const uint8_t *b, size_t n) {
  int i = 0, inflight = 0;
  while (i < nW || inflight) {
    struct io_uring_sqe *s;
    for (int k = 0; i < nW && k < QUEUE && (s = io_uring_get_sqe(&ring)); k++, i++, inflight++) {
      io_uring_prep_send(s, mode == RING_FILES ? i : W[i], b, n, MSG_NOSIGNAL | MSG_WAITALL);
      if (mode == RING_FILES) s->flags |= IOSQE_FIXED_FILE;
    }
    int r = io_uring_submit_and_wait(&ring, inflight);
    if (r < 0 && r != -EINTR) uring_fail("submit", r);
    unsigned head, done = 0;
    struct io_uring_cqe *cqe;
    io_uring_for_each_cqe(&ring, head, cqe) {
      done++;
      if (cqe->res != (int)n) partial++;
    }
    io_uring_cq_advance(&ring, done);
    inflight -= (int)done;
  }
}
