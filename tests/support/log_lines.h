#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "proxy/telemetry/log_table.h"

namespace portcullis::test {

// What of a line of text stands in no row of the log's table, and so not in docs/log.md; "" if all
// of it does.
inline std::string undocumented(std::string_view line) {
  const auto is_in = [](std::string_view name, std::span<const LogField> fields) {
    return std::any_of(fields.begin(), fields.end(),
                       [&](const LogField& field) { return field.name == name; });
  };
  std::span<const LogField> of_event;
  const auto row_of = [&](std::string_view event) {
    for (const auto& row : telemetry::log_table()) {
      if (row.event.name != event) continue;
      of_event = row.fields;
      return true;
    }
    return false;
  };
  for (std::size_t at = 0; at < line.size();) {
    const auto equals = line.find('=', at);
    if (equals == std::string_view::npos) break;
    const auto name = line.substr(at, equals - at);
    auto end = equals + 1;
    if (line[end] == '"') {
      for (++end; line[end] != '"'; ++end)
        if (line[end] == '\\') ++end;
      ++end;
    } else {
      end = std::min(line.find_first_of(" \n", end), line.size());
    }
    const auto value = line.substr(equals + 1, end - equals - 1);
    if (name == log_field::kEvent.name) {
      if (!row_of(value)) return "event " + std::string(value);
    } else if (!is_in(name, telemetry::fields_of_every_line()) && !is_in(name, of_event)) {
      return std::string(name) + " in " + std::string(line);
    }
    at = end + 1;
  }
  return {};
}

}  // namespace portcullis::test
