#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace portcullis::xmpp {

// Finds where the next unit of a stream ends, so that expat is called once per unit with the whole
// unit. If expat got half a token, it would scan that token again at every call, which takes
// quadratic time. The scanner only gives a hint: expat still judges every unit, and a unit on which
// the two disagree is refused. It reads each byte once, in whatever pieces the bytes come, and
// keeps none of them.
class BoundaryScanner {
 public:
  enum class Unit : std::uint8_t {
    kTag,      // the stream header, or the XML declaration in front of it
    kElement,  // one first-level element, or the end tag of the stream
  };
  enum class Found : std::uint8_t {
    kMore,        // the unit is not complete
    kUnit,        // the unit is complete and end() bytes long
    kMalformed,   // '<' inside a tag, or CDATA outside of an element
    kRestricted,  // a comment, document type or processing instruction (RFC 6120 section 11.1)
    kTooDeep,     // more elements are open than may be nested
  };

  // `depth` is how many elements may be open at once, the first-level element included. An endless
  // nesting is refused as soon as it is too deep, before it is too long.
  explicit BoundaryScanner(std::size_t depth = SIZE_MAX) : max_depth_(depth) {}

  // `bytes` begins with the '<' of the unit. Each further call for the same unit gets the same
  // bytes, with more of them at the end.
  Found scan(std::string_view bytes, Unit unit);

  // How many bytes of the unit were read. After kUnit this is its length; after an error, the place
  // of the error.
  std::size_t end() const { return position_; }
  // The length of the unit's first tag; 0 while the tag is not complete.
  std::size_t first_tag() const { return first_tag_; }

  // Begins the next unit.
  void reset() { *this = BoundaryScanner(max_depth_); }

 private:
  enum class State : std::uint8_t { kContent, kOpening, kTag, kQuoted, kCdata };

  void skip_content(std::string_view bytes);
  Found classify(std::string_view bytes, Unit unit);
  Found stop(std::size_t tag_bytes, Found why);
  Found skip_tag(std::string_view bytes);
  Found skip_quoted(std::string_view bytes);
  void skip_cdata(std::string_view bytes);
  Found close_tag(std::string_view bytes, Unit unit);

  std::size_t max_depth_;
  std::size_t position_ = 0;
  std::size_t tag_ = 0;  // where the current tag or CDATA section begins
  std::size_t first_tag_ = 0;
  std::size_t depth_ = 0;
  State state_ = State::kContent;
  char quote_ = 0;
};

}  // namespace portcullis::xmpp
