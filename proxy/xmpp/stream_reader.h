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
  std::size_t depth = 64;              // below the stream element; a stanza is at 1
  std::size_t attributes = 128;        // of one element, namespace declarations included
};

struct StreamEnded {};  // </stream:stream>
struct ReadFault {
  policy::Reason reason;  // xml_invalid, xml_restricted, stanza_too_big
  std::string detail;     // ours, not the peer's words
};
using ReaderEvent = std::variant<StreamHeader, Element, StreamEnded, ReadFault>;

// Bytes of one stream -> its header and first-level elements, one event a call, by expat alone.
// No DTD, comment, PI, undefined entity or other encoding passes (RFC 6120 section 11.1). Used
// while a stream is negotiated; a new object is made for every stream (re)start.
//
// CPU per byte is bounded whatever the segmentation: expat reads the start tag of an element when
// all of that is here and the rest when all of that is, hence each byte once.
class StreamReader {
 public:
  explicit StreamReader(const ReaderLimits& limits);
  StreamReader(StreamReader&&) noexcept;
  StreamReader& operator=(StreamReader&&) noexcept;
  ~StreamReader();

  // Holds the bytes. The caller calls next() until it is empty before pushing more.
  void push(std::string_view bytes);

  // The next event, or nothing when more bytes are needed. After a ReadFault or StreamEnded
  // nothing follows.
  std::optional<ReaderEvent> next();

  // Bytes pushed and not yet consumed by an event. Behind <starttls/> anything but whitespace in
  // here is an attack; behind the last negotiated element it is what the guard starts with.
  std::string_view unread() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace portcullis::xmpp
