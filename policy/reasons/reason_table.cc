#include "policy/reasons/reason_table.h"

namespace portcullis::policy {
namespace {

// RFC 6120 section 4.9.3, each with the reasons that share it.
constexpr std::string_view kConnectionTimeout = "connection-timeout";
constexpr std::string_view kHostUnknown = "host-unknown";
constexpr std::string_view kImproperAddressing = "improper-addressing";
constexpr std::string_view kInternalServerError = "internal-server-error";
constexpr std::string_view kInvalidFrom = "invalid-from";
constexpr std::string_view kNotAuthorized = "not-authorized";
constexpr std::string_view kNotWellFormed = "not-well-formed";
constexpr std::string_view kPolicyViolation = "policy-violation";
constexpr std::string_view kRemoteConnectionFailed = "remote-connection-failed";
constexpr std::string_view kResourceConstraint = "resource-constraint";
constexpr std::string_view kRestrictedXml = "restricted-xml";
constexpr std::string_view kSystemShutdown = "system-shutdown";
constexpr std::string_view kUnsupportedVersion = "unsupported-version";

// RFC 8460 section 4.3.
constexpr std::string_view kStarttlsNotSupported = "starttls-not-supported";
constexpr std::string_view kHostMismatch = "certificate-host-mismatch";
constexpr std::string_view kCertificateExpired = "certificate-expired";
constexpr std::string_view kNotTrusted = "certificate-not-trusted";
constexpr std::string_view kTlsaInvalid = "tlsa-invalid";
constexpr std::string_view kDaneRequired = "dane-required";
constexpr std::string_view kValidationFailure = "validation-failure";
constexpr std::string_view kNoType;

constexpr bool kAlways = true;       // class H
constexpr bool kObservable = false;  // class O: observe mode lets it through

}  // namespace

constinit const std::array<ReasonInfo, kReasonCount> kReasonTable{{
    {"plaintext_refused", kPolicyViolation,
     "Encryption is required here. Enable STARTTLS on your side.", kObservable,
     kStarttlsNotSupported},
    {"starttls_not_offered", kPolicyViolation,
     "Your server does not offer STARTTLS. Enable it and load a certificate.", kObservable,
     kStarttlsNotSupported},
    {"starttls_injection", kPolicyViolation,
     "Plaintext followed the STARTTLS command: an attack or a fault on the way.", kAlways,
     kValidationFailure},
    {"unsupported_version", kUnsupportedVersion,
     "The stream is older than XMPP 1.0, which has no encryption. Upgrade your software.",
     kObservable, kStarttlsNotSupported},
    {"host_unknown", kHostUnknown,
     "This server does not host {domain}. Check the SRV records of that domain.", kAlways,
     kValidationFailure},
    {"bad_address", kImproperAddressing,
     "The stream header's from or to is missing or is no domain name: {detail}.", kAlways,
     kValidationFailure},
    {"federation_denied", kPolicyViolation, "Our policy does not federate with {domain}.",
     kObservable, kNoType},
    {"tls_version_too_low", kPolicyViolation,
     "{version} was offered, but {min} is the least accepted here. Update your TLS library.",
     kObservable, kValidationFailure},
    // The four about the handshake end it with an alert. The condition is for the other leg.
    {"tls_no_common_suite", kRemoteConnectionFailed,
     "TLS failed: no cipher suite, group or signature algorithm in common ({detail}).", kAlways,
     kValidationFailure},
    {"tls_failed", kRemoteConnectionFailed, "The TLS handshake failed: {detail}.", kAlways,
     kValidationFailure},
    {"alpn_mismatch", kRemoteConnectionFailed,
     "TLS failed: the ALPN list offered no XMPP protocol (XEP-0368).", kAlways, kValidationFailure},
    {"cert_missing", kNotAuthorized,
     "Your server showed no certificate. Let it use its certificate for outgoing connections too.",
     kObservable, kNotTrusted},
    {"cert_malformed", kNotAuthorized, "Your certificate is malformed: {detail}. Reissue it.",
     kObservable, kNotTrusted},
    {"self_signed", kNotAuthorized,
     "Your certificate is self-signed. Get one from a public certificate authority.", kObservable,
     kNotTrusted},
    {"untrusted_issuer", kNotAuthorized,
     "The issuer of your certificate is not trusted here: {issuer}.", kObservable, kNotTrusted},
    {"missing_intermediate", kNotAuthorized,
     "Your server did not send the certificate of the issuer {issuer} ({detail}). Use the full "
     "chain "
     "file.",
     kObservable, kNotTrusted},
    {"expired", kNotAuthorized,
     "Your certificate expired on {date}. Renew it and reload your server.", kObservable,
     kCertificateExpired},
    {"not_yet_valid", kNotAuthorized,
     "Your certificate is valid from {date} on. Check both clocks.", kObservable,
     kValidationFailure},
    {"chain_expired", kNotAuthorized,
     "The CA certificate {subject} in your chain is outside its validity ({date}). Install the "
     "current chain.",
     kObservable, kCertificateExpired},
    {"chain_invalid", kNotAuthorized, "Your certificate chain is invalid: {detail}.", kObservable,
     kNotTrusted},
    {"wrong_purpose", kNotAuthorized,
     "Your certificate is not meant for TLS servers (extended key usage: {list}).", kObservable,
     kNotTrusted},
    {"name_constraint", kNotAuthorized, "The CA {subject} may not certify {domain}.", kObservable,
     kNotTrusted},
    {"name_missing", kNotAuthorized,
     "Your certificate names no host in subjectAltName (a common name is not enough). Reissue it "
     "for {domain}.",
     kObservable, kHostMismatch},
    {"name_mismatch", kNotAuthorized,
     "Your certificate is not for {domain}, but for {list}. Reissue it with {domain}.", kObservable,
     kHostMismatch},
    {"weak_key", kNotAuthorized,
     "A key in your chain is too weak: {detail}; at least {min} is needed. Use an ECDSA P-256 key.",
     kObservable, kNotTrusted},
    {"weak_signature", kNotAuthorized,
     "The certificate {subject} is signed with a weak algorithm: {detail}. Reissue it.",
     kObservable, kNotTrusted},
    {"revoked", kNotAuthorized, "Your certificate was revoked: {detail}.", kObservable,
     kNotTrusted},
    {"revocation_unknown", kNotAuthorized,
     "It could not be established that your certificate is not revoked: {detail}.", kObservable,
     kNotTrusted},
    {"pin_mismatch", kNotAuthorized,
     "Your key is not the one we expect for {domain}: {detail}. Tell us before you change it.",
     kObservable, kNotTrusted},
    {"dane_mismatch", kNotAuthorized,
     "No TLSA record of {domain} matches your certificate. Update DNS before the certificate.",
     kObservable, kTlsaInvalid},
    {"dane_required", kNotAuthorized,
     "We require DANE for {domain}, but found no usable TLSA record.", kObservable, kDaneRequired},
    {"dialback_attempted", kNotAuthorized,
     "Dialback is not accepted. Authenticate with your certificate (SASL EXTERNAL).", kObservable,
     kValidationFailure},
    {"external_not_offered", kNotAuthorized,
     "Your server does not offer SASL EXTERNAL to us. It may have rejected our certificate.",
     kObservable, kValidationFailure},
    {"authzid_mismatch", kNotAuthorized,
     "The authorization identity differs from the from of your stream header.", kAlways,
     kValidationFailure},
    {"identity_changed", kImproperAddressing,
     "Your stream header changed its from or to during negotiation.", kAlways, kValidationFailure},
    {"unauthenticated_stanza", kNotAuthorized, "A stanza came too early. Authenticate first.",
     kAlways, kValidationFailure},
    {"address_spoofed", kInvalidFrom,
     "The addresses of a stanza do not belong to this stream: {detail}.", kAlways, kNoType},
    {"refused_by_peer", kRemoteConnectionFailed, "The remote server refused the stream: {detail}.",
     kObservable, kValidationFailure},
    {"xml_restricted", kRestrictedXml,
     "XMPP forbids DTDs, entities, comments and processing instructions.", kAlways, kNoType},
    {"xml_invalid", kNotWellFormed, "The XML is not acceptable: {detail}.", kAlways, kNoType},
    {"stanza_too_big", kPolicyViolation, "Too much in one stanza: {detail}. Send less at a time.",
     kAlways, kNoType},
    {"negotiation_timeout", kConnectionTimeout, "The negotiation took longer than {limit}.",
     kAlways, kNoType},
    {"rate_limited", kResourceConstraint, "Too many connections from you. Try again later.",
     kAlways, kNoType},
    {"internal_error", kInternalServerError,
     "A fault on our side. Please tell the administrator of this server.", kAlways, kNoType},
    {"backend_unavailable", kRemoteConnectionFailed,
     "The local service is temporarily unavailable.", kAlways, kNoType},
    {"backend_misconfigured", kInternalServerError,
     "A fault on our side prevents this stream. Please tell the administrator of this server.",
     kAlways, kNoType},
    {"not_the_backend", kNotAuthorized,
     "Only the local XMPP server may use this connection, with the certificate agreed for it.",
     kAlways, kNoType},
    {"no_such_service", kRemoteConnectionFailed, "The remote domain has no such service: {detail}.",
     kAlways, kNoType},
    {"dns_failed", kRemoteConnectionFailed, "The remote domain could not be looked up: {detail}.",
     kAlways, kNoType},
    {"peer_unreachable", kRemoteConnectionFailed,
     "No server of the remote domain could be reached: {detail}.", kAlways, kNoType},
    {"peer_left", kRemoteConnectionFailed,
     "The other side left before the stream was established: {detail}.", kAlways, kNoType},
    {"shutting_down", kSystemShutdown, "This server is about to stop or restart. Connect again.",
     kAlways, kNoType},
}};

}  // namespace portcullis::policy
