/* An open-loop load generator: requests start when they are due, whatever was answered before.

   load PORT PATH RATE SECONDS CONNECTIONS

   The latency of a request counts from when it was due, so that a server that stops for a moment
   pays for all that came meanwhile. One line of JSON says what happened, times in microseconds. */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum { ROOM = 16384, MOST = 1024 };
static const uint64_t SECOND = 1000000000u, PATIENCE = 5 * SECOND;

typedef struct {
  int fd, busy;
  uint64_t due;
  size_t have;
  char buffer[ROOM + 1];
} Connection;

static Connection connections[MOST];
static int idle[MOST], idles, polled;
static char request[1024];
static size_t request_size;
static struct sockaddr_in address;
static uint64_t answered, refused, broken;
static uint64_t *latencies;

static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec;
}

static void give_up(const char *what) {
  fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
  exit(1);
}

static void dial(int index) {
  Connection *c = &connections[index];
  int one = 1;
  c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&address, sizeof address)) give_up("connect");
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)index};
  if (epoll_ctl(polled, EPOLL_CTL_ADD, c->fd, &event)) give_up("epoll_ctl");
  c->busy = 0;
  c->have = 0;
  idle[idles++] = index;
}

static void redial(int index) {
  broken += (uint64_t)connections[index].busy;
  if (!connections[index].busy) {
    for (int i = 0; i < idles; i++)
      if (idle[i] == index) idle[i--] = idle[--idles];
  }
  close(connections[index].fd);
  dial(index);
}

/* The length of a whole response at the start of the buffer; 0: not whole; -1: never will be. */
static long whole(const char *buffer, size_t have) {
  const char *end = memmem(buffer, have, "\r\n\r\n", 4);
  if (!end) return have == ROOM ? -1 : 0;
  size_t head = (size_t)(end - buffer) + 4;
  for (const char *line = buffer; line < end;) {
    line = strstr(line, "\r\n") + 2;
    if (!strncasecmp(line, "content-length:", 15)) {
      size_t all = head + strtoul(line + 15, NULL, 10);
      return all > ROOM ? -1 : all <= have ? (long)all : 0;
    }
    if (!strncasecmp(line, "transfer-encoding: chunked", 26)) {
      size_t at = head;
      for (;;) {
        const char *size_end = memmem(buffer + at, have - at, "\r\n", 2);
        if (!size_end) return have == ROOM ? -1 : 0;
        size_t size = strtoul(buffer + at, NULL, 16);
        at = (size_t)(size_end - buffer) + 2 + size + 2;
        if (at > have) return at > ROOM ? -1 : 0;
        if (!size) return (long)at;
      }
    }
  }
  return (long)head;
}

static void receive(int index) {
  Connection *c = &connections[index];
  ssize_t got = recv(c->fd, c->buffer + c->have, ROOM - c->have, MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0 || !c->busy) {
    redial(index);
    return;
  }
  c->have += (size_t)got;
  c->buffer[c->have] = 0;
  long length = whole(c->buffer, c->have);
  if (!length) return;
  if (length < 0 || (size_t)length != c->have) {
    redial(index);
    return;
  }
  if (strncmp(c->buffer, "HTTP/1.1 200", 12)) refused++;
  else latencies[answered++] = now() - c->due;
  c->busy = 0;
  c->have = 0;
  idle[idles++] = index;
}

static int ascending(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}

static double at(double part) {
  if (!answered) return 0;
  return (double)latencies[(uint64_t)(part * (double)(answered - 1))] / 1e3;
}

int main(int count, char **words) {
  if (count != 6) {
    fprintf(stderr, "load PORT PATH RATE SECONDS CONNECTIONS\n");
    return 2;
  }
  double rate = atof(words[3]), seconds = atof(words[4]);
  int many = atoi(words[5]);
  uint64_t total = (uint64_t)(rate * seconds), sent = 0, behind = 0;
  if (rate <= 0 || total < 1 || many < 1 || many > MOST) {
    fprintf(stderr, "load: RATE and SECONDS above 0, CONNECTIONS of 1 to %d\n", MOST);
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  prctl(PR_SET_TIMERSLACK, 1000, 0, 0, 0);
  latencies = malloc((size_t)total * sizeof *latencies);
  if (!latencies) give_up("malloc");
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons((uint16_t)atoi(words[1]));
  request_size = (size_t)snprintf(request, sizeof request,
                                  "GET %.900s HTTP/1.1\r\nHost: localhost\r\n\r\n", words[2]);
  polled = epoll_create1(EPOLL_CLOEXEC);
  for (int i = 0; i < many; i++) dial(i);

  uint64_t start = now(), time = start;
  double gap = 1e9 / rate;
  for (;;) {
    uint64_t due = start + (uint64_t)((double)sent * gap);
    while (sent < total && idles && due <= time) {
      Connection *c = &connections[idle[--idles]];
      c->due = due;
      c->busy = 1;
      if (send(c->fd, request, request_size, MSG_DONTWAIT) != (ssize_t)request_size)
        redial(idle[idles]);
      if (time - due > behind) behind = time - due;
      due = start + (uint64_t)((double)++sent * gap);
    }
    if (sent == total && (idles == many || time > start + (uint64_t)(seconds * 1e9) + PATIENCE))
      break;
    uint64_t wait = sent < total && idles ? (due > time ? due - time : 0) : SECOND / 10;
    struct timespec timeout = {(time_t)(wait / SECOND), (long)(wait % SECOND)};
    struct epoll_event events[64];
    int ready = epoll_pwait2(polled, events, 64, &timeout, NULL);
    for (int i = 0; i < ready; i++) receive((int)events[i].data.u32);
    time = now();
  }

  double took = (double)(time - start) / 1e9;
  qsort(latencies, answered, sizeof *latencies, ascending);
  printf("{\"asked\": %llu, \"answered\": %llu, \"refused\": %llu, \"broken\": %llu, "
         "\"unanswered\": %llu, \"seconds\": %.6f, \"behind\": %.1f, "
         "\"p50\": %.1f, \"p90\": %.1f, \"p99\": %.1f, \"p999\": %.1f, \"most\": %.1f}\n",
         (unsigned long long)sent, (unsigned long long)answered, (unsigned long long)refused,
         (unsigned long long)broken, (unsigned long long)(sent - answered - refused - broken), took,
         (double)behind / 1e3, at(.5), at(.9), at(.99), at(.999), at(1));
  return 0;
}
