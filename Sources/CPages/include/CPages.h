// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

#ifndef CPAGES_H
#define CPAGES_H

#include <stddef.h>

/// A file of the pages.
struct page_file {
    /// The path below `Sources/LiveProgressPages/Web`.
    const char *_Nonnull path;
    const unsigned char *_Nonnull bytes;
    size_t size;
};

/// Returns the file with an index, from 0; its path is empty after the last file.
struct page_file page_file_at(size_t index);

#endif
