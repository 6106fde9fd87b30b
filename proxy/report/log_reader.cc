#include "proxy/report/log_reader.h"

#include <variant>

namespace portcullis::report {

void LogReader::feed(std::string_view octets) {
  while (!octets.empty()) {
    const auto end = octets.find('\n');
    const bool ends_line = end != std::string_view::npos;
    add(octets.substr(0, end), ends_line);
    if (!ends_line) return;
    octets.remove_prefix(end + 1);
  }
}

void LogReader::end_of_file() {
  if (!pending_.empty() || too_long_) add({}, true);
}

void LogReader::add(std::string_view piece, bool ends_line) {
  if (too_long_ || pending_.size() + piece.size() > kMaxLine) {
    pending_.clear();
    too_long_ = !ends_line;
    if (!ends_line) return;
    ++counts_.lines;
    ++counts_.unreadable;
    return;
  }
  if (!ends_line) {
    pending_ += piece;
    return;
  }
  if (pending_.empty()) {
    read(piece);
    return;
  }
  pending_ += piece;
  read(pending_);
  pending_.clear();
}

void LogReader::read(std::string_view line) {
  ++counts_.lines;
  const Line parsed = parse_line(line, options_.reference);
  if (std::holds_alternative<UnreadableLine>(parsed)) ++counts_.unreadable;
  const auto* const decision = std::get_if<DecisionLine>(&parsed);
  if (decision == nullptr) return;
  if (!decision->time) {
    ++counts_.undated;
  } else if (options_.since && *decision->time < options_.reference.now - *options_.since) {
    ++counts_.older;
    return;
  }
  tally_.add(*decision);
  domains_.add(*decision);
}

}  // namespace portcullis::report
