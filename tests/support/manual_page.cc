#include "tests/support/manual_page.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <sstream>
#include <utility>

namespace portcullis::docs {
namespace {

using Cells = std::vector<std::string>;

// Where our own pages are once they are installed.
constexpr std::array kPages{
    std::pair<std::string_view, std::string_view>{"configuration.md", "*portcullis.toml*(5)"},
    std::pair<std::string_view, std::string_view>{"reasons.md", "*portcullis-reasons*(7)"},
    std::pair<std::string_view, std::string_view>{"commands.md", "*portcullis*(1)"},
};

// Files of the source tree that a package installs elsewhere.
constexpr std::string_view kExample = "deploy/portcullis.toml";
constexpr std::string_view kInstalledExample = "/usr/share/doc/portcullis/examples/portcullis.toml";

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '*' || c == '_') out += '\\';
    out += c;
  }
  return out;
}

std::string link(std::string_view text, std::string_view target) {
  const auto file = target.substr(0, target.find('#'));
  for (const auto& [page, manual] : kPages)
    if (file == page) return std::string(manual);
  const bool is_page = target.find("://") == std::string_view::npos && target.ends_with(".md");
  std::string out = escaped(text);
  if (is_page) out += " (/usr/share/doc/portcullis/" + escaped(file) + ")";
  return out;
}

// The text up to `end`, which is taken off the front of `rest` with it.
std::string_view take(std::string_view& rest, std::string_view end) {
  const auto at = std::min(rest.find(end), rest.size());
  const auto taken = rest.substr(0, at);
  rest.remove_prefix(std::min(rest.size(), at + end.size()));
  return taken;
}

// What stands within a line.
std::string inline_text(std::string_view rest) {
  std::string out;
  while (!rest.empty()) {
    if (rest.front() == '`') {
      rest.remove_prefix(1);
      const auto code = take(rest, "`");
      out += "*" + escaped(code == kExample ? kInstalledExample : code) + "*";
    } else if (rest.starts_with("**")) {
      rest.remove_prefix(2);
      out += "*" + escaped(take(rest, "**")) + "*";
    } else if (rest.front() == '*') {
      rest.remove_prefix(1);
      out += "_" + escaped(take(rest, "*")) + "_";
    } else if (rest.front() == '[' && rest.find("](") != std::string_view::npos &&
               rest.find("](") < rest.find(']') + 1) {
      rest.remove_prefix(1);
      const auto text = take(rest, "](");
      out += link(text, take(rest, ")"));
    } else {
      const auto plain = rest.substr(0, std::max<std::size_t>(1, rest.find_first_of("`*[")));
      out += escaped(plain);
      rest.remove_prefix(plain.size());
    }
  }
  return out;
}

// A line that begins with one of these would be something other than text.
std::string paragraph(const std::string& text) {
  return std::string_view("#-.|[];`").find(text.front()) != std::string_view::npos ? "\\" + text
                                                                                   : text;
}

// A bar that belongs to the text has a backslash before it.
Cells cells_of(std::string_view row) {
  Cells cells;
  row.remove_prefix(1);
  std::string cell;
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (row.substr(i).starts_with("\\|"))
      ++i;
    else if (row[i] == '|') {
      cell.erase(0, std::min(cell.find_first_not_of(' '), cell.size()));
      cell.erase(cell.find_last_not_of(' ') + 1);
      cells.push_back(std::exchange(cell, {}));
      continue;
    }
    cell += row[i];
  }
  return cells;
}

// A row as a term with what is said of it: first the meaning, then the rest by its heading.
std::string entry(const Cells& head, const Cells& row) {
  std::size_t meaning = 1;
  for (std::size_t i = 1; i < head.size(); ++i)
    if (head[i] == "meaning") meaning = i;
  std::string out = paragraph(inline_text(row.front())) + "\n\t" +
                    paragraph(inline_text(row.size() > meaning ? row[meaning] : "-"));
  for (std::size_t i = 1; i < row.size() && i < head.size(); ++i)
    if (i != meaning && !row[i].empty())
      out += "; " + (row[i] == "required" ? row[i] : escaped(head[i]) + ": " + inline_text(row[i]));
  return out + "\n\n";
}

class Converter {
 public:
  explicit Converter(bool collects) : collects_(collects) {}

  std::string convert(std::string_view markdown) {
    std::istringstream lines{std::string(markdown)};
    for (std::string line; std::getline(lines, line);) add(line);
    flush();
    return std::move(out_);
  }

 private:
  void add(const std::string& line) {
    if (line.starts_with("```")) {
      flush();
      in_code_ = !in_code_;
      out_ += in_code_ ? "```\n" : "```\n\n";
    } else if (in_code_) {
      out_ += line + "\n";
    } else if (line.starts_with("|")) {
      flush();
      add_row(line);
    } else {
      head_.clear();
      add_text(line);
    }
  }

  void add_text(const std::string& line) {
    if (line.empty() || line.starts_with("<!--")) return flush();
    if (line.front() == '#') {
      flush();
      return heading(line);
    }
    if (line.starts_with("- ")) {
      flush_item();
      text_ = line;
      in_list_ = true;
      return;
    }
    text_ += (text_.empty() ? "" : " ") + line.substr(line.find_first_not_of(' '));
  }

  void heading(const std::string& line) {
    const auto level = line.find_first_not_of('#');
    std::string text = line.substr(level + 1);
    if (level == 1) return;  // the title of the page
    const bool is_section = level == 2 && !collects_;
    if (is_section)
      std::transform(text.begin(), text.end(), text.begin(),
                     [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    std::erase(text, '`');
    out_ += (is_section ? "# " : "## ") + text + "\n\n";
  }

  void add_row(const std::string& line) {
    if (line.starts_with("|---")) return;
    auto cells = cells_of(line);
    if (head_.empty())
      head_ = std::move(cells);
    else
      out_ += entry(head_, cells);
  }

  void flush_item() {
    if (text_.empty()) return;
    if (in_list_)
      out_ += "- " + inline_text(text_.substr(2)) + "\n";
    else
      out_ += paragraph(inline_text(text_)) + "\n\n";
    text_.clear();
  }

  void flush() {
    flush_item();
    if (in_list_) out_ += "\n";
    in_list_ = false;
  }

  const bool collects_;
  std::string out_;
  std::string text_;  // of the paragraph or the item that is being read
  Cells head_;        // of the table that is being read
  bool in_code_ = false;
  bool in_list_ = false;
};

}  // namespace

std::string manual_page(const ManualPage& page, std::string_view markdown) {
  std::string out =
      std::string(page.name) + "(" + std::string(page.section) +
      ") \"\" \"Portcullis\"\n\n; Written by \"cmake --build BUILD --target docs\".\n\n"
      "# NAME\n\n" +
      std::string(page.name) + " - " + std::string(page.summary) + "\n\n";
  if (!page.synopsis.empty()) out += "# SYNOPSIS\n\n" + inline_text(page.synopsis) + "\n\n";
  out += "# DESCRIPTION\n\n";
  auto body = Converter(!page.collects.empty()).convert(markdown);
  if (const auto first = body.find("\n## "); !page.collects.empty() && first != std::string::npos)
    body.insert(first + 1, "# " + std::string(page.collects) + "\n\n");
  out += body + "# SEE ALSO\n\n";
  std::string others;
  for (const auto other : page.see_also) {
    const auto open = other.find('(');
    others += (others.empty() ? "" : ", ") + std::string("*") + escaped(other.substr(0, open)) +
              "*" + std::string(other.substr(open));
  }
  return out + others + "\n";
}

}  // namespace portcullis::docs
