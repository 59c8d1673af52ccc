// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.
//
// What the static program has beside its Swift objects; scripts/static.sh compiles this file.

#include <nss.h>
#include <stdint.h>

// The entry point of the program, under the name that SwiftPM gives it.
int PROGRAM_MAIN(int count, char **arguments);

// Looks names up in files and in DNS only, which the C library has built in. For anything else that /etc/nsswitch.conf
// names, a static program loads a module of the system, and crashes if the module belongs to another version of the C
// library.
int main(int count, char **arguments) {
    static const char *const databases[] = {"group", "passwd", "protocols", "services"};
    for (unsigned index = 0; index < sizeof databases / sizeof databases[0]; index += 1)
        __nss_configure_lookup(databases[index], "files");
    __nss_configure_lookup("hosts", "files dns");
    return PROGRAM_MAIN(count, arguments);
}

#ifdef ICU_DATA
// An empty package of ICU data, in place of Foundation's, which has the formats of every locale and 34 MB. The program
// formats nothing by locale; Foundation's formatters would trap.
const struct {
    uint16_t headerSize;
    uint8_t magic[2];
    struct {
        uint16_t size, reserved;
        uint8_t isBigEndian, charset, sizeOfUChar, reserved2, format[4], formatVersion[4], dataVersion[4];
    } info;
    uint8_t padding[8];
    uint32_t entries, end[5];
} ICU_DATA __attribute__((aligned(16))) = {
    32, {0xda, 0x27}, {20, 0, 0, 0, 2, 0, {'T', 'o', 'C', 'P'}, {1, 0, 0, 0}, {0}}, {0}, 0, {0},
};
#endif
