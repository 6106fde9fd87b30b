#include "proxy/xmpp/expat_parser.h"

#include <algorithm>
#include <climits>
#include <cstring>
#include <new>
#include <utility>

#include "proxy/xmpp/expat_position.h"

// Debian 12 has this function in a library and header with the version 2.5.0, though upstream has
// it only since 2.6.0. So the version says nothing, and only the linker knows.
// NOLINTNEXTLINE(readability-redundant-declaration): weak here, and absent from older headers
extern "C" XML_Bool XMLCALL XML_SetReparseDeferralEnabled(XML_Parser parser, XML_Bool enabled)
    __attribute__((weak));

namespace portcullis::xmpp {
namespace {

using policy::Reason;

// No XML 1.0 document can contain this character, not even as a character reference. So no
// namespace name can pretend to be another name.
constexpr char kSeparator = '\x01';

NameView split(std::string_view name) {
  const auto first = name.find(kSeparator);
  if (first == std::string_view::npos) return {{}, name, {}};
  const auto second = name.find(kSeparator, first + 1);
  if (second == std::string_view::npos) return {name.substr(0, first), name.substr(first + 1), {}};
  return {name.substr(0, first), name.substr(first + 1, second - first - 1),
          name.substr(second + 1)};
}

std::string_view view(const XML_Char* text) {
  return text == nullptr ? std::string_view() : std::string_view(text);
}

bool is_utf8(std::string_view encoding) {
  constexpr std::string_view kName = "utf-8";
  return std::equal(encoding.begin(), encoding.end(), kName.begin(), kName.end(),
                    [](char a, char b) { return a == b || (a >= 'A' && a <= 'Z' && a + 32 == b); });
}

}  // namespace

StartTag::StartTag(const XML_Char* name, const XML_Char** attributes, std::size_t count)
    : name_(split(name)), attributes_(attributes), count_(count) {}

AttributeView StartTag::attribute(std::size_t index) const {
  return {split(attributes_[2 * index]), attributes_[2 * index + 1]};
}

std::optional<std::string_view> StartTag::value(std::string_view local) const {
  for (std::size_t i = 0; i < count_; ++i)
    if (attributes_[2 * i] == local) return std::string_view(attributes_[2 * i + 1]);
  return std::nullopt;
}

void ExpatParser::Handler::namespace_declared(std::string_view, std::string_view) {}

bool StartTag::has_attribute_in(std::string_view in_ns) const {
  for (std::size_t i = 0; i < count_; ++i) {
    const XML_Char* name = attributes_[2 * i];
    if (std::strncmp(name, in_ns.data(), in_ns.size()) == 0 && name[in_ns.size()] == kSeparator)
      return true;
  }
  return false;
}

// Expat may still call callbacks after XML_StopParser, so none does anything then. They are
// noexcept, because no exception may pass through expat's stack frames: parse() throws what they
// have met.
struct ExpatParser::Callbacks {
  template <class Work>
  static void handle(void* data, Work&& work) noexcept {
    auto& me = *static_cast<ExpatParser*>(data);
    if (me.refusal_ || me.no_memory_) return;
    try {
      work(me);
    } catch (const std::bad_alloc&) {
      me.no_memory_ = true;
      XML_StopParser(me.parser_.get(), XML_FALSE);
    }
  }

  static void namespace_start(void* data, const XML_Char* prefix, const XML_Char* uri) noexcept {
    handle(data, [&](ExpatParser& me) {
      ++me.declarations_;
      me.handler_.namespace_declared(view(prefix), view(uri));
    });
  }

  static void start(void* data, const XML_Char* name, const XML_Char** attributes) noexcept {
    handle(data, [&](ExpatParser& me) {
      std::size_t count = 0;
      while (attributes[2 * count] != nullptr) ++count;
      if (count + std::exchange(me.declarations_, 0) > me.limits_.attributes)
        return me.refuse(Reason::kXmlInvalid, "an element has too many attributes");
      if (me.depth_ > me.limits_.depth)
        return me.refuse(Reason::kXmlInvalid, "elements are nested too deeply");
      me.handler_.start_element(StartTag(name, attributes, count), me.depth_++);
    });
  }

