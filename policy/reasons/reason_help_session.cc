#include "policy/reasons/reason_table.h"

namespace portcullis::policy {

// About authentication, stanzas, limits and ourselves.
constinit const std::array<ReasonHelp, 21> kSessionHelp{{
    {Reason::kDialbackAttempted,
     "The other side tried server dialback (XEP-0220), which proves nothing but control "
     "over DNS.",
     "Authenticate with the certificate: SASL EXTERNAL.",
     "For a server that cannot do SASL EXTERNAL but has a good certificate, set `dialback = "
     "\"certified\"`. If it is your own backend that tries, check that it trusts the local CA."},
    {Reason::kExternalNotOffered,
     "After TLS the remote server offers no SASL EXTERNAL. Usually it did not accept "
     "our certificate.",
     "Check why the certificate was not accepted: trust store, name, purpose "
     "`clientAuth`.",
     "Check your own certificates and chain with `portcullis check`. A CA that no "
     "longer issues `clientAuth` can be the cause."},
    {Reason::kAuthzidMismatch,
     "The authorization identity of SASL EXTERNAL is neither empty nor the `from` of "
     "the stream. The peer is also told `invalid-authzid`.",
     "Send the authzid `=`, or the stream's own domain.", "Nothing."},
    {Reason::kIdentityChanged,
     "`from` or `to` changed between two stream headers of one connection.",
     "Upgrade the server; a connection belongs to one pair of domains.",
     "Treat repeated cases as an attack."},
    {Reason::kUnauthenticatedStanza, "A stanza arrived before authentication was complete.",
     "Upgrade the server.", "Nothing."},
    {Reason::kAddressSpoofed,
     "A stanza carries a `from` or `to` whose domain is not the authenticated one.",
     "Look for a component or bridge that forges addresses.",
     "Treat repeated cases as an attack. If the domain is one of your own components, "
     "add it to `aliases`."},
    {Reason::kRefusedByPeer,
     "The remote server ended an outgoing stream before it was established; the detail "
     "has its own words.",
     "Read the server's log.",
     "Follow the remote server's explanation; often it is your own certificate."},
    {Reason::kXmlRestricted,
     "The stream holds what RFC 6120 section 11.1 forbids: a DTD, an entity, a comment "
     "or a processing instruction.",
     "Find the software that makes it; no XMPP library does.",
     "Treat repeated cases as an attack."},
    {Reason::kXmlInvalid,
     "The stream is not well-formed, not UTF-8, in a wrong namespace or nested too "
     "deeply.",
     "Find the software that makes it; the detail says what is wrong.",
     "If your own users meet it with legitimate traffic, raise `limits.depth` or "
     "`limits.attributes`."},
    {Reason::kStanzaTooBig,
     "One element is larger than allowed. The error also carries `<stanza-too-big "
     "xmlns='urn:xmpp:errors'/>`.",
     "Send less in one stanza; files belong in HTTP upload (XEP-0363).",
     "Raise `limits.stanza_bytes`, and the same limit of the backend."},
    {Reason::kNegotiationTimeout,
     "TLS and authentication were not finished in time. The time is in total, not per "
     "octet.",
     "Check the network path and the load of the server.",
     "Raise `limits.before_tls`, `limits.negotiation` or `limits.login`."},
    {Reason::kRateLimited, "Too many connections in total or from one address.",
     "Close idle connections and wait before connecting again.",
     "Raise `limits.connections` or `limits.connections_per_address`. Behind a load "
     "balancer set `listen.proxy_protocol_from`, or all peers count as one."},
    {Reason::kInternalError, "A fault in Portcullis or in its surroundings.",
     "Tell the operator of this server.", "Read the log at that time and report the fault."},
    {Reason::kBackendUnavailable,
     "The backend refuses connections, resets them or does not answer in time.", "Try again later.",
     "Start the backend; compare `host.backend` with the addresses it listens on; see "
     "`limits.backend`."},
    {Reason::kBackendMisconfigured,
     "The backend answers, but its settings make the stream impossible: no STARTTLS, no "
     "SASL EXTERNAL, the local CA is not trusted, the host is unknown to it.",
     "Tell the operator of this server.",
     "Read `detail` in the decision line and compare the backend's configuration with "
     "its page in `docs/backends/`."},
    {Reason::kNotTheBackend,
     "Something that does not hold the backend's key connected to the outbound "
     "listener, or answered in the backend's place.",
     "Nothing to do.",
     "If the backend has a new key, update the file in `host.backend.certificate`. "
     "Otherwise find the program that connects."},
    {Reason::kNoSuchService,
     "The remote domain does not exist, or its SRV record says that it offers no such "
     "service (target `.`).",
     "Publish `_xmpp-server._tcp` records if the domain is to federate.",
     "Check the spelling of the address the user wrote to."},
    {Reason::kDnsFailed,
     "The name could not be looked up: the name servers fail, time out or give an "
     "invalid DNSSEC answer.",
     "Check the zone with a DNS checker.",
     "Check `dns.servers`, or the resolvers in `/etc/resolv.conf`."},
    {Reason::kPeerUnreachable, "None of the remote domain's servers could be connected.",
     "Check the firewall and the SRV records.",
     "Check your own outgoing firewall rules and IPv6; see `limits.dial`."},
    {Reason::kPeerLeft,
     "The other side closed the connection before the stream was established, without a "
     "reason.",
     "Read the server's log.",
     "Usually nothing. If every peer leaves, look at your own certificate."},
    {Reason::kShuttingDown, "Portcullis is draining its streams because it stops or restarts.",
     "Connect again.", "See `limits.drain` for the time that open streams get."},
}};

}  // namespace portcullis::policy
