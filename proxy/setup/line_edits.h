#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace portcullis::setup {

// Changes of whole lines of a text, collected by the line numbers that it has now and made at once.
class LineEdits {
 public:
  explicit LineEdits(std::string_view text);

  const std::vector<std::string>& lines() const { return lines_; }
  // Lines `first` to `last`, both included, are replaced; with nothing, they go.
  void replace(std::size_t first, std::size_t last, std::vector<std::string> by);
  void insert_behind(std::size_t line, std::vector<std::string> more);
  void append(std::vector<std::string> more);

  std::string text() const;

 private:
  struct Change {
    std::size_t last;
    bool keeps_first;
    std::vector<std::string> by;
  };
  std::vector<std::string> lines_;
  std::multimap<std::size_t, Change> changes_;
  std::vector<std::string> end_;
};

}  // namespace portcullis::setup
