// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.
//
// The calls for names of files, and the calls that faultfs.c does not imitate: for a file of the directory they end the process.

#include "faultfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <unistd.h>

int unlinkat(int at, const char *path, int flags) {
    char full[PATH_MAX];
    if (!is_inside(full, at, path)) return NEXT(unlinkat)(at, path, flags);
    int fault = write_fault();
    // A full disk can remove a file.
    if (fault == EROFS) return errno = fault, -1;
    int result = NEXT(unlinkat)(at, path, flags);
    if (result == 0 && !(flags & AT_REMOVEDIR)) image_unlink(full);
    return result;
}
int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }
int remove(const char *path) {
    int result = unlinkat(AT_FDCWD, path, 0);
    return result < 0 && errno == EISDIR ? unlinkat(AT_FDCWD, path, AT_REMOVEDIR) : result;
}

int renameat2(int at, const char *from, int to_at, const char *to, unsigned flags) {
    char old[PATH_MAX], new[PATH_MAX];
    bool is_from_inside = is_inside(old, at, from), is_to_inside = is_inside(new, to_at, to);
    if (!is_from_inside && !is_to_inside) return NEXT(renameat2)(at, from, to_at, to, flags);
    if (!is_from_inside || !is_to_inside || flags) fault_abort("cannot imitate the renaming of %s to %s", old, new);
    int fault = write_fault();
    if (fault) return errno = fault, -1;
    int result = NEXT(renameat2)(at, from, to_at, to, flags);
    if (result == 0) image_rename(old, new);
    return result;
}
int renameat(int at, const char *from, int to_at, const char *to) { return renameat2(at, from, to_at, to, 0); }
int rename(const char *from, const char *to) { return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0); }

static void refuse_file(int fd, const char *call) {
    if (file_of(fd)) fault_abort("cannot imitate %s", call);
}

static void refuse_path(const char *path, const char *call) {
    char full[PATH_MAX];
    if (is_inside(full, AT_FDCWD, path)) fault_abort("cannot imitate %s of %s", call, full);
}

/// Defines a function that does what it always does, but not for the files of the directory.
#define REFUSE(type, name, parameters, arguments, check) \
    type name parameters {                               \
        check;                                           \
        return NEXT(name) arguments;                     \
    }
#define REFUSE_FILE(type, name, parameters, arguments) REFUSE(type, name, parameters, arguments, refuse_file(fd, #name))

REFUSE_FILE(ssize_t, writev, (int fd, const struct iovec *parts, int count), (fd, parts, count))
REFUSE_FILE(ssize_t, pwritev, (int fd, const struct iovec *parts, int count, off_t at), (fd, parts, count, at))
REFUSE_FILE(ssize_t, pwritev64, (int fd, const struct iovec *parts, int count, off_t at), (fd, parts, count, at))
REFUSE_FILE(ssize_t, pwritev2, (int fd, const struct iovec *parts, int count, off_t at, int flags), (fd, parts, count, at, flags))
REFUSE_FILE(ssize_t, sendfile, (int fd, int from, off_t *at, size_t count), (fd, from, at, count))
REFUSE_FILE(ssize_t, copy_file_range, (int from, off_t *at, int fd, off_t *to, size_t count, unsigned flags),
            (from, at, fd, to, count, flags))
REFUSE_FILE(int, sync_file_range, (int fd, off_t at, off_t count, unsigned flags), (fd, at, count, flags))
REFUSE_FILE(int, dup, (int fd), (fd))
REFUSE_FILE(int, dup2, (int fd, int to), (fd, to))
REFUSE_FILE(int, dup3, (int fd, int to, int flags), (fd, to, flags))
REFUSE(int, truncate, (const char *path, off_t size), (path, size), refuse_path(path, "truncate"))
REFUSE(int, truncate64, (const char *path, off_t size), (path, size), refuse_path(path, "truncate"))
REFUSE(int, link, (const char *path, const char *new), (path, new), refuse_path(path, "link"))
REFUSE(FILE *, fopen, (const char *path, const char *mode), (path, mode), if (strpbrk(mode, "wa+")) refuse_path(path, "fopen"))
REFUSE(FILE *, fopen64, (const char *path, const char *mode), (path, mode), if (strpbrk(mode, "wa+")) refuse_path(path, "fopen"))

static int control_file(int fd, int command, void *argument) {
    if (command == F_DUPFD || command == F_DUPFD_CLOEXEC) refuse_file(fd, "fcntl(F_DUPFD)");
    return NEXT(fcntl64)(fd, command, argument);
}
#define CONTROL(name)                                \
    int name(int fd, int command, ...) {             \
        va_list arguments;                           \
        va_start(arguments, command);                \
        void *argument = va_arg(arguments, void *);  \
        va_end(arguments);                           \
        return control_file(fd, command, argument);  \
    }
CONTROL(fcntl)
CONTROL(fcntl64)

static void refuse_mapping(int fd, int protection, int flags) {
    struct file *file = file_of(fd);
    if (file && file->image && protection & PROT_WRITE && (flags & MAP_TYPE) != MAP_PRIVATE) fault_abort("cannot imitate mmap");
}
REFUSE(void *, mmap, (void *at, size_t size, int protection, int flags, int fd, off_t offset),
       (at, size, protection, flags, fd, offset), refuse_mapping(fd, protection, flags))
REFUSE(void *, mmap64, (void *at, size_t size, int protection, int flags, int fd, off_t offset),
       (at, size, protection, flags, fd, offset), refuse_mapping(fd, protection, flags))
