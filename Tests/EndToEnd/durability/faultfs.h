// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.
//
// The common part of faultfs.c, which fails calls, and image.c, which keeps what a power loss would leave.

#pragma once
#define _GNU_SOURCE
#include <dlfcn.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>

/// Ends the process with a message: a fault that the library cannot imitate must not look like a passed test.
_Noreturn void fault_abort(const char *format, ...) __attribute__((format(printf, 1, 2)));

/// The next definition of a function after this library's; found once.
#define NEXT(name)                                                                          \
    ({                                                                                      \
        static void *found;                                                                 \
        void *next = __atomic_load_n(&found, __ATOMIC_RELAXED);                             \
        if (!next) {                                                                        \
            if (!(next = dlsym(RTLD_NEXT, #name))) fault_abort("there is no function " #name); \
            __atomic_store_n(&found, next, __ATOMIC_RELAXED);                               \
        }                                                                                   \
        (__typeof__(&name))next;                                                            \
    })

/// An open file in the directory.
struct file {
    bool is_ours;
    struct image *image;  // NULL for what has no image: the directory, and shared memory
};

/// Returns the file of a descriptor; NULL if it is not in the directory.
struct file *file_of(int fd);
/// Makes a path absolute; returns whether it is in the directory, or the directory itself.
bool is_inside(char out[PATH_MAX], int at, const char *path);
/// Returns the fault of a call that writes, as a number of an error; 0 without a fault.
int write_fault(void);

/// The image of one file: the bytes that a power loss would leave of it.
struct image;

/// Keeps images of the files of `directory` in `shadow`. `seed` is not 0: a random quarter of the written pages reaches the image
/// at once, as the system may write any page early.
void image_begin(const char *directory, const char *shadow, uint64_t seed);
/// Returns the image of an open file; NULL if no images are kept. `created`: the file did not exist before.
struct image *image_of(int fd, const char *path, bool created);
/// The file at a path is removed, or has another path: also in the image, at once.
void image_unlink(const char *path);
void image_rename(const char *from, const char *to);

/// A write or a truncation must happen between `image_lock` and `image_unlock`, so that no sync misses it. All take NULL too.
void image_lock(struct image *image);
void image_unlock(struct image *image);
void image_wrote(struct image *image, int fd, off_t offset, size_t count);
void image_truncated(struct image *image, off_t size);

/// What one sync brings to the disk.
struct pending {
    bool *dirty;
    size_t pages;
    off_t cut, size;
};

/// Begins a sync: returns what was written so far, which a later sync does not write any more. One sync at a time.
struct pending image_take(struct image *image, int fd);
/// Ends a sync: applies the pages to the image, or, as on Linux after a failure, forgets them.
void image_keep(struct image *image, int fd, struct pending pending);
void image_lose(struct image *image, struct pending pending);
