#include "proxy/report/record_fields.h"

#include <algorithm>
#include <cstdint>

namespace portcullis::report {
namespace {

std::optional<unsigned> hex4(std::string_view text) {
  if (text.size() < 4) return std::nullopt;
  unsigned value = 0;
  for (const char c : text.substr(0, 4)) {
    value <<= 4U;
    if (c >= '0' && c <= '9')
      value |= static_cast<unsigned>(c - '0');
    else if (c >= 'a' && c <= 'f')
      value |= static_cast<unsigned>(c - 'a' + 10);
    else
      return std::nullopt;
  }
  return value;
}

// The log writes no surrogates: it escapes only characters of the basic plane.
bool append_utf8(std::string& out, unsigned code) {
  if (code >= 0xd800 && code <= 0xdfff) return false;
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xc0U | (code >> 6U));
    out += static_cast<char>(0x80U | (code & 0x3fU));
  } else {
    out += static_cast<char>(0xe0U | (code >> 12U));
    out += static_cast<char>(0x80U | ((code >> 6U) & 0x3fU));
    out += static_cast<char>(0x80U | (code & 0x3fU));
  }
  return true;
}

// Takes the rest of a quoted value from `rest`, which begins behind the opening quote.
std::optional<std::string> take_quoted(std::string_view& rest) {
  std::string value;
  while (true) {
    const auto special = rest.find_first_of("\"\\");
    if (special == std::string_view::npos) return std::nullopt;
    value += rest.substr(0, special);
    const bool end = rest[special] == '"';
    rest.remove_prefix(special + 1);
    if (end) return value;
    if (rest.empty()) return std::nullopt;
    const char escaped = rest.front();
    rest.remove_prefix(1);
    if (escaped == '"' || escaped == '\\') {
      value += escaped;
      continue;
    }
    const auto code = escaped == 'u' ? hex4(rest) : std::nullopt;
    if (!code || !append_utf8(value, *code)) return std::nullopt;
    rest.remove_prefix(4);
  }
}

std::optional<std::string> take_value(std::string_view& rest) {
  if (rest.starts_with('"')) {
    rest.remove_prefix(1);
    auto value = take_quoted(rest);
    if (!rest.empty() && rest.front() != ' ') return std::nullopt;
    return value;
  }
  const auto end = std::min(rest.find(' '), rest.size());
  const std::string_view value = rest.substr(0, end);
  if (value.find('"') != std::string_view::npos) return std::nullopt;
  rest.remove_prefix(end);
  return std::string(value);
}

}  // namespace

std::optional<std::size_t> RecordFields::place_of(std::string_view name) {
  for (std::size_t i = 0; i < kFields.size(); ++i)
    if (kFields[i].name == name) return i;
  return std::nullopt;
}

void RecordFields::set(std::string_view name, std::string value) {
  const auto place = place_of(name);
  if (place && !values_[*place]) values_[*place] = std::move(value);
}

const std::string* RecordFields::find(LogField field) const {
  const auto place = place_of(field.name);
  return place && values_[*place] ? &*values_[*place] : nullptr;
}

std::string RecordFields::get(LogField field) const {
  const auto* const value = find(field);
  return value != nullptr ? *value : std::string();
}

std::optional<RecordFields> parse_logfmt(std::string_view record) {
  RecordFields fields;
  while (true) {
    record.remove_prefix(std::min(record.find_first_not_of(' '), record.size()));
    if (record.empty()) return fields;
    const auto equals = record.find_first_of("= \"");
    if (equals == std::string_view::npos || equals == 0 || record[equals] != '=')
      return std::nullopt;
    const std::string_view name = record.substr(0, equals);
    record.remove_prefix(equals + 1);
    auto value = take_value(record);
    if (!value) return std::nullopt;
    fields.set(name, std::move(*value));
  }
}

}  // namespace portcullis::report
