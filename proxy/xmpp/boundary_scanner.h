#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace portcullis::xmpp {

// Finds where the next unit of a stream ends, so that expat is called once per unit with all of
// it: feeding expat half a token makes it scan that token again at every call, which is quadratic.
// A hint only: every unit is still judged by expat, and a unit on which the two disagree is
// refused. Reads each byte once, whatever the segmentation; keeps no bytes.
class BoundaryScanner {
 public:
  enum class Unit : std::uint8_t {
    kTag,      // the stream header, or the XML declaration in front of it
    kElement,  // one first-level element, or the end tag of the stream
  };
  enum class Found : std::uint8_t {
    kMore,        // the unit is not complete
    kUnit,        // it is: end() bytes long
    kMalformed,   // '<' inside a tag, or CDATA outside of an element
    kRestricted,  // a comment, document type or processing instruction (RFC 6120 section 11.1)
    kTooDeep,     // more elements are open than may be nested
  };

  // `depth`: how many elements may be open at once, the first-level element included. A bomb that
  // never ends is refused when it gets too deep, not when it gets too long.
  explicit BoundaryScanner(std::size_t depth = SIZE_MAX) : max_depth_(depth) {}

  // `bytes` begins with the '<' of the unit and, call by call, only grows.
  Found scan(std::string_view bytes, Unit unit);

  // Bytes of the unit looked at; its length, or where it went wrong.
  std::size_t end() const { return position_; }
  // Length of the unit's first tag, 0 while that is not complete.
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
