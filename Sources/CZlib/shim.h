// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

// zlib, as the system has it. Those of its functions that it defines as macros are functions here, for Swift to see.

#ifndef LIVE_PROGRESS_CZLIB_SHIM_H
#define LIVE_PROGRESS_CZLIB_SHIM_H

#include <zlib.h>

/// `deflateInit2` for DEFLATE without a header.
static inline int CZlib_deflateInit(z_streamp stream, int level, int windowBits, int memoryLevel) {
    return deflateInit2(stream, level, Z_DEFLATED, -windowBits, memoryLevel, Z_DEFAULT_STRATEGY);
}

/// `inflateInit2` for DEFLATE without a header.
static inline int CZlib_inflateInit(z_streamp stream, int windowBits) {
    return inflateInit2(stream, -windowBits);
}

#endif
