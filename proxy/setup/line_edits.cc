#include "proxy/setup/line_edits.h"

#include <algorithm>
#include <utility>

#include "proxy/setup/text_lines.h"

namespace portcullis::setup {

LineEdits::LineEdits(std::string_view text) : lines_(lines_of(text)) {}

void LineEdits::replace(std::size_t first, std::size_t last, std::vector<std::string> by) {
  changes_.emplace(first, Change{last, false, std::move(by)});
}

void LineEdits::insert_behind(std::size_t line, std::vector<std::string> more) {
  changes_.emplace(line, Change{line, true, std::move(more)});
}

void LineEdits::append(std::vector<std::string> more) {
  end_.insert(end_.end(), std::make_move_iterator(more.begin()),
              std::make_move_iterator(more.end()));
}

std::string LineEdits::text() const {
  std::vector<std::string> result;
  std::size_t gone_until = 0;  // the first line that is still there
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    const auto [begin, end] = changes_.equal_range(i);
    std::vector<std::string> behind;
    bool stays = i >= gone_until;
    for (auto at = begin; at != end; ++at) {
      const auto& change = at->second;
      if (change.keeps_first) {
        behind.insert(behind.end(), change.by.begin(), change.by.end());
      } else {
        result.insert(result.end(), change.by.begin(), change.by.end());
        gone_until = std::max(gone_until, change.last + 1);
        stays = false;
      }
    }
    if (stays) result.push_back(lines_[i]);
    result.insert(result.end(), behind.begin(), behind.end());
  }
  result.insert(result.end(), end_.begin(), end_.end());
  return joined(result);
}

}  // namespace portcullis::setup
