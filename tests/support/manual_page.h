#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace portcullis::docs {

// Makes the source of a manual page, for scdoc(1), of a reference page in Markdown. Both are then
// written from the same tables. It knows the Markdown that our generators write: headings,
// paragraphs, lists, tables, blocks of code, `code`, **strong** and links.

struct ManualPage {
  std::string_view name;     // "portcullis.toml"
  std::string_view section;  // "5"
  std::string_view summary;
  std::string_view synopsis = {};  // Markdown; "": none
  // The section whose subsections the second-level headings become; "": they are sections.
  std::string_view collects = {};
  std::vector<std::string_view> see_also = {};  // "portcullis(1)"
};

std::string manual_page(const ManualPage& page, std::string_view markdown);

}  // namespace portcullis::docs
