// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.
//
// A library to preload (LD_PRELOAD): makes a full, read-only, slow or broken disk of one directory, and keeps the image that a
// power loss would leave of it. It affects the calls that SQLite makes for its files; a call that would escape ends the process.
//
//   FAULT_DIR      the directory, as an absolute path without links; its files must be directly in it
//   FAULT_CONTROL  a file of the structure `control`, which a test changes while the process runs (faults.py)
//   FAULT_SHADOW   optional: the directory of the image (image.c)
//   FAULT_EARLY    optional: a random seed; a random quarter of the pages reaches the image before a sync
//
// The file -shm of SQLite has no image: it is shared memory, and a start makes it again.

#include "faultfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum mode { OK, FULL, READONLY, SLOW, BROKEN };

/// Shared with the test.
struct control {
    uint32_t mode, slow_ms;
    uint64_t syncs, failures;
};

enum { MAXIMUM_FILES = 1 << 16 };
static struct file files[MAXIMUM_FILES];  // by descriptor
static struct control *control;
static const char *directory;

void fault_abort(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("faultfs: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    abort();
}

static const char *variable(const char *name, bool is_needed) {
    const char *value = getenv(name);
    if (is_needed && !value) fault_abort("%s is not set", name);
    return value;
}

__attribute__((constructor)) static void begin(void) {
    if (control) return;
    directory = variable("FAULT_DIR", true);
    int fd = NEXT(open)(variable("FAULT_CONTROL", true), O_RDWR | O_CLOEXEC);
    if (fd < 0) fault_abort("FAULT_CONTROL: %s", strerror(errno));
    control = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (control == MAP_FAILED) fault_abort("FAULT_CONTROL: %s", strerror(errno));
    NEXT(close)(fd);
    const char *seed = variable("FAULT_EARLY", false), *shadow = variable("FAULT_SHADOW", false);
    image_begin(directory, shadow, seed ? strtoull(seed, NULL, 10) * 0x9E3779B97F4A7C15 | 1 : 0);
}

static uint32_t mode_now(void) { return __atomic_load_n(&control->mode, __ATOMIC_ACQUIRE); }

int write_fault(void) {
    uint32_t mode = mode_now();
    int fault = mode == FULL ? ENOSPC : mode == READONLY ? EROFS : 0;
    if (fault) __atomic_fetch_add(&control->failures, 1, __ATOMIC_RELAXED);
    return fault;
}

struct file *file_of(int fd) {
    return fd >= 0 && fd < MAXIMUM_FILES && files[fd].is_ours ? &files[fd] : NULL;
}

bool is_inside(char out[PATH_MAX], int at, const char *path) {
    if (!control) begin();
    char base[PATH_MAX] = "", link[64];
    if (path[0] != '/') {
        snprintf(link, sizeof link, at == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d", at);
        if (readlink(link, base, PATH_MAX - 1) < 0) fault_abort("%s: %s", link, strerror(errno));
        strcat(base, base[1] ? "/" : "");
    }
    if (strlen(base) + strlen(path) >= PATH_MAX) return false;
    strcat(strcpy(out, base), path);
    size_t length = strlen(directory);
    return !strncmp(out, directory, length) && (out[length] == '/' || !out[length]);
}

static int open_file(int at, const char *path, int flags, mode_t mode) {
    char full[PATH_MAX];
    if (!is_inside(full, at, path)) return NEXT(openat)(at, path, flags, mode);
    bool is_new = faccessat(at, path, F_OK, AT_SYMLINK_NOFOLLOW) < 0, writes = (flags & O_ACCMODE) != O_RDONLY;
    int fault = (is_new && flags & O_CREAT) || (mode_now() == READONLY && writes) ? write_fault() : 0;
    if (fault) return errno = fault, -1;
    // The image reads what is written, and must know the place.
    if ((flags & O_ACCMODE) == O_WRONLY || flags & (O_APPEND | (O_TMPFILE & ~O_DIRECTORY)))
        fault_abort("cannot imitate the flags %#o for %s", flags, full);
    int fd = NEXT(openat)(at, path, flags, mode);
    if (fd < 0) return fd;
    if (fd >= MAXIMUM_FILES) fault_abort("descriptor %d is too large", fd);
    struct stat status;
    if (fstat(fd, &status) < 0) fault_abort("fstat: %s", strerror(errno));
    size_t length = strlen(full);
    bool is_shared_memory = length > 4 && !strcmp(full + length - 4, "-shm");
    struct image *image = S_ISREG(status.st_mode) && !is_shared_memory ? image_of(fd, full, is_new) : NULL;
    if (flags & O_TRUNC) image_truncated(image, 0);
    files[fd] = (struct file){true, image};
    return fd;
}

#define OPEN(name, parameters, at)                                          \
    int name parameters {                                                   \
        mode_t mode = 0;                                                    \
        if (flags & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY))) {               \
            va_list arguments;                                              \
            va_start(arguments, flags);                                     \
            mode = va_arg(arguments, mode_t);                               \
            va_end(arguments);                                              \
        }                                                                   \
        return open_file(at, path, flags, mode);                            \
    }
