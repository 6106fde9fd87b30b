#include "proxy/xmpp/plain_stanza.h"

#include <algorithm>
#include <array>
#include <optional>

#include "proxy/xmpp/guard_rules.h"
#include "proxy/xmpp/plain_text.h"

namespace portcullis::xmpp {
namespace {

// Real stanzas are far below these limits. A stanza above them is judged by expat instead, which
// takes more time but gives the same verdict.
constexpr std::size_t kMaxDepth = 16;
constexpr std::size_t kMaxAttributes = 16;

bool is_stanza_name(std::string_view name) {
  return name == "message" || name == "presence" || name == "iq";
}

// Whether expat or the guard refuses `uri` as a default namespace.
bool is_reserved(std::string_view uri) {
  return uri == ns::kXml || uri == "http://www.w3.org/2000/xmlns/" || uri == ns::kDialback;
}

// Reads one element. Each function returns true if it read what its name says. If it returns false,
// at_ == end_ tells whether all bytes were read.
class Reader {
 public:
  Reader(std::string_view bytes, const GuardRules& rules)
      : begin_(bytes.data()),
        at_(bytes.data()),
        end_(bytes.data() + bytes.size()),
        rules_(rules),
        max_depth_(std::min(kMaxDepth, rules.depth)),
        max_attributes_(std::min(kMaxAttributes, rules.attributes)),
        pair_(is_between_servers(rules.traffic)) {}

  bool element();
  bool first_tag();
  bool at_end() const { return at_ == end_; }
  std::size_t position() const { return static_cast<std::size_t>(at_ - begin_); }
  std::size_t tag() const { return tag_; }

 private:
  struct Attribute {
    std::string_view name;
    std::string_view value;  // as written
    bool has_references;
  };

  bool character(char wanted);
  bool name(std::string_view& out);
  bool attribute_name(std::string_view& out);
  bool attribute_value(Attribute& out);
  bool add_attribute();
  bool attributes();
  bool declares_namespace(std::string_view uri) const;
  bool is_address(const Attribute& attribute, const std::optional<DomainName>& expected) const;
  bool first_level_attributes() const;
  bool end_of_start_tag(std::string_view name);
  bool child();
  bool end_tag();

