// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import LiveProgressServer

/// Certificates and keys for tests only.
///
/// No system trusts their authority, and the authority's key was deleted.
enum TestCertificates {
    /// The certificate of the authority that signed both certificates.
    static let authority = """
        -----BEGIN CERTIFICATE-----
        MIIBkzCCATmgAwIBAgIUbkRsaIhktveEKjdVIjvPY9XeRwUwCgYIKoZIzj0EAwIw
        HjEcMBoGA1UEAwwTTGl2ZSBQcm9ncmVzcyB0ZXN0czAgFw0yNjExMjUwMDE5NDla
        GA8yMTI2MTEwMTAwMTk0OVowHjEcMBoGA1UEAwwTTGl2ZSBQcm9ncmVzcyB0ZXN0
        czBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABK11OwfbLLVRQX2VC/pNXN9nxjzr
        lZqG4T1zfv/e+fCwiuXd7LZKBBW1LVR4sGmzY+TnxRjpsTAULoLSGyeUdA2jUzBR
        MB0GA1UdDgQWBBQqf49ITtSag2x9OVfKzFZitioURzAfBgNVHSMEGDAWgBQqf49I
        TtSag2x9OVfKzFZitioURzAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gA
        MEUCIQDCknsne0FpgVvI8BG4nS5/AdiA7Eq+1NLQPh6+GFXN9wIgLlNUPaFlMqVA
        3jSSDSn9Tmmuj149ADPOgXA+YMPJQ8w=
        -----END CERTIFICATE-----
        """

    /// A certificate for localhost and 127.0.0.1.
    static let here = """
        -----BEGIN CERTIFICATE-----
        MIIBjzCCATWgAwIBAgIUZWxw9FrstaSEgGwfgRCwJrSKdx0wCgYIKoZIzj0EAwIw
        HjEcMBoGA1UEAwwTTGl2ZSBQcm9ncmVzcyB0ZXN0czAgFw0yNjExMjUwMDE5NDla
        GA8yMTI2MTEwMTAwMTk0OVowDzENMAsGA1UEAwwEaGVyZTBZMBMGByqGSM49AgEG
        CCqGSM49AwEHA0IABGHO1jNZG6rjANdI+mowECpTFKeV3P17RWKbnK7amjpmsa7M
        NbsRcRikQutfloDHvhT3igUVFxwCnXji9j2WR0yjXjBcMBoGA1UdEQQTMBGCCWxv
        Y2FsaG9zdIcEfwAAATAdBgNVHQ4EFgQUtsJPwkGTkXDfoZKrTKK8K4SQDZ0wHwYD
        VR0jBBgwFoAUKn+PSE7UmoNsfTlXysxWYrYqFEcwCgYIKoZIzj0EAwIDSAAwRQIg
        AUfctRX/iiq0xIMPY04C61fVz4TU9SpO2k5zJWnjQQoCIQDplSlemVFzXLaPTsad
        gTuIobC6SN155oTKGMaR/Metow==
        -----END CERTIFICATE-----
        """

    static let hereKey = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg6Y1RDIAHalAouwtS
        mtLQWZMNRTlXtVkcbHWI7OQU91ShRANCAARhztYzWRuq4wDXSPpqMBAqUxSnldz9
        e0Vim5yu2po6ZrGuzDW7EXEYpELrX5aAx74U94oFFRccAp144vY9lkdM
        -----END PRIVATE KEY-----
        """

    /// A certificate for another host.
    static let elsewhere = """
        -----BEGIN CERTIFICATE-----
        MIIBkzCCATmgAwIBAgIUZWxw9FrstaSEgGwfgRCwJrSKdx4wCgYIKoZIzj0EAwIw
        HjEcMBoGA1UEAwwTTGl2ZSBQcm9ncmVzcyB0ZXN0czAgFw0yNjExMjUwMDE5NDla
        GA8yMTI2MTEwMTAwMTk0OVowFDESMBAGA1UEAwwJZWxzZXdoZXJlMFkwEwYHKoZI
        zj0CAQYIKoZIzj0DAQcDQgAEu7HetmSaVbjdLsNjZ+W2sT/WBm5LHXEtPx5xEAFM
        AKRjlN8UgwruwuJ4+X920yR/bFpNGxJpwN53s70YrwFbO6NdMFswGQYDVR0RBBIw
        EIIOZWxzZXdoZXJlLnRlc3QwHQYDVR0OBBYEFGHBL/VNBMHhM2M7agNHHn8LtoAK
        MB8GA1UdIwQYMBaAFCp/j0hO1JqDbH05V8rMVmK2KhRHMAoGCCqGSM49BAMCA0gA
        MEUCIQCMoPWvgndPuQxsgP+u8CtaG5hbOQXixrNXSHk/D4spVwIgJm6liH7ggGTO
        oT/qyOg2KmsNEQFOCa1otn9zyEVHpQ0=
        -----END CERTIFICATE-----
        """

    static let elsewhereKey = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgpEheGg7Wf461EAxo
        4a41irS+DXfmvKJVedUcsDQGu4ShRANCAAS7sd62ZJpVuN0uw2Nn5baxP9YGbksd
        cS0/HnEQAUwApGOU3xSDCu7C4nj5f3bTJH9sWk0bEmnA3nezvRivAVs7
        -----END PRIVATE KEY-----
        """
}

/// A temporary folder with a certificate and its key.
struct CertificateFolder {
    let path = FileManager.default.temporaryDirectory.appending(path: "live-progress-\(UUID().uuidString)")

    init(_ certificate: String = TestCertificates.here, _ key: String = TestCertificates.hereKey) throws {
        try FileManager.default.createDirectory(at: path, withIntermediateDirectories: true)
        try write(certificate, key)
    }

    var files: TLSFiles { TLSFiles(certificate: file("certificate.pem").path, key: file("key.pem").path) }

    /// Writes the certificate of the authority to a file, and returns its path.
    func authority() throws -> String {
        try Data(TestCertificates.authority.utf8).write(to: file("authority.pem"))
        return file("authority.pem").path
    }

    func write(_ certificate: String, _ key: String) throws {
        try Data(certificate.utf8).write(to: file("certificate.pem"))
        try Data(key.utf8).write(to: file("key.pem"))
    }

    func remove() {
        try? FileManager.default.removeItem(at: path)
    }

    private func file(_ name: String) -> URL { path.appending(path: name) }
}
