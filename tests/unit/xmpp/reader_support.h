#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "proxy/xmpp/stream_reader.h"
#include "proxy/xmpp/writer.h"

namespace portcullis::xmpp::test {

inline constexpr std::string_view kHeader =
    "<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' "
    "from='a.example' to='b.example' version='1.0'>";

// An event as a comparable line.
struct Describe {
  std::string operator()(const StreamHeader& header) const { return write_header(header); }
  std::string operator()(const Element& element) const {
    return "element " + serialize(element, "jabber:server");
  }
  std::string operator()(const StreamEnded&) const { return "ended"; }
  std::string operator()(const ReadFault& fault) const {
    return "fault " + std::string(policy::id(fault.reason));
  }
};

inline void drain(StreamReader& reader, std::vector<std::string>& seen) {
  while (auto event = reader.next()) seen.push_back(std::visit(Describe{}, *event));
}

// What a reader makes of `pieces`, one push each.
inline std::vector<std::string> read(const std::vector<std::string_view>& pieces,
                                     const ReaderLimits& limits = {}) {
  StreamReader reader(limits);
  std::vector<std::string> seen;
  for (const auto piece : pieces) {
    reader.push(piece);
    drain(reader, seen);
  }
  return seen;
}

// The events of `bytes`, after checking that cutting them anywhere, or into single bytes, changes
// nothing.
inline std::vector<std::string> read_every_way(std::string_view bytes,
                                               const ReaderLimits& limits = {}) {
  const auto whole = read({bytes}, limits);
  for (std::size_t cut = 1; cut < bytes.size(); ++cut)
    EXPECT_EQ(read({bytes.substr(0, cut), bytes.substr(cut)}, limits), whole)
        << "cut at " << cut << " of " << bytes;
  std::vector<std::string_view> single;
  for (std::size_t i = 0; i < bytes.size(); ++i) single.push_back(bytes.substr(i, 1));
  EXPECT_EQ(read(single, limits), whole) << "byte by byte: " << bytes;
  return whole;
}

inline std::string in_stream(std::string_view bytes) {
  return std::string(kHeader).append(bytes);
}

// The element of a stream that carries just this one.
inline Element element_of(std::string_view xml, const ReaderLimits& limits = {}) {
  StreamReader reader(limits);
  reader.push(in_stream(xml));
  reader.next();
  auto event = reader.next();
  const auto* element = event ? std::get_if<Element>(&*event) : nullptr;
  if (element == nullptr) {
    ADD_FAILURE() << "no element: " << xml;
    return {};
  }
  return *element;
}

// The header of a stream that begins like this.
inline StreamHeader header_of(std::string_view xml) {
  StreamReader reader({.header_bytes = 1 << 20});
  reader.push(xml);
  auto event = reader.next();
  const auto* header = event ? std::get_if<StreamHeader>(&*event) : nullptr;
  if (header == nullptr) {
    ADD_FAILURE() << "no header: " << xml << " " << (event ? std::visit(Describe{}, *event) : "");
    return {};
  }
  return *header;
}

}  // namespace portcullis::xmpp::test
