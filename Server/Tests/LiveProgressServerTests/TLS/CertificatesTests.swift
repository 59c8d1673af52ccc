// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import Testing

@testable import LiveProgressServer

@Suite("The certificate")
struct CertificatesTests {
    @Test(
        "files that cannot be used keep the server from starting, and the message names the one that is wrong",
        arguments: [
            ("nothing", TestCertificates.hereKey, "certificate.pem", "no certificate"),
            ("", TestCertificates.hereKey, "certificate.pem", "no certificate"),
            (TestCertificates.hereKey, TestCertificates.hereKey, "certificate.pem", "no certificate"),
            (TestCertificates.here, "nothing", "key.pem", "no private key"),
            (TestCertificates.here, TestCertificates.here, "key.pem", "no private key"),
            (TestCertificates.here, TestCertificates.elsewhereKey, "key.pem", "does not belong"),
        ]
    )
    func refuses(certificate: String, key: String, file: String, reason: String) throws {
        let folder = try CertificateFolder(certificate, key)
        defer { folder.remove() }
        var configuration = ServerConfiguration()
        configuration.transport.tls = folder.files
        let error = #expect(throws: ServerConfigurationError.self) {
            try ServerApplication(configuration: configuration)
        }
        #expect(error?.message.contains(file) == true)
        #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
        #expect(error?.message.contains("PRIVATE KEY") == false)
    }

    @Test("a file that is not there is named")
    func missingFile() throws {
        let folder = try CertificateFolder()
        defer { folder.remove() }
        for files in [
            TLSFiles(certificate: "/nowhere/c.pem", key: folder.files.key),
            TLSFiles(certificate: folder.files.certificate, key: "/nowhere/k.pem"),
        ] {
            let error = #expect(throws: ServerConfigurationError.self) { try Certificates(files) }
            #expect(error?.message.contains("/nowhere/") == true)
            #expect(error?.message.contains("the file does not exist") == true, "\(error?.message ?? "")")
        }
    }

    @Test("new files are used from then on, and those that are the same are let be")
    func renews() throws {
        let folder = try CertificateFolder()
        defer { folder.remove() }
        let certificates = try Certificates(folder.files)
        let first = certificates.context
        #expect(certificates.renew() == .unchanged)
        #expect(certificates.context === first)
        try folder.write(TestCertificates.elsewhere, TestCertificates.elsewhereKey)
        #expect(certificates.renew() == .renewed)
        #expect(certificates.context !== first)
        #expect(certificates.renew() == .unchanged)
    }

    @Test("a pair that cannot be used is told of once, or when asked, and the old certificate goes on")
    func keepsOld() throws {
        let folder = try CertificateFolder()
        defer { folder.remove() }
        let certificates = try Certificates(folder.files)
        let first = certificates.context
        try folder.write(TestCertificates.elsewhere, TestCertificates.hereKey)
        guard case .failed(let error) = certificates.renew() else {
            Issue.record("A key of another certificate was taken.")
            return
        }
        #expect(error.message.contains("does not belong"))
        #expect(certificates.renew() == .unchanged)
        #expect(certificates.renew(again: true) == .failed(error))
        #expect(certificates.context === first)
        folder.remove()
        guard case .failed = certificates.renew() else {
            Issue.record("Files that are gone were taken.")
            return
        }
        #expect(certificates.context === first)
    }
}
