#include "policy/reasons/reason_table.h"

namespace portcullis::policy {

// About the header of a stream and the way to TLS.
constinit const std::array<ReasonHelp, 11> kStreamHelp{{
    {Reason::kPlaintextRefused,
     "The other side sent something other than `<starttls/>` before TLS: a stanza, "
     "SASL, dialback or compression.",
     "Enable STARTTLS (`s2s_require_encryption`, `s2s_use_starttls: required` or the "
     "like) and load a certificate.",
     "Write to the remote admin; nothing in the configuration allows plaintext. In observe mode "
     "the backend's own rules decide."},
    {Reason::kStarttlsNotOffered,
     "An outgoing stream reached a server whose first features lack STARTTLS.",
     "Enable STARTTLS and load a certificate.",
     "Check with `openssl s_client -starttls xmpp-server` that the answer really comes "
     "from that server and that nothing on the way removes the offer."},
    {Reason::kStarttlsInjection,
     "Octets other than whitespace followed `<starttls/>` or `<proceed/>` in the clear. "
     "They could be taken for protected data, so TLS is not even begun.",
     "Upgrade the server; a correct one waits for the answer. If it is correct, "
     "somebody on the way is tampering.",
     "Look at the peer's address and at who else has reached it that way; treat "
     "repeated cases as an attack."},
    {Reason::kUnsupportedVersion,
     "The stream header lacks `version='1.0'` (RFC 6120 section 4.7.5). Such streams "
     "know neither features nor TLS.",
     "Upgrade the server software.",
     "Nothing. For the backend's own outgoing streams: make sure it speaks XMPP 1.0."},
    {Reason::kHostUnknown,
     "The `to` of the stream header, or the TLS server name, is no domain or alias of "
     "this configuration.",
     "Check the SRV records of the domain: they may point at the wrong machine.",
     "Add the name to `aliases` of its `[[host]]` if it is a component of your server."},
    {Reason::kBadAddress,
     "After TLS the stream header lacks `from` or `to`, or one of them is no domain "
     "name: an IP address, an empty label, a wildcard.",
     "Give the server a proper domain and check its host configuration.",
     "Nothing, unless it is your own backend that sends it."},
    {Reason::kFederationDenied,
     "`[federation]` excludes the domain: it matches `deny`, or `default` is `\"deny\"` "
     "and it is not in `allow`.",
     "Ask the operator through the contact in the message.",
     "Change `[federation]`. `deny` wins over `allow`; `*.suffix` does not cover the "
     "suffix itself."},
    {Reason::kTlsVersionTooLow, "The connection uses an older TLS version than `min_tls`.",
     "Update the TLS library or allow TLS 1.2 and 1.3 in the server.",
     "Lower `min_tls` from 1.3 to 1.2 where it was raised, in `[s2s]` or the domain's rule; there "
     "is nothing below 1.2. A `[[s2s.exception]]` can bridge the time where only a rule is "
     "stricter."},
    {Reason::kTlsNoCommonSuite,
     "The handshake ended because the two sides share no cipher suite, group or "
     "signature algorithm. An inbound peer sees a TLS alert only.",
     "Remove hand-made cipher lists and update the TLS library.",
     "Load an ECDSA and an RSA certificate, so that every peer finds a signature "
     "algorithm."},
    {Reason::kTlsFailed,
     "The handshake failed for any other reason; the log has the detail. An inbound "
     "peer sees a TLS alert only.",
     "Look at the server's own log; the same handshake can be tried with `openssl "
     "s_client`.",
     "Read `detail` in the decision line. Port scanners cause this reason, too."},
    {Reason::kAlpnMismatch,
     "A direct TLS connection offered an ALPN list without `xmpp-server` or "
     "`xmpp-client` (XEP-0368). The peer sees TLS alert 120.",
     "Point the client or server at the right port; something speaks another protocol "
     "there.",
     "Check what else is expected on that port, for instance HTTPS."},
}};

}  // namespace portcullis::policy
