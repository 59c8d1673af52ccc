// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.
//
// The image that a power loss would leave of a directory: each file with what was synced, and nothing else.
//
// The image of a file changes when the file is synced: it then gets the pages that were written, and the truncations, since the
// last sync. Creations, removals and renamings are in the image at once. A process that opens a file finds out what is not
// synced by comparing the file with its image, so an image lives longer than the process.

#include "faultfs.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE 4096
#define NOT_TRUNCATED INT64_MAX

struct image {
    struct image *next;
    dev_t device;
    ino_t inode;  // 0: the file was removed
    char path[PATH_MAX];
    int fd;
    pthread_mutex_t lock, sync_lock;
    bool *dirty;  // for each page: written since the last sync
    size_t pages;
    off_t cut;  // the smallest size since the last sync
};

static const char *directory, *shadow;
static uint64_t random_state;
static struct image *images;
static pthread_mutex_t images_lock = PTHREAD_MUTEX_INITIALIZER;

void image_begin(const char *of, const char *in, uint64_t seed) {
    directory = of, shadow = in, random_state = seed;
}

static void shadow_path(char out[PATH_MAX], const char *path) {
    const char *name = path + strlen(directory) + 1;
    if (strchr(name, '/')) fault_abort("%s is not directly in %s", path, directory);
    if (snprintf(out, PATH_MAX, "%s/%s", shadow, name) >= PATH_MAX) fault_abort("%s is too long", path);
}

static off_t size_of(int fd) {
    struct stat status;
    if (fstat(fd, &status) < 0) fault_abort("fstat: %s", strerror(errno));
    return status.st_size;
}

static void set_size(struct image *image, off_t size) {
    if (NEXT(ftruncate)(image->fd, size) < 0) fault_abort("truncating the image of %s: %s", image->path, strerror(errno));
}

/// Reads a page, or what the file has of it.
static size_t read_page(int fd, size_t page, char bytes[PAGE]) {
    ssize_t count = pread(fd, bytes, PAGE, (off_t)page * PAGE);
    if (count < 0) fault_abort("reading page %zu for an image: %s", page, strerror(errno));
    return count;
}

static void copy_page(struct image *image, int fd, size_t page) {
    char bytes[PAGE];
    size_t count = read_page(fd, page, bytes);
    if (NEXT(pwrite)(image->fd, bytes, count, (off_t)page * PAGE) != (ssize_t)count)
        fault_abort("writing the image of %s: %s", image->path, strerror(errno));
}

static void mark(struct image *image, size_t page) {
    if (page >= image->pages) {
        size_t pages = page + page / 2 + 64;
        image->dirty = realloc(image->dirty, pages * sizeof(bool));
        if (!image->dirty) fault_abort("out of memory");
        memset(image->dirty + image->pages, 0, (pages - image->pages) * sizeof(bool));
        image->pages = pages;
    }
    image->dirty[page] = true;
}

/// Marks the pages of a file that differ from its image: an earlier process wrote but did not sync them.
static void compare(struct image *image, int fd) {
    off_t size = size_of(fd);
    if (size < size_of(image->fd)) image->cut = size;
    for (size_t page = 0; (off_t)page * PAGE < size; page++) {
        char file[PAGE], kept[PAGE];
        size_t count = read_page(fd, page, file);
        if (read_page(image->fd, page, kept) != count || memcmp(file, kept, count)) mark(image, page);
    }
}

