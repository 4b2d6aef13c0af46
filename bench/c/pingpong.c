// UDP round trips, one at a time: pingpong server PORT | pingpong client ADDRESS PORT TRIPS (prints p50 and p99 in
// microseconds)

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

static int compare(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double now_us(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1e6 + time.tv_nsec / 1e3;
}

int main(int argc, char **argv) {
  const int fd = socket(AF_INET, SOCK_DGRAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET};
  char data[32] = {0};
  if (argc == 3 && strcmp(argv[1], "server") == 0) {
    address.sin_port = htons(atoi(argv[2]));
    if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0) return 1;
    puts("ready");
    fflush(stdout);
    for (;;) {
      struct sockaddr_in from;
      socklen_t length = sizeof from;
      const ssize_t size = recvfrom(fd, data, sizeof data, 0, (struct sockaddr *)&from, &length);
      if (size > 0) sendto(fd, data, size, 0, (struct sockaddr *)&from, length);
    }
  }
  if (argc != 5) return 2;
  const int trips = atoi(argv[4]);
  double *times = calloc(trips, sizeof *times);
  address.sin_port = htons(atoi(argv[3]));
  struct timeval patience = {.tv_sec = 2};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (inet_pton(AF_INET, argv[2], &address.sin_addr) != 1 ||
      connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
    return 1;
  }
  // The first trips also resolve the address and fill tables.
  for (int i = -200; i < trips; ++i) {
    const double start = now_us();
    if (send(fd, data, sizeof data, 0) < 0 || recv(fd, data, sizeof data, 0) < 0) {
      perror("pingpong");
      return 1;
    }
    if (i >= 0) times[i] = now_us() - start;
  }
  qsort(times, trips, sizeof *times, compare);
  printf("%.2f %.2f\n", times[trips / 2], times[trips * 99 / 100]);
}
