#include <algorithm>
#include <array>

#include "proxy/xmpp/stream_header.h"
#include "proxy/xmpp/stream_prefixes.h"
#include "proxy/xmpp/writer.h"
#include "proxy/xmpp/xml_space.h"

namespace portcullis::xmpp {
namespace {

constexpr std::string_view kUndefined = "undefined-condition";
constexpr std::string_view kErrors = "urn:xmpp:errors";

// The conditions of RFC 6120 section 4.9.3, and those of RFC 3920 that it dropped but old servers
// still send.
constexpr std::array<std::string_view, 26> kStreamConditions{"bad-format",
                                                             "bad-namespace-prefix",
                                                             "conflict",
                                                             "connection-timeout",
                                                             "host-gone",
                                                             "host-unknown",
                                                             "improper-addressing",
                                                             "internal-server-error",
                                                             "invalid-from",
                                                             "invalid-id",
                                                             "invalid-namespace",
                                                             "invalid-xml",
                                                             "not-authorized",
                                                             "not-well-formed",
                                                             "policy-violation",
                                                             "remote-connection-failed",
                                                             "reset",
                                                             "resource-constraint",
                                                             "restricted-xml",
                                                             "see-other-host",
                                                             "system-shutdown",
                                                             "undefined-condition",
                                                             "unsupported-encoding",
                                                             "unsupported-stanza-type",
                                                             "unsupported-version",
                                                             "xml-not-well-formed"};

// RFC 6120 section 6.5.
constexpr std::array<std::string_view, 11> kSaslConditions{"aborted",
                                                           "account-disabled",
                                                           "credentials-expired",
                                                           "encryption-required",
                                                           "incorrect-encoding",
                                                           "invalid-authzid",
                                                           "invalid-mechanism",
                                                           "malformed-request",
                                                           "mechanism-too-weak",
                                                           "not-authorized",
                                                           "temporary-auth-failure"};

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

void append_empty(std::string& out, std::string_view name, std::string_view in_ns) {
  out.append("<").append(name);
  append_attribute(out, "xmlns", in_ns);
  out += "/>";
}

std::string write(std::string_view condition, std::string_view text, std::string_view reason_id,
                  bool too_big) {
  std::string out = "<stream:error>";
  append_empty(out, contains(kStreamConditions, condition) ? condition : kUndefined, ns::kStreams);
  if (!text.empty()) {
    out += "<text";
    append_attribute(out, "xmlns", ns::kStreams);
    append_attribute(out, "xml:lang", "en");
    out += '>';
    append_escaped(out, text);
    out += "</text>";
  }
  if (too_big) append_empty(out, "stanza-too-big", kErrors);
  if (!reason_id.empty()) {
    out += "<reason";
    append_attribute(out, "xmlns", ns::kPortcullis);
    out += '>';
    append_escaped(out, reason_id);
    out += "</reason>";
  }
  out += "</stream:error>";
  return out.append(kStreamEnd);
}

template <std::size_t N>
StreamErrorInfo read(const Element& error, std::string_view in_ns,
                     const std::array<std::string_view, N>& conditions) {
  StreamErrorInfo info{std::string(kUndefined), {}};
  for (const Element& child : error.children) {
    if (child.ns != in_ns || !contains(conditions, child.name)) continue;
    info.condition = child.name;
    break;
  }
  // Servers older than RFC 3920 have no <text/>: their text stands in the error element itself.
  const Element* text = error.child(in_ns, "text");
  info.text = policy::printable(trim_space(text != nullptr ? text->text() : error.text()));
  return info;
}

}  // namespace

std::string write_stream_error(std::string_view condition, std::string_view text,
                               std::string_view reason_id) {
  return write(condition, text, reason_id, false);
}

std::string write_stream_error(const policy::Refusal& refusal) {
  const policy::ReasonInfo& about = policy::info(refusal.reason);
  return write(about.condition, refusal.text, about.id,
               refusal.reason == policy::Reason::kStanzaTooBig);
}

StreamErrorInfo read_stream_error(const Element& error) {
  return read(error, ns::kStreams, kStreamConditions);
}

StreamErrorInfo read_sasl_failure(const Element& failure) {
  return read(failure, ns::kSasl, kSaslConditions);
}

}  // namespace portcullis::xmpp
