#include "policy/load/toml_advice.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

#include "policy/load/toml_text.h"
#include "policy/reasons/reason.h"

namespace portcullis::policy {
namespace {

constexpr std::size_t kShown = 60;

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

std::string_view line_of(std::string_view text, std::uint32_t line) {
  for (; line > 1; --line) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  return text.substr(0, text.find('\n'));
}

// One line, as far as its parts can be told apart although it is wrong.
struct Line {
  std::string_view key = {};    // in front of "="; empty: there is none
  std::string_view value = {};  // behind it, without a comment
  std::string_view all = {};
  std::size_t equals = std::string_view::npos;
  char open = 0;  // the quote that is not closed
};

Line parts_of(std::string_view text) {
  Line line{.all = trimmed(text), .equals = text.find('=')};
  std::size_t end = text.size();
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (line.open == 0 && c == '#') {
      end = i;
      break;
    }
    if (line.open == '"' && c == '\\')
      ++i;
    else if (line.open == 0 && (c == '"' || c == '\''))
      line.open = c;
    else if (c == line.open)
      line.open = 0;
  }
  line.all = trimmed(text.substr(0, end));
  // What stands behind "#" may be the rest of an address: key = http://a.example/#b
  if (text.substr(0, end).find("://") != std::string_view::npos) end = text.size();
  if (line.equals >= end) line.equals = std::string_view::npos;
  if (line.equals == std::string_view::npos) return line;
  line.key = trimmed(text.substr(0, line.equals));
  line.value = trimmed(text.substr(line.equals + 1, end - line.equals - 1));
  return line;
}

std::string shown(std::string_view text) {
  return printable(text, kShown);
}

std::string in_quotes(const Line& line) {
  return shown(line.key) + " = " + toml_string(shown(line.value));
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return result;
}

// "yes" and its like, as other formats have them.
std::optional<std::string_view> truth(std::string_view value) {
  constexpr std::array<std::string_view, 3> kYes{"yes", "on", "true"};
  constexpr std::array<std::string_view, 3> kNo{"no", "off", "false"};
  const auto word = lower(value);
  if (std::find(kYes.begin(), kYes.end(), word) != kYes.end()) return "true";
  if (std::find(kNo.begin(), kNo.end(), word) != kNo.end()) return "false";
  return std::nullopt;
}

bool has_typographic_quote(std::string_view text) {
  constexpr std::array<std::string_view, 6> kQuotes{"“", "”", "„", "‘", "’", "«"};
  return std::any_of(kQuotes.begin(), kQuotes.end(), [&](std::string_view quote) {
    return text.find(quote) != std::string_view::npos;
  });
}

// A text without quotes. What consists of digits is meant to be a number.
bool is_bare(std::string_view value) {
  return !value.empty() &&
         std::string_view("\"'[{]},").find(value.front()) == std::string_view::npos &&
         value.find_first_not_of("0123456789_+-.") != std::string_view::npos;
}

bool is_bare_key(std::string_view key) {
  return key.find_first_of(" \t\"'") == std::string_view::npos;
}

// What the parser stopped at, and what to say then. The first that fits counts.
struct Parsed {
  Line line;
  std::string_view description;
  std::uint32_t column;
  bool in_long_text;  // of several lines

  bool says(std::string_view words) const {
    return description.find(words) != std::string_view::npos;
  }
};

// Whether a text of several lines begins that does not end.
bool opens_long_text(std::string_view text) {
  constexpr std::string_view kQuotes = R"(""")";
  bool open = false;
  for (auto at = text.find(kQuotes); at != std::string_view::npos; at = text.find(kQuotes, at + 3))
    open = !open;
  return open;
}

using Rule = std::optional<std::string> (*)(const Parsed& parsed);

constexpr std::array<Rule, 11> kRules{
    [](const Parsed& parsed) -> std::optional<std::string> {
      if (!has_typographic_quote(parsed.line.all) || parsed.line.open != 0) return std::nullopt;
      return "this line has typographic quotes; write plain ones: \"";
    },
    [](const Parsed& parsed) -> std::optional<std::string> {
      if (parsed.in_long_text) return "a text that begins above with \"\"\" is not closed";
      if (parsed.line.open == 0) return std::nullopt;
      return std::string("a closing ")
          .append(1, parsed.line.open)
          .append(" is missing in this line");
    },
    [](const Parsed& parsed) -> std::optional<std::string> {
      if (!parsed.says("parsing table header") || !parsed.says("expected ']'")) return std::nullopt;
      const bool is_list = parsed.line.all.starts_with("[[");
      return "the closing " + std::string(is_list ? "]]" : "]") + " is missing in this line";
    },
    [](const Parsed& parsed) -> std::optional<std::string> {
      const auto& all = parsed.line.all;
      if (!parsed.line.key.empty() || !parsed.says("cannot redefine existing table"))
        return std::nullopt;
      if (all.starts_with("[["))
        return "what " + shown(all) + " names is written with one pair of brackets elsewhere";
      return shown(all) +
             " stands in this file twice; write its keys below one of them, or put the [[...]] "
             "that "
             "it belongs to in front of it";
    },
    [](const Parsed& parsed) -> std::optional<std::string> {
      if (!parsed.says("cannot redefine existing") || parsed.line.key.empty()) return std::nullopt;
      return shown(parsed.line.key) + " is set already in this table; remove one";
    },
    [](const Parsed& parsed) -> std::optional<std::string> {
      const auto colon = parsed.line.all.find(':');
      if (!parsed.line.key.empty() || colon == std::string_view::npos ||
          !parsed.says("expected '='"))
        return std::nullopt;
      return "a key and its value have a \"=\" between them, no \":\"";
    },
    [](const Parsed& parsed) -> std::optional<std::string> {
      if (parsed.line.key.empty() || parsed.column > parsed.line.equals ||
          !parsed.says("parsing value"))
        return std::nullopt;
      return "a list that begins above is not closed; its ] is missing";
    },
    [](const Parsed& parsed) -> std::optional<std::string> {
      if (!parsed.says("parsing array: expected comma")) return std::nullopt;
      return "a comma is missing between two values of a list, or a quote in front of one";
    },
    [](const Parsed& parsed) -> std::optional<std::string> {
      if (!parsed.says("unknown escape sequence")) return std::nullopt;
      return "a \\ in a text with \" is written \\\\; or put the text between two '";
    },
    [](const Parsed& parsed) -> std::optional<std::string> {
      if (!parsed.says("parsing date")) return std::nullopt;
      return "this is no date; one is written like 2027-01-15";
    },
    [](const Parsed& parsed) -> std::optional<std::string> {
      const auto& line = parsed.line;
      if (line.key.empty() || !is_bare_key(line.key)) return std::nullopt;
      if (line.value.empty()) return "the value behind \"=\" is missing";
      if (!is_bare(line.value)) return std::nullopt;
      if (const auto word = truth(line.value))
        return "write " + shown(line.key) + " = " + std::string(*word) + ", or " + in_quotes(line);
      return "this value needs quotes: " + in_quotes(line);
    },
};

}  // namespace

std::string toml_advice(std::string_view text, std::uint32_t line, std::uint32_t column,
                        std::string_view description) {
  const Parsed parsed{parts_of(line_of(text, line)), description, column, opens_long_text(text)};
  for (const auto rule : kRules)
    if (auto advice = rule(parsed)) return *std::move(advice);
  return printable(description);
}

}  // namespace portcullis::policy
