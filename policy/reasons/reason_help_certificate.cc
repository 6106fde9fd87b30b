#include "policy/reasons/reason_table.h"

namespace portcullis::policy {

// About certificates.
constinit const std::array<ReasonHelp, 20> kCertificateHelp{{
    {Reason::kCertMissing, "The other side showed no certificate, so SASL EXTERNAL is impossible.",
     "Let the server use its certificate for outgoing connections too. A key that our "
     "TLS library refuses outright also ends up here.",
     "Nothing."},
    {Reason::kCertMalformed,
     "The certificate cannot be parsed strictly: broken encoding, a NUL or another "
     "impossible character in a name, broken dates, far too many names.",
     "Have it issued again by a maintained tool or CA.",
     "Nothing; do not trust a CA that issues such certificates."},
    {Reason::kSelfSigned, "The certificate is its own issuer and is not among the trusted ones.",
     "Get a certificate from a public CA; ACME makes it free of charge.",
     "For a partner with a private CA, name its PEM file as `roots` in a `[[s2s.rule]]` for that "
     "domain; for a single self-signed certificate, agree on `pins`."},
    {Reason::kUntrustedIssuer, "The chain ends at an issuer that is not trusted here.",
     "Use a certificate of a public CA, or agree with the operator on your CA.",
     "Check that the system's CA bundle is up to date, or name the partner's CA as `roots` in a "
     "`[[s2s.rule]]` for that domain."},
    {Reason::kMissingIntermediate,
     "The server sent its certificate without the intermediate that leads to a trusted "
     "root. Nothing is ever fetched to fill the gap. The refusal says how many "
     "certificates came, the issuer's name and key id, and the address at which the "
     "certificate says its issuer's can be had.",
     "Configure the full chain file (`fullchain.pem`), not the leaf alone.",
     "A `[[s2s.exception]]` with the partner's pin can bridge the time until it is mended."},
    {Reason::kExpired, "The certificate's validity is over.",
     "Renew it and reload the server; check that renewal also reloads.",
     "Check the clock of this machine if many peers expire at once. A `[[s2s.exception]]` can "
     "bridge the time until it is renewed."},
    {Reason::kNotYetValid, "The certificate's validity has not begun.",
     "Check the server's clock at the time of issue.",
     "Check the clock of this machine. A `[[s2s.exception]]` can bridge the time."},
    {Reason::kChainExpired,
     "A CA certificate in the chain is outside its validity, and no other path to a "
     "trusted root was found.",
     "Install the chain the CA hands out today.",
     "Update the system's CA bundle. A `[[s2s.exception]]` can bridge the time."},
    {Reason::kChainInvalid,
     "The chain breaks a rule of RFC 5280: a CA flag, path length, signature, critical "
     "extension or version.",
     "Have the chain issued again; the detail names the rule.",
     "For a private CA, set `x509_strict = false` in its `[[s2s.rule]]` if only the letter of RFC "
     "5280 is broken."},
    {Reason::kWrongPurpose, "Extended key usage is present and does not include TLS servers.",
     "Get a certificate with `serverAuth`.",
     "A `[[s2s.exception]]` can bridge the time until there is a better one."},
    {Reason::kNameConstraint,
     "A CA in the chain is restricted to names that do not include this domain.",
     "Use a CA that may certify the domain.",
     "Nothing; this is what keeps a private CA from vouching for strangers."},
    {Reason::kNameMissing,
     "The certificate has no usable name in subjectAltName. A common name does not "
     "count (RFC 9525).",
     "Have it issued again with the XMPP domain as dNSName.",
     "A `[[s2s.exception]]` with the partner's pin can bridge the time until there is a better "
     "one."},
    {Reason::kNameMismatch,
     "None of the certificate's names is the domain of the stream. A wildcard stands "
     "for exactly one label.",
     "Have it issued again for the XMPP domain, which may differ from the machine's "
     "host name.",
     "If SRV records lead elsewhere, the certificate still has to name the domain itself. A "
     "`[[s2s.exception]]` with the partner's pin can bridge the time."},
    {Reason::kWeakKey, "A key in the chain is too short or of a kind that is not accepted.",
     "Make a new ECDSA P-256 or RSA 2048 key and certificate.",
     "Compare `min_rsa_bits` and `curves`, of `[s2s]` and of the domain's rule. A "
     "`[[s2s.exception]]` can bridge the time."},
    {Reason::kWeakSignature,
     "A certificate in the chain, other than the root, is signed with MD5, SHA-1 or an "
     "unknown algorithm.",
     "Have it issued again with SHA-256 or better.",
     "Compare `signatures`. A `[[s2s.exception]]` can bridge the time until it is issued again."},
    {Reason::kRevoked, "A certificate revocation list names the certificate.",
     "Get a new certificate with a new key.",
     "Ask the remote admin what happened before you trust the domain again."},
    {Reason::kRevocationUnknown,
     "Policy wants proof that the certificate is not revoked, and there is none.",
     "Enable OCSP stapling if the certificate demands it.",
     "Check that the files in `crls` are current. A `[[s2s.exception]]` can bridge the time."},
    {Reason::kPinMismatch, "The key is not among those agreed for the domain.",
     "Tell the operator before a key changes, and agree on a spare key.",
     "Ask the remote admin by other means, then replace the pin in the rule or the exception."},
    {Reason::kDaneMismatch,
     "TLSA records exist and none matches the certificate. Reserved: DANE is not "
     "evaluated yet.",
     "Publish the new TLSA record before the new certificate.", "Nothing."},
    {Reason::kDaneRequired,
     "Policy demands DANE for the domain, and there is no usable TLSA record. Reserved: "
     "DANE is not evaluated yet.",
     "Sign the zone and publish TLSA records.", "Nothing."},
}};

}  // namespace portcullis::policy
