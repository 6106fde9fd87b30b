#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "proxy/xmpp/dialback.h"
#include "proxy/xmpp/dialback_answer.h"
#include "proxy/xmpp/stream_header.h"
#include "proxy/xmpp/stream_reader.h"

// A dialback request that was read obeys its bounds and means what the element says; and what we
// answer to it is one element, whatever the request held, with the addresses and id we gave it.
namespace {

using namespace portcullis;
using namespace portcullis::xmpp;

void expect(bool holds) {
  if (!holds) std::abort();
}

// The element behind our own header, or nothing.
std::optional<Element> read(std::string_view bytes) {
  StreamHeader header;
  header.content_ns = ns::kServer;
  StreamReader reader({.element_bytes = 1 << 16});
  reader.push(write_header(header, true));
  expect(reader.next().has_value());
  reader.push(bytes);
  auto event = reader.next();
  if (!event || !std::holds_alternative<Element>(*event)) return std::nullopt;
  return std::get<Element>(std::move(*event));
}

std::string attribute(const Element& element, std::string_view name) {
  const std::string* value = element.attribute(name);
  expect(value != nullptr);
  return *value;
}

void expect_request(const Element& element, const DialbackRequest& request) {
  expect(element.ns == ns::kDialback && element.attribute("type") == nullptr);
  expect(element.name == (request.verify ? "verify" : "result"));
  expect(element.children.empty());
  expect(request.key.size() <= kMaxDialbackText && request.id.size() <= kMaxDialbackText);
  expect(element.text().find(request.key) != std::string::npos);
  expect(*DomainName::parse(attribute(element, "from")) == request.from);
  expect(*DomainName::parse(attribute(element, "to")) == request.to);
  expect(request.verify ? !request.key.empty() && attribute(element, "id") == request.id
                        : request.id.empty());
}

void expect_answer(const std::string& written, const DialbackRequest& request,
                   std::string_view type) {
  const auto answer = read(written);
  expect(answer && is_dialback(*answer) && !read_dialback_request(*answer));
  expect(attribute(*answer, "type") == type);
  expect(attribute(*answer, "from") == request.to.wire());
  expect(attribute(*answer, "to") == request.from.wire());
}

// An answer is never a request, too, and says nothing that the element does not say.
void expect_read_answer(const Element& element) {
  const auto answer = read_dialback_answer(element);
  if (!answer) return expect(!answer.error().message.empty());
  expect(!read_dialback_request(element));
  expect(element.name == (answer->verify ? "verify" : "result"));
  expect((answer->type == DialbackAnswer::Type::kValid) == (attribute(element, "type") == "valid"));
  expect(*DomainName::parse(attribute(element, "from")) == answer->from);
  expect(*DomainName::parse(attribute(element, "to")) == answer->to);
  expect(answer->verify != answer->id.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto element = read({reinterpret_cast<const char*>(data), size});
  if (!element) return 0;
  expect_read_answer(*element);
  const auto request = read_dialback_request(*element);
  if (!request) {
    expect(!request.error().message.empty() && request.error().message.size() < 200);
    return 0;
  }
  expect_request(*element, *request);
  expect_answer(write_dialback_valid(request->to, request->from), *request, "valid");
  // The key, as the most hostile text there is.
  const std::string error = write_dialback_error(request->verify, request->to, request->from,
                                                 request->id, "item-not-found", request->key);
  expect_answer(error, *request, "error");
  if (request->verify) expect(attribute(*read(error), "id") == request->id);
  return 0;
}
