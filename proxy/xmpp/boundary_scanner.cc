#include "proxy/xmpp/boundary_scanner.h"

#include <algorithm>

namespace portcullis::xmpp {
namespace {

constexpr std::string_view kCdataStart = "<![CDATA[";
constexpr std::string_view kCdataEnd = "]]>";

std::size_t find_or_end(std::string_view bytes, char wanted, std::size_t from) {
  return std::min(bytes.find(wanted, from), bytes.size());
}

bool delimits_tag(char c) {
  return c == '>' || c == '\'' || c == '"' || c == '<';
}

}  // namespace

BoundaryScanner::Found BoundaryScanner::scan(std::string_view bytes, Unit unit) {
  while (position_ < bytes.size()) {
    Found found = Found::kMore;
    switch (state_) {
      case State::kContent:
        skip_content(bytes);
        break;
      case State::kOpening:
        found = classify(bytes, unit);
        if (found == Found::kMore && state_ == State::kOpening) return found;
        break;
      case State::kTag:
        found = skip_tag(bytes);
        if (found == Found::kUnit) found = close_tag(bytes, unit);
        break;
      case State::kQuoted:
        found = skip_quoted(bytes);
        break;
      case State::kCdata:
        skip_cdata(bytes);
        if (state_ == State::kCdata) return Found::kMore;
        break;
    }
    if (found != Found::kMore) return found;
  }
  return Found::kMore;
}

void BoundaryScanner::skip_content(std::string_view bytes) {
  position_ = find_or_end(bytes, '<', position_);
  if (position_ == bytes.size()) return;
  tag_ = position_++;
  state_ = State::kOpening;
}

BoundaryScanner::Found BoundaryScanner::classify(std::string_view bytes, Unit unit) {
  const std::string_view tag = bytes.substr(tag_);
  if (tag[1] == '?' && (unit != Unit::kTag || tag_ != 0)) return stop(2, Found::kRestricted);
  if (tag[1] != '!') {
    state_ = State::kTag;
    return Found::kMore;
  }
  const std::string_view seen = tag.substr(0, kCdataStart.size());
  const auto differs =
      std::mismatch(seen.begin(), seen.end(), kCdataStart.begin(), kCdataStart.end()).first;
  const auto same = static_cast<std::size_t>(differs - seen.begin());
  // "<!" alone may still be the start of a comment.
  if (depth_ == 0 && same > 2) return stop(3, Found::kMalformed);
  if (same < seen.size()) return stop(same + 1, Found::kRestricted);
  if (same == kCdataStart.size()) {
    position_ = tag_ + kCdataStart.size();
    state_ = State::kCdata;
  }
  return Found::kMore;
}

// The answer and end() depend only on the bytes, and not on the pieces in which they came.
BoundaryScanner::Found BoundaryScanner::stop(std::size_t tag_bytes, Found why) {
  position_ = tag_ + tag_bytes;
  return why;
}

BoundaryScanner::Found BoundaryScanner::skip_tag(std::string_view bytes) {
  while (position_ < bytes.size() && !delimits_tag(bytes[position_])) ++position_;
  if (position_ == bytes.size()) return Found::kMore;
  const char delimiter = bytes[position_++];
  if (delimiter == '<') return Found::kMalformed;
  if (delimiter == '>') return Found::kUnit;
  quote_ = delimiter;
  state_ = State::kQuoted;
  return Found::kMore;
}

BoundaryScanner::Found BoundaryScanner::skip_quoted(std::string_view bytes) {
  const std::size_t quote = find_or_end(bytes, quote_, position_);
  // An attribute value cannot contain '<'. It is looked for here, because otherwise we would wait
  // for a quote that a malformed tag never closes.
  const std::size_t open = bytes.substr(0, quote).find('<', position_);
  if (open != std::string_view::npos) {
    position_ = open + 1;
    return Found::kMalformed;
  }
  position_ = quote;
  if (quote < bytes.size()) {
    ++position_;
    state_ = State::kTag;
  }
  return Found::kMore;
}

void BoundaryScanner::skip_cdata(std::string_view bytes) {
  const std::size_t close = bytes.find(kCdataEnd, position_);
  if (close == std::string_view::npos) {
    // The first two characters of the end mark may have come already.
    const std::size_t start = tag_ + kCdataStart.size();
    position_ = std::max({position_, start, bytes.size() - std::min<std::size_t>(bytes.size(), 2)});
    return;
  }
  position_ = close + kCdataEnd.size();
  state_ = State::kContent;
}

BoundaryScanner::Found BoundaryScanner::close_tag(std::string_view bytes, Unit unit) {
  state_ = State::kContent;
  if (first_tag_ == 0) first_tag_ = position_;
  if (unit == Unit::kTag) return Found::kUnit;
  if (bytes[tag_ + 1] == '/') {
    // At depth 0 this is the end tag of the stream, which is a unit of its own.
    if (depth_ > 0) --depth_;
  } else if (bytes[position_ - 2] != '/') {
    if (++depth_ > max_depth_) return Found::kTooDeep;
  }
  return depth_ == 0 ? Found::kUnit : Found::kMore;
}

}  // namespace portcullis::xmpp
