#pragma once

#include <string>
#include <string_view>

#include "tests/scenario/bridge/streams.h"

// What Openfire says, octet by octet as its releases 4.8 to 5.1 write it; what older ones say
// differently stands in the test. `local` is the domain that it speaks for.
namespace portcullis::relay::scene::openfire {

inline const std::string kDeclaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
inline constexpr std::string_view kDb = " xmlns:db=\"jabber:server:dialback\"";

inline std::string header(std::string_view attributes, std::string_view declared = "",
                          std::string_view content_ns = "jabber:server") {
  return kDeclaration +
         "<stream:stream xmlns:stream=\"http://etherx.jabber.org/streams\" xmlns=\"" +
         std::string(content_ns) + "\"" + std::string(declared) + " " + std::string(attributes) +
         ">";
}
inline std::string between(std::string_view from, std::string_view to) {
  return "from=\"" + std::string(from) + "\" to=\"" + std::string(to) + "\"";
}

// ---- Of its own streams. Behind <success/> it does not declare dialback any more.

inline std::string opens(std::string_view from, std::string_view to, std::string_view db = kDb) {
  return header(between(from, to) + " version=\"1.0\"", db);
}
inline std::string auth(std::string_view base64) {
  return "<auth xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\" mechanism=\"EXTERNAL\">" +
         std::string(base64) + "</auth>";
}
inline std::string result(std::string_view from, std::string_view to, std::string_view key) {
  return "<db:result " + between(from, to) + ">" + std::string(key) + "</db:result>";
}
// On a connection for that alone, which names `to` first and ends without waiting.
inline std::string opens_to_ask(std::string_view from, std::string_view to) {
  return header("to=\"" + std::string(to) + "\" from=\"" + std::string(from) + "\" version=\"1.0\"",
                kDb);
}
inline std::string asks(std::string_view from, std::string_view to, std::string_view id,
                        std::string_view key) {
  return "<db:verify" + std::string(kDb) + " " + between(from, to) + " id=\"" + std::string(id) +
         "\">" + std::string(key) + "</db:verify>";
}

// ---- Of the streams of others

inline constexpr std::string_view kStartTlsOffer =
    "<starttls xmlns=\"urn:ietf:params:xml:ns:xmpp-tls\"/>";
inline constexpr std::string_view kStartTlsDemand =
    "<starttls xmlns=\"urn:ietf:params:xml:ns:xmpp-tls\"><required/></starttls>";
inline constexpr std::string_view kDialbackOffer =
    "<dialback xmlns=\"urn:xmpp:features:dialback\"><errors/></dialback>";
inline constexpr std::string_view kExternalOffer =
    "<mechanisms xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\"><mechanism>EXTERNAL</mechanism>"
    "</mechanisms>";
inline constexpr std::string_view kNothingOffer =
    "<mechanisms xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\"/>";
inline constexpr std::string_view kLimits =
    "<limits xmlns=\"urn:xmpp:stream-limits:0\"><max-bytes>1048576</max-bytes>"
    "<idle-seconds>1800</idle-seconds></limits>";
inline constexpr std::string_view kProceed = "<proceed xmlns=\"urn:ietf:params:xml:ns:xmpp-tls\"/>";
inline constexpr std::string_view kSuccess =
    "<success xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\"/>";

// It answers with its main domain, whatever domain of its own it was asked for, once TLS is there.
inline std::string answers(std::string_view from, std::string_view to, std::string_view features,
                           std::string_view id = "51yb9t7hvp", std::string_view db = kDb) {
  return header(
             between(from, to) + " id=\"" + std::string(id) + "\" xml:lang=\"en\" version=\"1.0\"",
             db) +
         "<stream:features>" + std::string(features) + std::string(kLimits) + "</stream:features>";
}
inline std::string stream_error(std::string_view condition, std::string_view text) {
  const std::string ns = " xmlns=\"urn:ietf:params:xml:ns:xmpp-streams\"";
  return "<stream:error xmlns:stream=\"http://etherx.jabber.org/streams\"><" +
         std::string(condition) + ns + "/><text" + ns + ">" + std::string(text) +
         "</text></stream:error></stream:stream>";
}

// The far end is Openfire, up to its <success/>.
inline void accepts(End& far, std::string_view from, std::string_view to, const test::Issued* shown,
                    std::string_view starttls = kStartTlsDemand) {
  far.connection.open();
  far.says(answers(from, to, starttls));
  far.says(kProceed);
  far.secures(shown);
  far.says(answers(from, to, kExternalOffer));
  far.says(kSuccess);
}
// The near end is Openfire, up to its <auth/>.
inline void authenticates(End& near, std::string_view from, std::string_view to,
                          const test::Issued* shown, std::string_view authzid) {
  near.says(opens(from, to));
  near.says(wire::kStartTls);
  near.secures(shown);
  near.says(opens(from, to));
  near.says(auth(authzid));
}

}  // namespace portcullis::relay::scene::openfire
