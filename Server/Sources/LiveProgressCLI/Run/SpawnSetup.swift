// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

#if canImport(Darwin)
    private typealias SpawnActions = posix_spawn_file_actions_t?
    private typealias SpawnAttributes = posix_spawnattr_t?
    private func makeSpawnActions() -> SpawnActions { nil }
    private func makeSpawnAttributes() -> SpawnAttributes { nil }
#else
    private typealias SpawnActions = posix_spawn_file_actions_t
    private typealias SpawnAttributes = posix_spawnattr_t
    private func makeSpawnActions() -> SpawnActions { posix_spawn_file_actions_t() }
    private func makeSpawnAttributes() -> SpawnAttributes { posix_spawnattr_t() }
#endif

/// The standard descriptors of a command; without an input, it inherits that of this process.
struct StandardDescriptors: Sendable, Hashable {
    var input: Int32?
    var output: Int32
    var error: Int32
}

/// The arguments of `posix_spawn` for the child's descriptors, process group and signals.
struct SpawnSetup: ~Copyable {
    private var actions = makeSpawnActions()
    private var attributes = makeSpawnAttributes()

    /// Creates the arguments.
    ///
    /// - Parameters:
    ///   - descriptors: The child's standard descriptors.
    ///   - leadsGroup: Whether the child leads a process group of its own.
    ///   - defaultSignals: The signals with their default effect.
    /// - Throws: ``SystemError`` if no memory is left.
    init(_ descriptors: StandardDescriptors, leadsGroup: Bool, defaultSignals: [Int32]) throws(SystemError) {
        try Self.check(posix_spawn_file_actions_init(&actions))
        try Self.check(posix_spawnattr_init(&attributes))
        if let input = descriptors.input {
            try Self.check(posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO))
        }
        try Self.check(posix_spawn_file_actions_adddup2(&actions, descriptors.output, STDOUT_FILENO))
        try Self.check(posix_spawn_file_actions_adddup2(&actions, descriptors.error, STDERR_FILENO))
        var defaults = sigset_t()
        sigemptyset(&defaults)
        for signal in defaultSignals { sigaddset(&defaults, signal) }
        try Self.check(posix_spawnattr_setsigdefault(&attributes, &defaults))
        // The threads of Swift's tasks block signals; the command must not inherit this mask.
        var mask = sigset_t()
        sigemptyset(&mask)
        try Self.check(posix_spawnattr_setsigmask(&attributes, &mask))
        try Self.check(posix_spawnattr_setpgroup(&attributes, 0))
        let group = leadsGroup ? POSIX_SPAWN_SETPGROUP : 0
        let flags = group | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        try Self.check(posix_spawnattr_setflags(&attributes, Int16(flags)))
    }

    mutating func destroy() {
        posix_spawn_file_actions_destroy(&actions)
        posix_spawnattr_destroy(&attributes)
    }

    mutating func spawn(
        _ file: [UInt8],
        arguments: [[UInt8]],
        environment: [[UInt8]]
    ) throws(SystemError) -> pid_t {
        let argv = Self.strings(arguments)
        let envp = Self.strings(environment)
        defer {
            for string in argv + envp { string?.deallocate() }
        }
        let path = file.map { CChar(bitPattern: $0) } + [0]
        var pid: pid_t = 0
        try Self.check(posix_spawn(&pid, path, &actions, &attributes, argv, envp))
        return pid
    }

    /// Returns the words as C strings, followed by a null pointer.
    private static func strings(_ words: [[UInt8]]) -> [UnsafeMutablePointer<CChar>?] {
        words.map { word in
            let string = UnsafeMutablePointer<CChar>.allocate(capacity: word.count + 1)
            for (index, byte) in word.enumerated() { string[index] = CChar(bitPattern: byte) }
            string[word.count] = 0
            return string
        } + [nil]
    }

    private static func check(_ code: Int32) throws(SystemError) {
        if code != 0 { throw SystemError(errno: code) }
    }
}
