#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "policy/reasons/reason.h"
#include "proxy/xmpp/element.h"
#include "proxy/xmpp/stream_header.h"

namespace portcullis::xmpp {

struct ReaderLimits {
  std::size_t header_bytes = 4096;     // stream header and XML declaration
  std::size_t element_bytes = 10'000;  // one first-level element, start tag to end tag
  std::size_t depth = 64;              // counted below the stream element; a stanza has depth 1
  std::size_t attributes = 128;        // of one element, namespace declarations included
};

struct StreamEnded {};  // </stream:stream>
struct ReadFault {
  policy::Reason reason;  // xml_invalid, xml_restricted, stanza_too_big
  std::string detail;     // our own words, none of the peer's
  // The stream error condition that is meant, if it is not that of the reason (RFC 6120 section
  // 4.9.3).
  std::string_view condition = {};
};
using ReaderEvent = std::variant<StreamHeader, Element, StreamEnded, ReadFault>;

// Turns the bytes of one stream into its header and first-level elements, one event per call. Expat
// alone parses them. A DTD, comment, processing instruction, undefined entity or another encoding
// is a fault (RFC 6120 section 11.1). Used while a stream is negotiated. A new object is made for
// every stream start and restart.
//
// The CPU time per byte is bounded, in whatever pieces the bytes come: expat gets the start tag of
// an element when the tag is complete, and the rest when the element is complete. So it reads each
// byte once.
class StreamReader {
 public:
  explicit StreamReader(const ReaderLimits& limits);
  StreamReader(StreamReader&&) noexcept;
  StreamReader& operator=(StreamReader&&) noexcept;
  ~StreamReader();

  // Keeps the bytes. Before it pushes more, the caller calls next() until that returns nullopt.
  void push(std::string_view bytes);

  // The next event; nullopt if more bytes are needed. No event follows a ReadFault or StreamEnded.
  std::optional<ReaderEvent> next();

  // How long an element may be from here on.
  void permit(std::size_t element_bytes);

  // The bytes that were pushed and do not belong to an event yet. If they contain anything but
  // whitespace after <starttls/>, that is an attack. After the last negotiated element, they are
  // the first bytes for the guard.
  std::string_view unread() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace portcullis::xmpp
