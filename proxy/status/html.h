#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proxy/base/html_text.h"

namespace portcullis::status {

// Writes HTML. Everything that is given as text is escaped; names of elements and of classes are
// words of ours.
class Html {
 public:
  void open(std::string_view element, std::string_view css_class = {});
  void close(std::string_view element);
  void text(std::string_view text) { out_ += html_text(text); }
  // <element class="...">text</element>
  void line(std::string_view element, std::string_view text, std::string_view css_class = {});
  // Ours, as it is.
  void raw(std::string_view markup) { out_ += markup; }
  const std::string& all() const { return out_; }

 private:
  std::string out_;
};

// A table whose rows become blocks on a narrow screen: each cell repeats the title of its column.
class HtmlTable {
 public:
  HtmlTable(Html& html, std::initializer_list<std::string_view> titles);
  HtmlTable(const HtmlTable&) = delete;
  HtmlTable& operator=(const HtmlTable&) = delete;
  ~HtmlTable();

  struct Cell {
    std::string text;
    std::string_view css_class = {};
  };
  void row(const std::vector<Cell>& cells);  // as many as there are titles

 private:
  Html& html_;
  const std::vector<std::string_view> titles_;
};

}  // namespace portcullis::status
