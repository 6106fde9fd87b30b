#pragma once

#include <string>
#include <string_view>

// What is on the wire, written out by hand.
namespace portcullis::session::stage {

inline std::string header(std::string_view content_ns, std::string_view attributes,
                          std::string_view declared = "") {
  return "<?xml version='1.0'?><stream:stream xmlns='" + std::string(content_ns) +
         "' xmlns:stream='http://etherx.jabber.org/streams'" + std::string(declared) + " " +
         std::string(attributes) + ">";
}
inline std::string server(std::string_view attributes, std::string_view declared = "") {
  return header("jabber:server", attributes, declared);
}
inline std::string client(std::string_view attributes, std::string_view declared = "") {
  return header("jabber:client", attributes, declared);
}

// A stream error of ours, without its sentence.
inline std::string error(std::string_view condition, std::string_view reason) {
  return "<stream:error><" + std::string(condition) +
         " xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><reason xmlns='urn:xmpp:portcullis:0'>" +
         std::string(reason) + "</reason></stream:error></stream:stream>";
}
inline std::string refused(std::string_view reason) {
  return "[refused " + std::string(reason) + "]";
}
inline std::string ended(std::string_view reason) {
  return refused(reason) + "[close " + std::string(reason) + "]";
}
// `condition`: with which the far end is told, if that is not the reason's own.
inline std::string ended_both(std::string_view reason, std::string_view condition = "") {
  return refused(reason) + "[far failed " + std::string(reason) + (condition.empty() ? "" : " ") +
         std::string(condition) + "][close " + std::string(reason) + "]";
}

inline constexpr std::string_view kEnd = "</stream:stream>";
inline constexpr std::string_view kStartTls = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
inline constexpr std::string_view kProceed = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
inline constexpr std::string_view kTlsFailure =
    "<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
inline constexpr std::string_view kStartTlsFeatures =
    "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>"
    "</stream:features>";
inline constexpr std::string_view kExternalFeatures =
    "<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
    "<mechanism>EXTERNAL</mechanism></mechanisms></stream:features>";
inline constexpr std::string_view kLimitsFeatures =
    "<stream:features><limits xmlns='urn:xmpp:stream-limits:0'><max-bytes>524288</max-bytes>"
    "<idle-seconds>14400</idle-seconds></limits></stream:features>";
inline constexpr std::string_view kLimits =
    "<limits xmlns='urn:xmpp:stream-limits:0'><max-bytes>524288</max-bytes>"
    "<idle-seconds>14400</idle-seconds></limits>";
inline constexpr std::string_view kLoginLimits =
    "<limits xmlns='urn:xmpp:stream-limits:0'><max-bytes>10000</max-bytes>"
    "<idle-seconds>60</idle-seconds></limits>";
inline constexpr std::string_view kNoFeatures = "<stream:features/>";
inline constexpr std::string_view kSuccess = "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>";
inline constexpr std::string_view kDialback =
    "<db:result xmlns:db='jabber:server:dialback' from='peer.example' to='legacy.example'>key"
    "</db:result>";
inline constexpr std::string_view kMessage =
    "<message from='a@peer.example' to='b@legacy.example'><body>x</body></message>";

inline std::string auth(std::string_view base64, std::string_view mechanism = "EXTERNAL") {
  return "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='" + std::string(mechanism) +
         "'>" + std::string(base64) + "</auth>";
}
inline constexpr std::string_view kAuthPeer = "cGVlci5leGFtcGxl";        // peer.example
inline constexpr std::string_view kAuthLegacy = "bGVnYWN5LmV4YW1wbGU=";  // legacy.example

}  // namespace portcullis::session::stage
