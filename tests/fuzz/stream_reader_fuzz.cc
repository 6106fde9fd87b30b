#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/xmpp/stream_reader.h"
#include "proxy/xmpp/writer.h"

// The events of a stream do not depend on how it was cut, and an element that was written again is
// read back as it was.
namespace {

using namespace portcullis::xmpp;

constexpr ReaderLimits kLimits{.header_bytes = 1024, .element_bytes = 1024, .depth = 8};

struct Seen {
  std::vector<StreamHeader> headers;
  std::vector<Element> elements;
  bool ended = false;
  std::string fault;
  bool operator==(const Seen&) const = default;
};

void drain(StreamReader& reader, Seen& seen) {
  while (auto event = reader.next()) {
    if (seen.ended || !seen.fault.empty()) std::abort();
    if (auto* header = std::get_if<StreamHeader>(&*event)) seen.headers.push_back(*header);
    if (auto* element = std::get_if<Element>(&*event)) seen.elements.push_back(*element);
    if (std::holds_alternative<StreamEnded>(*event)) seen.ended = true;
    if (auto* fault = std::get_if<ReadFault>(&*event))
      seen.fault = portcullis::policy::id(fault->reason);
  }
}

Seen read(std::string_view bytes, std::size_t piece) {
  StreamReader reader(kLimits);
  Seen seen;
  while (!bytes.empty()) {
    reader.push(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
    drain(reader, seen);
  }
  return seen;
}

void expect_round_trip(const Element& element) {
  StreamReader reader({.element_bytes = 1 << 20});
  StreamHeader header;
  header.content_ns = ns::kServer;
  reader.push(write_header(header) + serialize(element, ns::kServer));
  reader.next();
  const auto again = reader.next();
  if (!again || !std::holds_alternative<Element>(*again)) std::abort();
  if (std::get<Element>(*again) != element) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Seen whole = read(bytes, bytes.size() + 1);
  if (read(bytes, 1) != whole) std::abort();
  if (read(bytes, 1 + data[0]) != whole) std::abort();
  if (whole.headers.size() > 1 || (whole.headers.empty() && !whole.elements.empty())) std::abort();
  for (const Element& element : whole.elements) expect_round_trip(element);
  return 0;
}
