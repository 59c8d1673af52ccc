// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import Testing

@testable import LiveProgressServer

@Suite("The certificate")
struct CertificatesTests {
    @Test(
        "the server does not start with an invalid certificate or key, and the error names the file",
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

    @Test("the error names a file that does not exist")
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

    @Test("changed files are loaded, and unchanged files are not")
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

    @Test("an invalid pair is reported once, or again on request, and the old certificate stays in use")
    func keepsOld() throws {
        let folder = try CertificateFolder()
        defer { folder.remove() }
        let certificates = try Certificates(folder.files)
        let first = certificates.context
        try folder.write(TestCertificates.elsewhere, TestCertificates.hereKey)
        guard case .failed(let error) = certificates.renew() else {
            Issue.record("The key of another certificate was accepted.")
            return
        }
        #expect(error.message.contains("does not belong"))
        #expect(certificates.renew() == .unchanged)
        #expect(certificates.renew(again: true) == .failed(error))
        #expect(certificates.context === first)
        folder.remove()
        guard case .failed = certificates.renew() else {
            Issue.record("Missing files were accepted.")
            return
        }
        #expect(certificates.context === first)
    }
}
