#pragma once

#include <string>
#include <string_view>

#include "policy/reasons/reason.h"
#include "proxy/xmpp/element.h"

namespace portcullis::xmpp {

// Appends `text` with & < > ' " escaped.
void append_escaped(std::string& out, std::string_view text);

// Writes `element` as XML for a stream whose default namespace is `content_ns` and whose header
// declares the prefix "stream". The prefixes are chosen by us: attributes in a namespace other than
// xml: get generated ones.
std::string serialize(const Element& element, std::string_view content_ns);

// What a <stream:error/> may say beside its condition and its text.
struct ErrorDetail {
  std::string other_host;  // where <see-other-host/> leads (RFC 6120 section 4.9.3.19)
  // The condition of an application (section 4.9.4): the name of one empty element.
  std::string application_ns;
  std::string application_name;
  bool operator==(const ErrorDetail&) const = default;
};

// RFC 6120 section 4.9: condition, <text xml:lang='en'/>, the application's condition, our
// <reason/>, then </stream:stream>. <see-other-host/> must lead somewhere: without that, and for
// what is no condition, <undefined-condition/> is said.
std::string write_stream_error(std::string_view condition, std::string_view text,
                               std::string_view reason_id, const ErrorDetail& detail = {});
// The same for a refusal. If the stanza was too big, <stanza-too-big xmlns='urn:xmpp:errors'/> is
// added.
std::string write_stream_error(const policy::Refusal& refusal);

// What a received <stream:error/> says. All of it is printable and bounded.
struct StreamErrorInfo {
  std::string condition;  // "undefined-condition" if it has none that RFC 6120 knows
  std::string text;
  // What is too long is left out, and so is a condition in a namespace that means something for the
  // stream itself.
  ErrorDetail detail = {};
};
StreamErrorInfo read_stream_error(const Element& error);

// The same for <failure xmlns='...sasl'/>.
StreamErrorInfo read_sasl_failure(const Element& failure);

}  // namespace portcullis::xmpp
