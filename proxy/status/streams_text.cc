#include <algorithm>
#include <array>
#include <vector>

#include "proxy/status/status_text.h"
#include "proxy/status/words.h"

namespace portcullis::status {
namespace {

using Cells = std::vector<std::string>;

const Cells kTitles{"ID",     "AGE", "KIND", "OURS", "THEIRS",    "PEER",    "ENTRY", "TLS",
                    "CIPHER", "KEY", "AUTH", "RULE", "TO SERVER", "TO PEER", "IDLE"};

std::string or_dash(std::string text) {
  return text.empty() ? "-" : std::move(text);
}

Cells cells_of(const StreamRow& row) {
  return {row.id,
          age_text(row.age),
          std::string(name(row.kind)),
          or_dash(row.local),
          or_dash(row.remote),
          or_dash(row.peer),
          row.entry ? std::string(name(*row.entry)) : "-",
          row.tls ? std::string(name(*row.tls)) : "-",
          or_dash(row.cipher),
          or_dash(row.peer_key),
          row.auth ? std::string(name(*row.auth)) : "(negotiating)",
          or_dash(row.rule),
          octets_text(row.to_backend_bytes),
          octets_text(row.to_wan_bytes),
          row.established ? age_text(row.idle) : "-"};
}

void append_line(std::string& out, const Cells& cells, const std::vector<std::size_t>& widths) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    out += cells[i];
    if (i + 1 < cells.size()) out.append(widths[i] - cells[i].size() + 2, ' ');
  }
  out += '\n';
}

}  // namespace

std::string streams_text(const StreamList& list) {
  std::vector<Cells> lines{kTitles};
  for (const auto& row : list.rows) lines.push_back(cells_of(row));
  std::vector<std::size_t> widths(kTitles.size(), 0);
  for (const auto& line : lines)
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
  std::string out;
  if (!list.rows.empty())
    for (const auto& line : lines) append_line(out, line, widths);
  out += counted(list.matching, "stream", "streams");
  if (list.rows.size() < list.matching)
    out += ", of which the newest " + std::to_string(list.rows.size()) + " are shown";
  out += '\n';
  if (list.silent_loops > 0)
    out += counted(list.silent_loops, "event loop", "event loops") +
           " did not answer in time; the streams there are missing\n";
  return out;
}

}  // namespace portcullis::status
