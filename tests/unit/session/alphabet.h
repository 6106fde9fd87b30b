#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "proxy/session/event.h"
#include "proxy/xmpp/base64.h"
#include "tests/unit/session/samples.h"

// What the two ends of a small world can say. Every element and header carries the mark of the end
// that said it, so that it is seen when something of it appears on the other side.
namespace portcullis::session::alphabet {

struct Word {
  std::string name;
  Event event;
};
using Words = std::vector<Word>;

struct Mark {
  std::string element;  // in an attribute, and in a child where one may stand
  std::string header;   // in the stream id, xml:lang and a declared prefix
};
inline const Mark kNearMark{"near-element", "near-header"};
inline const Mark kFarMark{"far-element", "far-header"};

inline xmpp::Element marked(xmpp::Element element, const Mark& mark, bool with_child = false) {
  element.attributes.push_back({"", "note", mark.element});
  if (with_child) {
    element.children.push_back(samples::element("urn:example:mark", "mark"));
    element.children.back().trailing_text = mark.element;
  }
  return element;
}

inline xmpp::StreamHeader header(const Mark& mark, StreamKind kind, const char* from,
                                 const char* to) {
  auto made = samples::header(kind, from, to);
  made.id = mark.header;
  made.lang = mark.header;
  made.declared = {{"marked", "urn:" + mark.header}};
  return made;
}

inline xmpp::Element auth(std::string_view mechanism, std::string_view authzid) {
  auto made = samples::element(xmpp::ns::kSasl, "auth");
  made.attributes = {{"", "mechanism", std::string(mechanism)}};
  made.trailing_text = xmpp::encode_base64(authzid);
  return made;
}

inline xmpp::Element dialback(const Mark& mark, std::string_view name, const char* from,
                              const char* to) {
  auto made = samples::element(xmpp::ns::kDialback, name);
  made.attributes = {{"", "from", from}, {"", "to", to}};
  if (name == "verify") made.attributes.push_back({"", "id", "asked"});
  made.trailing_text = mark.element;
  return made;
}

inline xmpp::Element sasl_failure() {
  auto made = samples::element(xmpp::ns::kSasl, "failure");
  made.children = {samples::element(xmpp::ns::kSasl, "not-authorized")};
  return made;
}

inline xmpp::Element stream_error() {
  auto made = samples::element(xmpp::ns::kStream, "error");
  made.children = {samples::element(xmpp::ns::kStreams, "conflict")};
  return made;
}

inline xmpp::Element features(const std::vector<std::string_view>& offers) {
  auto made = samples::element(xmpp::ns::kStream, "features");
  for (const auto offer : offers) {
    if (offer == "starttls") {
      made.children.push_back(samples::element(xmpp::ns::kTls, "starttls"));
      continue;
    }
    if (offer == "dialback") {
      made.children.push_back(samples::element(xmpp::ns::kDialbackFeature, "dialback"));
      continue;
    }
    made.children.push_back(samples::element(xmpp::ns::kSasl, "mechanisms"));
    made.children.back().children = {samples::element(xmpp::ns::kSasl, "mechanism")};
    made.children.back().children[0].trailing_text = offer;
  }
  return made;
}

inline Word says(std::string name, xmpp::Element element) {
  return {std::move(name), ElementReceived{std::move(element)}};
}

// The headers of a receiving entity: as it should be, too old, and of the wrong kind.
inline Words answering_headers(const Mark& mark, StreamKind kind, const char* from,
                               const char* to) {
  const auto other_kind = kind == StreamKind::kC2s ? StreamKind::kS2sInbound : StreamKind::kC2s;
  auto old = header(mark, kind, from, to);
  old.version.reset();
  return {{"header", HeaderReceived{header(mark, kind, from, to)}},
          {"old header", HeaderReceived{std::move(old)}},
          {"header of the wrong kind", HeaderReceived{header(mark, other_kind, from, to)}}};
}

// The headers of an initiating entity: the same, and for somebody else.
inline Words opening_headers(const Mark& mark, StreamKind kind, const char* from, const char* to) {
  auto words = answering_headers(mark, kind, from, to);
  words.push_back({"header from another", HeaderReceived{header(mark, kind, "other.example", to)}});
  words.push_back({"header to another", HeaderReceived{header(mark, kind, from, "other.example")}});
  auto nobody = header(mark, kind, from, to);
  nobody.from.reset();
  words.push_back({"header from nobody", HeaderReceived{std::move(nobody)}});
  words.push_back({"header from no domain", HeaderReceived{header(mark, kind, "no domain", to)}});
  return words;
}

// What an initiating entity says between servers: the peer inbound, the backend outbound.
inline Words initiating_server(const Mark& mark, const char* from, const char* to) {
  return {says("<starttls/>", marked(samples::element(xmpp::ns::kTls, "starttls"), mark)),
          says("<auth/>", marked(auth("EXTERNAL", from), mark)),
          says("<auth/> for another", marked(auth("EXTERNAL", "other.example"), mark)),
          says("<auth/> by PLAIN", marked(auth("PLAIN", from), mark)),
          says("<db:result/>", marked(dialback(mark, "result", from, to), mark)),
          says("<db:verify/>", marked(dialback(mark, "verify", from, to), mark)),
          says("<success/>", marked(samples::element(xmpp::ns::kSasl, "success"), mark)),
          says("<message/>", marked(samples::element(xmpp::ns::kServer, "message"), mark, true)),
          says("<stream:error/>", marked(stream_error(), mark))};
}

// What a backend says beside that, if it is authenticated by dialback.
inline Words dialback_server(const Mark& mark, const char* from, const char* to) {
  auto ours = dialback(mark, "verify", from, to);
  ours.trailing_text = "key";
  auto unasked = marked(dialback(mark, "result", from, to), mark);
  unasked.attributes.push_back({"", "type", "valid"});
  return {
      says("<db:verify/> of our key", ours),
      says("<db:result/> for another", marked(dialback(mark, "result", from, "c.example"), mark)),
      says("<db:result/> between ours", marked(dialback(mark, "result", from, from), mark)),
      says("<db:result/> of another", marked(dialback(mark, "result", "c.example", to), mark)),
      says("<db:verify/> of nobody", samples::element(xmpp::ns::kDialback, "verify")),
      says("unasked <db:result/>", unasked)};
}

// What a receiving entity says between servers: the backend inbound, the peer outbound.
inline Words receiving_server(const Mark& mark) {
  auto valid = dialback(mark, "result", "legacy.example", "peer.example");
  valid.attributes.push_back({"", "type", "valid"});
  return {says("no features", marked(features({}), mark, true)),
          says("features STARTTLS", marked(features({"starttls"}), mark)),
          says("features EXTERNAL", marked(features({"EXTERNAL"}), mark)),
          says("features PLAIN", marked(features({"PLAIN"}), mark)),
          says("<proceed/>", marked(samples::element(xmpp::ns::kTls, "proceed"), mark)),
          says("TLS <failure/>", marked(samples::element(xmpp::ns::kTls, "failure"), mark)),
          says("<success/>", marked(samples::element(xmpp::ns::kSasl, "success"), mark)),
          says("SASL <failure/>", marked(sasl_failure(), mark)),
          says("<db:result type='valid'/>", marked(valid, mark)),
          says("<message/>", marked(samples::element(xmpp::ns::kServer, "message"), mark, true)),
          says("<stream:error/>", marked(stream_error(), mark))};
}

// What a backend that does dialback says beside that.
inline Words dialback_server(const Mark& mark) {
  auto required = features({"starttls"});
  required.children[0].children = {samples::element(xmpp::ns::kTls, "required")};
  const auto answers = [&](const char* type, const char* from, const char* to) {
    auto made = dialback(mark, "result", from, to);
    made.attributes.push_back({"", "type", type});
    return marked(made, mark);
  };
  return {says("features STARTTLS, required", marked(required, mark)),
          says("<db:result type='invalid'/>", answers("invalid", "legacy.example", "peer.example")),
          says("<db:result type='valid'/> of another",
               answers("valid", "other.example", "peer.example")),
          says("<db:result type='valid'/> for another",
               answers("valid", "legacy.example", "other.example")),
          says("<db:result/>",
               marked(dialback(mark, "result", "legacy.example", "peer.example"), mark)),
          says("<db:result type='other'/>", answers("other", "legacy.example", "peer.example"))};
}

// What a peer says beside receiving_server() that takes keys of dialback.
inline Words dialback_peer_elements(const Mark& mark) {
  const auto answers = [&](const char* type, const char* from, const char* to) {
    auto made = dialback(mark, "result", from, to);
    made.attributes.push_back({"", "type", type});
    return marked(made, mark);
  };
  return {says("features dialback", marked(features({"dialback"}), mark)),
          says("features EXTERNAL, dialback", marked(features({"EXTERNAL", "dialback"}), mark)),
          says("valid", answers("valid", "peer.example", "legacy.example")),
          says("invalid", answers("invalid", "peer.example", "legacy.example")),
          says("valid of another", answers("valid", "other.example", "legacy.example")),
          says("valid for another", answers("valid", "peer.example", "other.example")),
          says("another type", answers("other", "peer.example", "legacy.example"))};
}
inline Words dialback_peer(const Mark& mark) {
  auto old = header(mark, StreamKind::kS2sOutbound, "peer.example", "legacy.example");
  old.version.reset();
  old.declared.push_back({"db", std::string(xmpp::ns::kDialback)});
  auto nameless = old;
  nameless.id.reset();
  auto words = dialback_peer_elements(mark);
  words.push_back({"old header with dialback", HeaderReceived{std::move(old)}});
  words.push_back({"the same without id", HeaderReceived{std::move(nameless)}});
  return words;
}

// The headers of one: the keys of dialback are made for an id.
inline Words dialback_headers(const Mark& mark) {
  auto words = answering_headers(mark, StreamKind::kS2sInbound, "legacy.example", "peer.example");
  auto nameless = header(mark, StreamKind::kS2sInbound, "legacy.example", "peer.example");
  nameless.version.reset();
  nameless.id.reset();
  words.push_back({"old header without id", HeaderReceived{std::move(nameless)}});
  return words;
}

// A login without SASL (XEP-0078), and the answer that grants it.
inline xmpp::Element iq_login() {
  auto made = samples::element(xmpp::ns::kClient, "iq");
  made.attributes = {{"", "type", "set"}};
  made.children = {samples::element("jabber:iq:auth", "query")};
  return made;
}

inline xmpp::Element iq_result() {
  auto made = samples::element(xmpp::ns::kClient, "iq");
  made.attributes = {{"", "type", "result"}};
  return made;
}

inline bool is_iq_result(const xmpp::Element& element) {
  const auto* const type = element.attribute("type");
  return element.is(xmpp::ns::kClient, "iq") && type != nullptr && *type == "result";
}

inline Words client(const Mark& mark) {
  return {says("<starttls/>", marked(samples::element(xmpp::ns::kTls, "starttls"), mark)),
          says("<auth/>", marked(auth("PLAIN", "secret"), mark)),
          says("SASL2 <authenticate/>",
               marked(samples::element(xmpp::ns::kSasl2, "authenticate"), mark, true)),
          says("<success/>", marked(samples::element(xmpp::ns::kSasl, "success"), mark)),
          says("<db:result/>",
               marked(dialback(mark, "result", "peer.example", "legacy.example"), mark)),
          says("<iq/>", marked(samples::element(xmpp::ns::kClient, "iq"), mark, true)),
          says("<iq/> login", marked(iq_login(), mark, true)),
          says("<enable/>", marked(samples::element("urn:xmpp:sm:3", "enable"), mark)),
          says("<stream:error/>", marked(stream_error(), mark))};
}

inline Words host(const Mark& mark) {
  return {says("no features", marked(features({}), mark, true)),
          says("features STARTTLS", marked(features({"starttls"}), mark)),
          says("features PLAIN", marked(features({"PLAIN"}), mark)),
          says("<challenge/>", marked(samples::element(xmpp::ns::kSasl, "challenge"), mark)),
          says("<success/>", marked(samples::element(xmpp::ns::kSasl, "success"), mark)),
          says("SASL <failure/>", marked(sasl_failure(), mark)),
          says("SASL2 <success/>", marked(samples::element(xmpp::ns::kSasl2, "success"), mark)),
          says("<iq/>", marked(samples::element(xmpp::ns::kClient, "iq"), mark, true)),
          says("<iq/> result", marked(iq_result(), mark)),
          says("<stream:error/>", marked(stream_error(), mark))};
}

inline void append(Words& words, Words more) {
  for (auto& word : more) words.push_back(std::move(word));
}

// What a host that is reached by TLS says beside that.
inline Words tls_host(const Mark& mark) {
  return {says("<proceed/>", marked(samples::element(xmpp::ns::kTls, "proceed"), mark)),
          says("TLS <failure/>", marked(samples::element(xmpp::ns::kTls, "failure"), mark))};
}

}  // namespace portcullis::session::alphabet
