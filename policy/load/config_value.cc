#include "policy/load/config_value.h"

#include <algorithm>

#include "policy/model/quantity.h"
#include "policy/reasons/reason.h"

namespace portcullis::policy {
namespace {

constexpr std::size_t kMaxPath = 4096;

std::string_view type_name(toml::node_type type) {
  switch (type) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::string:
      return "a string";
    case toml::node_type::integer:
      return "an integer";
    case toml::node_type::floating_point:
      return "a number with a fraction";
    case toml::node_type::boolean:
      return "true or false";
    default:
      return "a date or time";
  }
}

template <class Number>
bool within(const Value& value, Number number, Bounds<Number> bounds) {
  if (number >= bounds.least && number <= bounds.most) return true;
  value.error("must be from " + quantity_text(bounds.least) + " to " + quantity_text(bounds.most));
  return false;
}

bool is_reserved(std::string_view word) {
  return word == "dane" || word == "posh";
}

std::optional<std::size_t> size_of(const toml::node& node) {
  if (const auto* integer = node.as_integer()) {
    if (integer->get() < 0) return 0;  // below all bounds, which is then reported
    return static_cast<std::size_t>(integer->get());
  }
  if (const auto* text = node.as_string()) return parse_size(text->get());
  return std::nullopt;
}

}  // namespace

Place place(const toml::source_region& source) {
  return {source.begin.line, source.begin.column, source.path};
}

std::string Value::name() const {
  std::string shown;
  bool in_index = false;
  for (const char c : path) {
    if (c == '[') in_index = true;
    if (!in_index) shown += c;
    if (c == ']') in_index = false;
  }
  return shown;
}

void Value::error(std::string_view what) const {
  findings.error_at(path, where(), name() + " " + std::string(what));
}

void Value::wrong_type(std::string_view wanted) const {
  error("must be " + std::string(wanted) + ", found " + std::string(type_name(node.type())));
}

void read_bool(const Value& value, bool& target) {
  if (const auto* flag = value.node.as_boolean()) {
    target = flag->get();
  } else if (const auto* text = value.node.as_string();
             text != nullptr && (text->get() == "true" || text->get() == "false")) {
    target = text->get() == "true";  // a variable stands in a string
  } else {
    value.wrong_type("true or false");
  }
}

void read_text(const Value& value, std::string& target, std::size_t limit) {
  const auto* text = value.node.as_string();
  if (text == nullptr) return value.wrong_type("a string");
  const std::string& given = text->get();
  if (given.size() > limit)
    return value.error("must have at most " + std::to_string(limit) + " octets");
  if (printable(given, limit) != given)
    return value.error("contains a character that cannot be shown; remove it");
  target = given;
}

void read_path(const Value& value, std::string& target) {
  const auto* text = value.node.as_string();
  if (text == nullptr) return value.wrong_type("a string with a path");
  const std::string& given = text->get();
  if (given.empty()) return value.error("is empty; write a path");
  if (given.size() > kMaxPath || given.find('\0') != std::string::npos)
    return value.error("is no path");
  target = value.findings.resolve(given);
}

void read_duration(const Value& value, std::chrono::milliseconds& target,
                   Bounds<std::chrono::milliseconds> bounds) {
  constexpr std::string_view kWanted = R"(a duration such as "500ms", "10s", "5m" or "4h")";
  const auto* text = value.node.as_string();
  if (text == nullptr) return value.wrong_type(kWanted);
  const auto duration = parse_duration(text->get());
  if (!duration) return value.error("must be " + std::string(kWanted));
  if (within(value, *duration, bounds)) target = *duration;
}

void read_size(const Value& value, std::size_t& target, Bounds<std::size_t> bounds) {
  constexpr std::string_view kWanted = R"(a size such as "512KiB", "1MiB" or 10000)";
  if (!value.node.is_string() && !value.node.is_integer()) return value.wrong_type(kWanted);
  const auto size = size_of(value.node);
  if (!size) return value.error("must be " + std::string(kWanted));
  if (within(value, *size, bounds)) target = *size;
}

void read_count(const Value& value, std::size_t& target, Bounds<std::size_t> bounds) {
  const auto* integer = value.node.as_integer();
  if (integer == nullptr) return value.wrong_type("an integer");
  const std::int64_t number = integer->get();
  const Bounds<std::int64_t> signed_bounds{static_cast<std::int64_t>(bounds.least),
                                           static_cast<std::int64_t>(bounds.most)};
  if (within(value, number, signed_bounds)) target = static_cast<std::size_t>(number);
}

void read_date(const Value& value, std::chrono::sys_days& target) {
  const auto* date = value.node.as_date();
  if (date == nullptr) return value.wrong_type("a date such as 2027-01-15, without quotes");
  target = std::chrono::year_month_day(std::chrono::year(date->get().year),
                                       std::chrono::month(date->get().month),
                                       std::chrono::day(date->get().day));
}

std::optional<std::size_t> read_word(const Value& value, std::span<const std::string_view> allowed,
                                     std::string_view hint) {
  std::string list;
  for (const auto word : allowed) list += (list.empty() ? "\"" : ", \"") + std::string(word) + "\"";
  const auto* text = value.node.as_string();
  if (text == nullptr) {
    value.wrong_type("a string, one of " + list);
    return std::nullopt;
  }
  const auto found = std::find(allowed.begin(), allowed.end(), text->get());
  if (found != allowed.end()) return static_cast<std::size_t>(found - allowed.begin());
  const std::string_view reserved = is_reserved(text->get()) ? ": reserved, not built yet" : "";
  value.error("cannot be \"" + printable(text->get(), 60) + "\"" + std::string(reserved) +
              "; allowed: " + list + std::string(hint));
  return std::nullopt;
}

}  // namespace portcullis::policy
