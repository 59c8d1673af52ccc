// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.
//
// Tells the thread sanitizer about the contended path of Synchronization.Mutex.
//
// On Linux an uncontended lock is an atomic exchange that is inlined into our code, where the sanitizer sees it. A contended
// one waits in the kernel, inside libswiftSynchronization, which is not instrumented: the sanitizer would miss that the lock
// orders its holders, and report races that are none. This library, loaded before it, calls the real functions and states
// the order. It hides nothing else: what is not under the lock is still reported.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>

extern void __tsan_acquire(void *address) __attribute__((weak));
extern void __tsan_release(void *address) __attribute__((weak));

#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"
#define SELF __attribute__((swift_context)) void *self

__attribute__((swiftcall)) void lp_lock_slow(uint32_t thread, SELF) __asm__(LOCK);
__attribute__((swiftcall)) void lp_unlock_slow(SELF) __asm__(UNLOCK);

__attribute__((swiftcall)) void lp_lock_slow(uint32_t thread, SELF) {
    __attribute__((swiftcall)) void (*real)(uint32_t, SELF) = dlsym(RTLD_NEXT, LOCK);
    real(thread, self);
    if (__tsan_acquire) __tsan_acquire(self);
}

__attribute__((swiftcall)) void lp_unlock_slow(SELF) {
    __attribute__((swiftcall)) void (*real)(SELF) = dlsym(RTLD_NEXT, UNLOCK);
    if (__tsan_release) __tsan_release(self);
    real(self);
}
