#include "policy/load/toml_nesting.h"

#include <algorithm>
#include <cstdint>

namespace portcullis::policy {
namespace {

constexpr std::size_t kMaxBrackets = 16;
constexpr std::size_t kMaxKeyParts = 16;

// Follows strings and comments exactly as the parser does: a dot or bracket in them is text.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  std::optional<Place> run() {
    while (at_ < text_.size()) {
      step();
      if (brackets_ > kMaxBrackets || dots_ >= kMaxKeyParts) return place();
    }
    return std::nullopt;
  }

 private:
  void step() {
    switch (text_[at_]) {
      case '#':
        at_ = std::min(text_.find('\n', at_), text_.size());
        return;
      case '"':
      case '\'':
        skip_string();
        return;
      case '\n':
        ++line_;
        line_start_ = at_ + 1;
        dots_ = 0;
        break;
      case '[':
      case '{':
        ++brackets_;
        dots_ = 0;
        break;
      case ']':
      case '}':
        if (brackets_ > 0) --brackets_;
        dots_ = 0;
        break;
      case '=':
      case ',':
        dots_ = 0;
        break;
      case '.':
        ++dots_;
        break;
      default:
        break;
    }
    ++at_;
  }

  void skip_string() {
    const std::string_view rest = text_.substr(at_);
    const bool multi_line = rest.starts_with(R"(""")") || rest.starts_with("'''");
    const std::string_view delimiter = rest.substr(0, multi_line ? 3 : 1);
    at_ += delimiter.size();
    while (at_ < text_.size()) {
      if (text_.substr(at_).starts_with(delimiter)) return leave_string(delimiter);
      if (text_[at_] == '\n') {
        if (!multi_line) return;  // a syntax error: the parser stops here
        ++line_;
        line_start_ = at_ + 1;
      }
      const bool escape = text_[at_] == '\\' && delimiter.front() == '"';
      at_ += escape ? 2 : 1;
    }
    at_ = text_.size();
  }

  // Of up to five quotation marks in a row, the last three end a multi-line string.
  void leave_string(std::string_view delimiter) {
    at_ += delimiter.size();
    if (delimiter.size() == 1) return;
    for (int extra = 0; extra < 2 && at_ < text_.size() && text_[at_] == delimiter.front(); ++extra)
      ++at_;
  }

  Place place() const {
    return {static_cast<std::uint32_t>(line_), static_cast<std::uint32_t>(at_ - line_start_)};
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  std::size_t line_start_ = 0;
  std::size_t brackets_ = 0;
  std::size_t dots_ = 0;
};

}  // namespace

std::optional<Place> too_deeply_nested(std::string_view toml) {
  return Scanner(toml).run();
}

}  // namespace portcullis::policy