OPEN(open, (const char *path, int flags, ...), AT_FDCWD)
OPEN(open64, (const char *path, int flags, ...), AT_FDCWD)
OPEN(openat, (int at, const char *path, int flags, ...), at)
OPEN(openat64, (int at, const char *path, int flags, ...), at)
int __open_2(const char *path, int flags) { return open_file(AT_FDCWD, path, flags, 0); }
int __open64_2(const char *path, int flags) { return open_file(AT_FDCWD, path, flags, 0); }
int __openat_2(int at, const char *path, int flags) { return open_file(at, path, flags, 0); }
int creat(const char *path, mode_t mode) { return open_file(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }

int close(int fd) {
    if (file_of(fd)) files[fd] = (struct file){0};
    return NEXT(close)(fd);
}

/// Writes; `offset` -1 is the position of the descriptor.
static ssize_t write_file(struct file *file, int fd, const void *bytes, size_t count, off_t offset) {
    int fault = write_fault();
    if (fault) return errno = fault, -1;
    image_lock(file->image);
    off_t start = offset >= 0 ? offset : lseek(fd, 0, SEEK_CUR);
    ssize_t written = offset >= 0 ? NEXT(pwrite)(fd, bytes, count, offset) : NEXT(write)(fd, bytes, count);
    if (written > 0) image_wrote(file->image, fd, start, written);
    image_unlock(file->image);
    return written;
}

ssize_t write(int fd, const void *bytes, size_t count) {
    struct file *file = file_of(fd);
    return file ? write_file(file, fd, bytes, count, -1) : NEXT(write)(fd, bytes, count);
}
ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset) {
    struct file *file = file_of(fd);
    return file ? write_file(file, fd, bytes, count, offset) : NEXT(pwrite)(fd, bytes, count, offset);
}
ssize_t pwrite64(int fd, const void *bytes, size_t count, off_t offset) { return pwrite(fd, bytes, count, offset); }

int ftruncate(int fd, off_t size) {
    struct file *file = file_of(fd);
    if (!file) return NEXT(ftruncate)(fd, size);
    struct stat status;
    if (fstat(fd, &status) < 0) fault_abort("fstat: %s", strerror(errno));
    int fault = mode_now() == READONLY || status.st_size < size ? write_fault() : 0;
    if (fault) return errno = fault, -1;
    image_lock(file->image);
    int result = NEXT(ftruncate)(fd, size);
    if (result == 0) image_truncated(file->image, size);
    image_unlock(file->image);
    return result;
}
int ftruncate64(int fd, off_t size) { return ftruncate(fd, size); }

int posix_fallocate(int fd, off_t offset, off_t count) {
    int fault = file_of(fd) ? write_fault() : 0;
    return fault ? fault : NEXT(posix_fallocate)(fd, offset, count);
}
int fallocate(int fd, int mode, off_t offset, off_t count) {
    if (file_of(fd) && mode & ~FALLOC_FL_KEEP_SIZE) fault_abort("cannot imitate fallocate with the mode %d", mode);
    int fault = file_of(fd) ? write_fault() : 0;
    return fault ? (errno = fault, -1) : NEXT(fallocate)(fd, mode, offset, count);
}
int fallocate64(int fd, int mode, off_t offset, off_t count) { return fallocate(fd, mode, offset, count); }
int posix_fallocate64(int fd, off_t offset, off_t count) { return posix_fallocate(fd, offset, count); }

static int sync_file(struct file *file, int fd, int (*next)(int)) {
    uint32_t mode = mode_now();
    if (mode == SLOW) {
        struct timespec rest = {control->slow_ms / 1000, control->slow_ms % 1000 * 1000000L};
        while (nanosleep(&rest, &rest) < 0 && errno == EINTR) continue;
    }
    struct pending pending = image_take(file->image, fd);
    if (mode == BROKEN) {
        __atomic_fetch_add(&control->failures, 1, __ATOMIC_RELAXED);
        image_lose(file->image, pending);
        return errno = EIO, -1;
    }
    // A process that is killed during its sync leaves an image without it.
    if (next(fd) < 0) fault_abort("the real sync failed: %s", strerror(errno));
    image_keep(file->image, fd, pending);
    __atomic_fetch_add(&control->syncs, 1, __ATOMIC_RELAXED);
    return 0;
}

int fsync(int fd) {
    struct file *file = file_of(fd);
    return file ? sync_file(file, fd, NEXT(fsync)) : NEXT(fsync)(fd);
}
int fdatasync(int fd) {
    struct file *file = file_of(fd);
    return file ? sync_file(file, fd, NEXT(fdatasync)) : NEXT(fdatasync)(fd);
}
