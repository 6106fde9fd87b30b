#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "proxy/xmpp/stanza_error.h"
#include "proxy/xmpp/stream_header.h"
#include "proxy/xmpp/stream_reader.h"

// The error for a stanza is one element, whatever the stanza's start tag held; it goes back to
// where the stanza came from, with the same id, and is never an answer to an error or a result. The
// first byte of an input chooses where the stanza was to go; the rest is the tag.
namespace {

using namespace portcullis;
using namespace portcullis::xmpp;

void expect(bool holds) {
  if (!holds) std::abort();
}

// The only element behind our own header, or nothing.
std::optional<Element> read(std::string_view bytes) {
  StreamHeader header;
  header.content_ns = ns::kServer;
  StreamReader reader({.element_bytes = 1 << 17});
  reader.push(write_header(header, false));
  expect(reader.next().has_value());
  reader.push(bytes);
  auto event = reader.next();
  if (!event || !std::holds_alternative<Element>(*event) || !reader.unread().empty())
    return std::nullopt;
  return std::get<Element>(std::move(*event));
}

std::string value(const Element& element, std::string_view name) {
  const std::string* const found = element.attribute(name);
  return found == nullptr ? "(none)" : *found;
}

void expect_error(const Element& answer) {
  expect(answer.ns == ns::kServer && value(answer, "type") == "error");
  expect(answer.name == "message" || answer.name == "iq" || answer.name == "presence");
  expect(answer.attributes.size() <= 4 && answer.children.size() == 1);
  const Element& error = answer.children[0];
  expect(error.is(ns::kServer, "error") && error.children.size() == 2);
  expect(error.children[0].children.empty() && error.children[1].name == "text");
}

// `tag` as it stands, if it needs no prefix of its stream header.
std::optional<Element> stanza_of(std::string_view tag, const std::string& name) {
  const bool closed = tag.ends_with("/>");
  return read(std::string(tag).append(closed ? "" : "</" + name + ">"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  constexpr std::array kUnreached{Unreached::kServer, Unreached::kOwnServer, Unreached::kOwnClient};
  const auto unreached = kUnreached[data[0] % kUnreached.size()];
  const std::string_view tag(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto written = write_undelivered_error(tag, unreached);
  if (!written) return 0;
  expect(written->size() <= 6 * kMaxAnsweredTag + 1'000);
  const auto answer = read(*written);
  expect(answer.has_value());
  expect_error(*answer);
  const auto stanza = stanza_of(tag, answer->name);
  if (!stanza) return 0;
  const std::string type = value(*stanza, "type");
  expect(stanza->name == answer->name && type != "error" && type != "result");
  expect(value(*answer, "id") == value(*stanza, "id"));
  expect(value(*answer, "to") == value(*stanza, "from"));
  expect(value(*answer, "from") ==
         (unreached == Unreached::kOwnClient ? "(none)" : value(*stanza, "to")));
  return 0;
}