static struct image *make_image(int fd, const char *path, bool created, const struct stat *status) {
    struct image *image = calloc(1, sizeof *image);
    if (!image) fault_abort("out of memory");
    char place[PATH_MAX];
    shadow_path(place, path);
    strcpy(image->path, path);
    image->device = status->st_dev, image->inode = status->st_ino, image->cut = NOT_TRUNCATED;
    pthread_mutex_init(&image->lock, NULL);
    pthread_mutex_init(&image->sync_lock, NULL);
    if (created) NEXT(unlink)(place);
    bool is_new = access(place, F_OK) < 0;
    image->fd = NEXT(open)(place, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (image->fd < 0) fault_abort("%s: %s", place, strerror(errno));
    compare(image, fd);
    // A file from before the first image is on the disk.
    if (is_new && !created) image_keep(image, fd, image_take(image, fd));
    image->next = images;
    return images = image;
}

struct image *image_of(int fd, const char *path, bool created) {
    if (!shadow) return NULL;
    struct stat status;
    if (fstat(fd, &status) < 0) fault_abort("fstat: %s", strerror(errno));
    pthread_mutex_lock(&images_lock);
    struct image *image = images;
    while (image && (image->inode != status.st_ino || image->device != status.st_dev)) image = image->next;
    if (image && created) {
        // Another process removed the file, and its number is in use again.
        image->inode = 0;
        image = NULL;
    }
    if (!image) image = make_image(fd, path, created, &status);
    pthread_mutex_unlock(&images_lock);
    return image;
}

void image_unlink(const char *path) {
    if (!shadow) return;
    char place[PATH_MAX];
    shadow_path(place, path);
    pthread_mutex_lock(&images_lock);
    for (struct image *image = images; image; image = image->next)
        if (image->inode && !strcmp(image->path, path)) image->inode = 0;
    if (NEXT(unlink)(place) < 0 && errno != ENOENT) fault_abort("%s: %s", place, strerror(errno));
    pthread_mutex_unlock(&images_lock);
}

void image_rename(const char *from, const char *to) {
    if (!shadow) return;
    char old[PATH_MAX], new[PATH_MAX];
    shadow_path(old, from);
    shadow_path(new, to);
    image_unlink(to);
    pthread_mutex_lock(&images_lock);
    for (struct image *image = images; image; image = image->next)
        if (image->inode && !strcmp(image->path, from)) strcpy(image->path, to);
    if (NEXT(rename)(old, new) < 0 && errno != ENOENT) fault_abort("%s: %s", old, strerror(errno));
    pthread_mutex_unlock(&images_lock);
}

void image_lock(struct image *image) {
    if (image) pthread_mutex_lock(&image->lock);
}

void image_unlock(struct image *image) {
    if (image) pthread_mutex_unlock(&image->lock);
}

/// Returns true for a random quarter of the calls (xorshift).
static bool is_early(void) {
    uint64_t x = __atomic_load_n(&random_state, __ATOMIC_RELAXED);
    if (!x) return false;
    x ^= x << 13, x ^= x >> 7, x ^= x << 17;
    __atomic_store_n(&random_state, x, __ATOMIC_RELAXED);
    return (x >> 32) % 4 == 0;
}

static void cut(struct image *image) {
    if (image->cut < size_of(image->fd)) set_size(image, image->cut);
    image->cut = NOT_TRUNCATED;
}

void image_wrote(struct image *image, int fd, off_t offset, size_t count) {
    if (!image || !count) return;
    for (size_t page = offset / PAGE; page <= (offset + count - 1) / PAGE; page++) {
        mark(image, page);
        if (!is_early()) continue;
        cut(image);  // The system writes no page to its place before the truncation that made the place.
        copy_page(image, fd, page);
    }
}

void image_truncated(struct image *image, off_t size) {
    if (image && size < image->cut) image->cut = size;
}

struct pending image_take(struct image *image, int fd) {
    if (!image) return (struct pending){0};
    pthread_mutex_lock(&image->sync_lock);
    image_lock(image);
    struct pending pending = {image->dirty, image->pages, image->cut, size_of(fd)};
    image->dirty = NULL, image->pages = 0, image->cut = NOT_TRUNCATED;
    image_unlock(image);
    return pending;
}

void image_keep(struct image *image, int fd, struct pending pending) {
    if (!image) return;
    image_lock(image);
    if (pending.cut < size_of(image->fd)) set_size(image, pending.cut);
    set_size(image, pending.size);
    for (size_t page = 0; page < pending.pages; page++)
        if (pending.dirty[page]) copy_page(image, fd, page);
    image_unlock(image);
    image_lose(image, pending);
}

void image_lose(struct image *image, struct pending pending) {
    if (!image) return;
    free(pending.dirty);
    pthread_mutex_unlock(&image->sync_lock);
}
