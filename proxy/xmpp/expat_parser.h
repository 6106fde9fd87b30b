#pragma once

#include <expat.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "policy/reasons/reason.h"

namespace portcullis::xmpp {

// An expanded name, and the prefix with which it was written. A view into expat's memory.
struct NameView {
  std::string_view ns;
  std::string_view local;
  std::string_view prefix;
  bool is(std::string_view in_ns, std::string_view name) const {
    return ns == in_ns && local == name;
  }
};

struct AttributeView {
  NameView name;
  std::string_view value;
};

// A start tag as expat read it. It is valid only during the callback that receives it.
class StartTag {
 public:
  StartTag(const XML_Char* name, const XML_Char** attributes, std::size_t count);

  const NameView& name() const { return name_; }
  std::size_t attribute_count() const { return count_; }
  AttributeView attribute(std::size_t index) const;
  // The value of the attribute without a namespace; nullopt if there is none.
  std::optional<std::string_view> value(std::string_view local) const;
  // Whether one of the attributes is in that namespace.
  bool has_attribute_in(std::string_view in_ns) const;

 private:
  NameView name_;
  const XML_Char** attributes_;
  std::size_t count_;
};

struct ExpatLimits {
  std::size_t depth = 64;  // below the stream element
  std::size_t attributes = 128;
};

struct ExpatFault {
  policy::Reason reason;
  std::string detail;
};

// Reads one XML document with expat; no other place calls expat. The encoding must be UTF-8. A DTD,
// a comment, a processing instruction, or an entity other than the five predefined ones stops it
// (RFC 6120 section 11.1). The caller must feed whole tokens (see BoundaryScanner).
class ExpatParser {
 public:
  // `depth` is the depth of the element: 0 for <stream:stream>, 1 for a stanza. A handler must not
  // throw and must not destroy the parser.
  class Handler {
   public:
    virtual void namespace_declared(std::string_view prefix, std::string_view uri);
    virtual void start_element(const StartTag& tag, std::size_t depth) = 0;
    virtual void end_element(std::size_t depth) = 0;
    virtual void text(std::string_view text) = 0;

   protected:
    ~Handler() = default;
  };

  // `handler` outlives the parser. Expat's own part is made when there is something to parse:
  // before TLS there often is nothing.
  ExpatParser(Handler& handler, const ExpatLimits& limits) : handler_(handler), limits_(limits) {}
  ExpatParser(const ExpatParser&) = delete;
  ExpatParser& operator=(const ExpatParser&) = delete;

  // nullopt if all is well. After a fault, parse() must not be called again.
  std::optional<ExpatFault> parse(std::string_view bytes);

  // Called by handlers: ends the parsing with a fault. No handler is called after that.
  void refuse(policy::Reason reason, std::string detail);

  // Number of open elements.
  std::size_t depth() const { return depth_; }
  // Called by handlers: whether what they were just told about ends exactly where the bytes given
  // to parse() end.
  bool at_end_of_input() const;

 private:
  struct Callbacks;
  struct Free {
    void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
  };

  void open();
  ExpatFault fault() const;

  std::unique_ptr<std::remove_pointer_t<XML_Parser>, Free> parser_;  // null before open()
  Handler& handler_;
  ExpatLimits limits_;
  std::size_t depth_ = 0;
  std::size_t declarations_ = 0;  // on the start tag being read
  std::uint64_t fed_ = 0;
  std::optional<ExpatFault> refusal_;
  bool no_memory_ = false;  // a handler had none; the document is given up
};

}  // namespace portcullis::xmpp