  static void end(void* data, const XML_Char*) noexcept {
    handle(data, [](ExpatParser& me) { me.handler_.end_element(--me.depth_); });
  }

  static void text(void* data, const XML_Char* text, int length) noexcept {
    handle(data, [&](ExpatParser& me) {
      me.handler_.text({text, static_cast<std::size_t>(length)});
    });
  }

  static void declaration(void* data, const XML_Char* version, const XML_Char* encoding,
                          int) noexcept {
    handle(data, [&](ExpatParser& me) {
      if (view(version) != "1.0")
        return me.refuse(Reason::kXmlInvalid, "the XML version is not 1.0");
      if (encoding != nullptr && !is_utf8(encoding))
        me.refuse(Reason::kXmlInvalid, "the declared encoding is not UTF-8");
    });
  }

  static void doctype(void* data, const XML_Char*, const XML_Char*, const XML_Char*, int) noexcept {
    refuse(data, "a document type declaration");
  }

  static void comment(void* data, const XML_Char*) noexcept { refuse(data, "a comment"); }

  static void instruction(void* data, const XML_Char*, const XML_Char*) noexcept {
    refuse(data, "a processing instruction");
  }

 private:
  static void refuse(void* data, std::string_view what) noexcept {
    handle(data, [&](ExpatParser& me) { me.refuse(Reason::kXmlRestricted, std::string(what)); });
  }
};

void ExpatParser::open() {
  const XML_Char separator[] = {kSeparator, 0};
  parser_.reset(XML_ParserCreate_MM("UTF-8", nullptr, separator));
  if (!parser_) throw std::bad_alloc();
  XML_Parser parser = parser_.get();
  if (XML_SetReparseDeferralEnabled != nullptr) XML_SetReparseDeferralEnabled(parser, XML_FALSE);
  XML_SetReturnNSTriplet(parser, 1);
  XML_SetUserData(parser, this);
  XML_SetStartNamespaceDeclHandler(parser, &Callbacks::namespace_start);
  XML_SetElementHandler(parser, &Callbacks::start, &Callbacks::end);
  XML_SetCharacterDataHandler(parser, &Callbacks::text);
  XML_SetXmlDeclHandler(parser, &Callbacks::declaration);
  XML_SetStartDoctypeDeclHandler(parser, &Callbacks::doctype);
  XML_SetCommentHandler(parser, &Callbacks::comment);
  XML_SetProcessingInstructionHandler(parser, &Callbacks::instruction);
}

std::optional<ExpatFault> ExpatParser::parse(std::string_view bytes) {
  // If a NUL is among the first bytes, expat reads the document as UTF-16, even if it was told
  // another encoding. Later on, expat itself refuses a NUL.
  if (fed_ == 0 && bytes.find('\0') != std::string_view::npos)
    return ExpatFault{Reason::kXmlInvalid, "the XML contains U+0000"};
  if (!parser_) open();
  if (bytes.size() > INT_MAX) return ExpatFault{Reason::kStanzaTooBig, "an element is too big"};
  fed_ += bytes.size();
  const auto status =
      XML_Parse(parser_.get(), bytes.data(), static_cast<int>(bytes.size()), XML_FALSE);
  if (no_memory_) throw std::bad_alloc();
  if (refusal_) return refusal_;
  if (status != XML_STATUS_OK) return fault();
  return std::nullopt;
}

void ExpatParser::refuse(Reason reason, std::string detail) {
  if (refusal_) return;
  refusal_ = ExpatFault{reason, std::move(detail)};
  XML_StopParser(parser_.get(), XML_FALSE);
}

bool ExpatParser::at_end_of_input() const {
  return end_of_event(parser_.get()) == fed_;
}

ExpatFault ExpatParser::fault() const {
  const XML_Error code = XML_GetErrorCode(parser_.get());
  switch (code) {
    case XML_ERROR_NO_MEMORY:
      throw std::bad_alloc();
    case XML_ERROR_UNDEFINED_ENTITY:
      return {Reason::kXmlRestricted, "a reference to an entity that XMPP does not define"};
    default:
      return {Reason::kXmlInvalid,
              std::string("the XML is not well-formed: ") + view(XML_ErrorString(code)).data()};
  }
}

}  // namespace portcullis::xmpp