  const char* begin_;
  const char* at_;
  const char* end_;
  const GuardRules& rules_;
  std::size_t max_depth_;
  std::size_t max_attributes_;
  bool pair_;            // from and to are judged
  std::size_t tag_ = 0;  // of the first tag
  std::size_t depth_ = 0;
  std::size_t attribute_count_ = 0;
  std::array<std::string_view, kMaxDepth> open_;
  std::array<Attribute, kMaxAttributes> attributes_;
};

bool Reader::character(char wanted) {
  if (at_ == end_ || *at_ != wanted) return false;
  ++at_;
  return true;
}

bool Reader::name(std::string_view& out) {
  if (at_ == end_ || !has_class(*at_, kNameStart)) return false;
  const char* const begin = at_;
  at_ = skip_class(at_, end_, kName);
  out = {begin, static_cast<std::size_t>(at_ - begin)};
  return at_ != end_;
}

bool Reader::attribute_name(std::string_view& out) {
  if (!name(out)) return false;
  if (*at_ != ':') return true;
  const char* const begin = out.data();
  std::string_view local;
  if (out != "xml" || !character(':') || !name(local)) return false;
  out = {begin, static_cast<std::size_t>(at_ - begin)};
  return local == "lang" || local == "space";
}

bool Reader::attribute_value(Attribute& out) {
  if (at_ == end_ || (*at_ != '\'' && *at_ != '"')) return false;
  const char quote = *at_++;
  const char* const begin = at_;
  out.has_references = false;
  while ((at_ = skip_value(at_, end_, quote)) != end_ && *at_ == '&') {
    out.has_references = true;
    const char* const reference = at_;
    at_ = skip_reference(at_, end_);
    if (at_ == reference) return false;
  }
  out.value = {begin, static_cast<std::size_t>(at_ - begin)};
  return character(quote);
}

bool Reader::add_attribute() {
  if (attribute_count_ == max_attributes_) return false;
  Attribute& added = attributes_[attribute_count_];
  if (!attribute_name(added.name) || !character('=') || !attribute_value(added)) return false;
  for (std::size_t i = 0; i < attribute_count_; ++i)
    if (attributes_[i].name == added.name) return false;
  ++attribute_count_;
  // On the first level, xmlns is compared when the tag is complete.
  return depth_ == 0 || added.name != "xmlns" || declares_namespace(added.value);
}

// Reads all attributes, up to '>' or '/'.
bool Reader::attributes() {
  attribute_count_ = 0;
  while (at_ != end_) {
    const char* const behind = at_;
    at_ = skip_class(at_, end_, kSpace);
    if (at_ == end_) return false;
    if (*at_ == '>' || *at_ == '/') return true;
    if (at_ == behind || !add_attribute()) return false;
  }
  return false;
}

bool Reader::declares_namespace(std::string_view uri) const {
  const char* const end = uri.data() + uri.size();
  return !uri.empty() && skip_class(uri.data(), end, kUri) == end && !is_reserved(uri);
}

bool Reader::is_address(const Attribute& attribute,
                        const std::optional<DomainName>& expected) const {
  return expected && !attribute.has_references &&
         expected->is_wire(domain_part(attribute.value).value_or(""));
}

bool Reader::first_level_attributes() const {
  bool from = !pair_;
  bool to = !pair_;
  for (std::size_t i = 0; i < attribute_count_; ++i) {
    const Attribute& one = attributes_[i];
    if (one.name == "xmlns" && one.value != rules_.content_ns) return false;
    if (pair_ && one.name == "from" && !(from = is_address(one, rules_.from))) return false;
    if (pair_ && one.name == "to" && !(to = is_address(one, rules_.to))) return false;
  }
  return from && to;
}

bool Reader::end_of_start_tag(std::string_view name) {
  if (*at_ == '/') {
    ++at_;
    return character('>');
  }
  ++at_;
  open_[depth_++] = name;
  return true;
}

bool Reader::first_tag() {
  std::string_view stanza;
  return max_depth_ > 0 && character('<') && name(stanza) && is_stanza_name(stanza) &&
         attributes() && first_level_attributes() && end_of_start_tag(stanza);
}

// Reads a child element, from after its '<'.
bool Reader::child() {
  std::string_view child_name;
  return depth_ < max_depth_ && name(child_name) && attributes() && end_of_start_tag(child_name);
}

// Reads an end tag, from after its "</".
bool Reader::end_tag() {
  const std::string_view rest(at_, static_cast<std::size_t>(end_ - at_));
  const std::string_view wanted = open_[depth_ - 1];
  if (!rest.starts_with(wanted)) {
    if (wanted.starts_with(rest)) at_ = end_;
    return false;
  }
  at_ = skip_class(at_ + wanted.size(), end_, kSpace);
  --depth_;
  return character('>');
}

bool Reader::element() {
  if (!first_tag()) return false;
  tag_ = position();
  while (depth_ > 0) {
    at_ = skip_text(at_, end_);
    if (at_ == end_) return false;
    if (*at_ == '&') {
      const char* const reference = at_;
      at_ = skip_reference(at_, end_);
      if (at_ == reference) return false;
      continue;
    }
    if (!character('<') || at_ == end_) return false;
    if (!(character('/') ? end_tag() : child())) return false;
  }
  return true;
}

}  // namespace

PlainStanza::Verdict PlainStanza::check(std::string_view bytes) const {
  if (!carries_stanzas(rules_.traffic)) return {Answer::kUnsure, 0};
  Reader reader(bytes.substr(0, rules_.stanza_bytes), rules_);
  if (reader.element()) return {Answer::kAccepted, reader.position(), reader.tag()};
  return {reader.at_end() ? Answer::kIncomplete : Answer::kUnsure, 0};
}

bool PlainStanza::accepts_start(std::string_view tag) const {
  if (!carries_stanzas(rules_.traffic) || tag.size() > rules_.stanza_bytes) return false;
  Reader reader(tag, rules_);
  return reader.first_tag() && reader.at_end();
}

}  // namespace portcullis::xmpp
