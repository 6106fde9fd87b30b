#pragma once

#include <expat.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace portcullis::fuzz {

// A first-level element as the far end's own expat reads it.
struct HeardElement {
  std::string ns;
  std::string name;
  std::optional<std::string> from;
  std::optional<std::string> to;
  std::string_view bytes;  // as they came, of the text that was read
};

// What an end reads of the octets that it got since the last stream header: our words and, behind
// them, what was let through to it. A stream that is still open is read as far as it came, and must
// then end between two elements.
class HeardStream {
 public:
  // `octets` must outlive this.
  explicit HeardStream(std::string_view octets) : octets_(octets) {
    parser_.reset(XML_ParserCreateNS(nullptr, kSeparator));
    XML_SetUserData(parser_.get(), this);
    XML_SetElementHandler(parser_.get(), &on_start, &on_end);
    ok_ = XML_Parse(parser_.get(), octets.data(), static_cast<int>(octets.size()), 0) ==
          XML_STATUS_OK;
  }

  bool well_formed() const { return ok_ && depth_ <= 1; }
  const std::vector<HeardElement>& elements() const { return elements_; }

 private:
  static constexpr char kSeparator = '\x02';  // may stand in no name

  struct Free {
    void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
  };

  static void on_start(void* data, const XML_Char* name, const XML_Char** attributes) {
    auto& self = *static_cast<HeardStream*>(data);
    if (self.depth_++ != 1) return;
    const std::string_view expanded = name;
    const auto separator = expanded.find(kSeparator);
    HeardElement found;
    if (separator != expanded.npos) found.ns = expanded.substr(0, separator);
    found.name = expanded.substr(separator == expanded.npos ? 0 : separator + 1);
    for (; *attributes != nullptr; attributes += 2) {
      if (std::string_view(attributes[0]) == "from") found.from = attributes[1];
      if (std::string_view(attributes[0]) == "to") found.to = attributes[1];
    }
    self.began_ = static_cast<std::size_t>(XML_GetCurrentByteIndex(self.parser_.get()));
    self.elements_.push_back(std::move(found));
  }
  // An empty-element tag counts as one event, of which both handlers see the beginning.
  static void on_end(void* data, const XML_Char*) {
    auto& self = *static_cast<HeardStream*>(data);
    if (--self.depth_ != 1) return;
    const auto at = static_cast<std::size_t>(XML_GetCurrentByteIndex(self.parser_.get()));
    const auto size = static_cast<std::size_t>(XML_GetCurrentByteCount(self.parser_.get()));
    self.elements_.back().bytes = self.octets_.substr(self.began_, at + size - self.began_);
  }

  std::string_view octets_;
  std::unique_ptr<XML_ParserStruct, Free> parser_;
  std::vector<HeardElement> elements_;
  std::size_t began_ = 0;
  int depth_ = 0;
  bool ok_ = false;
};

}  // namespace portcullis::fuzz
