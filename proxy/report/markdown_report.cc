#include <fmt/format.h>

#include <cstdint>
#include <iterator>
#include <tuple>

#include "policy/reasons/reason.h"
#include "proxy/report/report.h"
#include "proxy/report/wording.h"

namespace portcullis::report {
namespace {

struct ListKey {
  std::string domain;
  policy::Reason reason;
  StreamKind kind;

  bool operator<(const ListKey& other) const {
    return std::tie(domain, reason, kind) < std::tie(other.domain, other.reason, other.kind);
  }
};
using List = std::map<ListKey, Row>;

struct Lists {
  List untrusted;
  List dialback_only;
  std::uint64_t nameless = 0;   // streams without a valid domain name
  std::uint64_t recovered = 0;  // rows of domains that were accepted later
};

bool is_failure(Group group) {
  return group == Group::kWouldReject || group == Group::kRejected || group == Group::kExcepted;
}

bool accepted_later(const Tally& tally, const RowKey& key, const Row& row) {
  const auto found = tally.rows().find({Group::kAccepted, key.kind, key.domain, std::nullopt});
  return found != tally.rows().end() && row.last && found->second.last > row.last;
}

Lists collect(const Tally& tally) {
  Lists lists;
  for (const auto& [key, row] : tally.rows()) {
    if (!is_failure(key.group)) continue;
    const auto published = policy::info(*key.reason).published;
    if (published == policy::PublishedClass::kNone) continue;
    if (!is_domain_name(key.domain)) {
      lists.nameless += row.streams;
    } else if (accepted_later(tally, key, row)) {
      ++lists.recovered;
    } else {
      auto& list = published == policy::PublishedClass::kDialbackOnly ? lists.dialback_only
                                                                      : lists.untrusted;
      list[{key.domain, *key.reason, key.kind}].merge(row);
    }
  }
  return lists;
}

// A '|' would end the cell of the table.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

void table(std::string& out, std::string_view title, std::string_view meaning, const List& list) {
  auto into = std::back_inserter(out);
  fmt::format_to(into, "\n## {}\n\n{}\n\n", title, meaning);
  if (list.empty()) {
    out += "None.\n";
    return;
  }
  out +=
      "| domain | way | reason | streams | first seen | last seen | what its admin can do |\n"
      "|---|---|---|--:|---|---|---|\n";
  // In code spans, so that no program makes a link of a name.
  for (const auto& [key, row] : list)
    fmt::format_to(into, "| `{}` | {} | `{}` | {} | {} | {} | {} |\n", key.domain,
                   direction(key.kind), policy::id(key.reason), row.streams,
                   timestamp_or_dash(row.first), timestamp_or_dash(row.last),
                   cell(policy::info(key.reason).remote));
}

void notes(std::string& out, const LogReader& log, const Lists& lists) {
  auto into = std::back_inserter(out);
  const auto& tally = log.tally();
  out +=
      "\n## How to read this\n\n"
      "- Way: `in` is a server that connected to us and said that this is its domain, which "
      "anybody can say; `out` is the server that DNS names for the domain.\n";
  if (lists.recovered > 0)
    fmt::format_to(into, "- {} not listed: the domain was accepted after its last failure.\n",
                   counted(lists.recovered, "entry is", "entries are"));
  if (lists.nameless > 0)
    fmt::format_to(into, "- {} not listed, because no valid domain name was given.\n",
                   counted(lists.nameless, "stream is", "streams are"));
  const auto more = tally.further(Group::kWouldReject) + tally.further(Group::kRejected) +
                    tally.further(Group::kExcepted);
  if (more > 0)
    fmt::format_to(into, "- And {} of other domains, which are too many to list.\n",
                   counted(more, "stream", "streams"));
  if (log.counts().unreadable > 0)
    fmt::format_to(into, "- {} of the log could not be read.\n",
                   counted(log.counts().unreadable, "decision", "decisions"));
}

}  // namespace

std::string markdown_report(const LogReader& log) {
  const auto& all = log.tally().all();
  const Lists lists = collect(log.tally());
  std::string out = "# XMPP servers whose encryption is not sufficient\n\n";
  if (all.first)
    fmt::format_to(std::back_inserter(out), "Seen from {} to {}.\n", timestamp(*all.first),
                   timestamp(*all.last));
  else
    out += "The log contains no times.\n";
  table(out, "Untrusted certificate",
        "These servers encrypt, but their certificate does not prove who they are.",
        lists.untrusted);
  table(out, "Dialback only",
        "These servers cannot be authenticated by a certificate: only DNS, or nothing at all, says "
        "who they are.",
        lists.dialback_only);
  notes(out, log, lists);
  return out;
}

}  // namespace portcullis::report
