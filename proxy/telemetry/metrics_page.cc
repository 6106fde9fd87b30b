#include "proxy/telemetry/metrics_page.h"

#include <fmt/format.h>

#include <iterator>
#include <string_view>

namespace portcullis::telemetry {
namespace {

constexpr std::string_view kIntroduction =
    R"(<!-- Written from the table in proxy/telemetry/ by "cmake --build BUILD --target docs". -->

# Metrics

`GET /metrics` on `listen.admin` answers with these, in the text format of Prometheus. [Operating](operating.md) has
expressions for common questions.

Domains, addresses and JIDs of peers are never labels, so a peer cannot create time series. The log tells who was refused.
Where all values of the labels are known beforehand, every series exists from the start and is 0, so `rate()` sees the
first event too. Labels that name a domain, a rule or a file have values from your configuration; their series appear when
there is something to tell.

The label `kind` says which kind of stream it is: `s2s_in`, another server has connected to us; `s2s_out`, your own server
connects to another one; `c2s`, a client has connected.

## No connection is lost

For each kind, accepted = rejected + closed + active. A connection is counted as accepted when it is taken, and is active
from then on until it is counted as rejected or as closed, which happens exactly once. So this is always 0:

```
  sum by (instance, kind) (portcullis_connections_accepted_total)
- sum by (instance, kind) (portcullis_streams_rejected_total)
- sum by (instance, kind) (portcullis_streams_closed_total)
- sum by (instance, kind) (portcullis_streams_active)
```

A scrape in the moment at which a connection changes may see a difference that is gone at the next one. A difference that
stays is a bug.

## All metrics
)";

void append_label(std::string& page, const LabelRow& label) {
  fmt::format_to(std::back_inserter(page), "- Label `{}`, {}", label.name, label.meaning);
  if (!label.listed_in.empty()) {
    fmt::format_to(std::back_inserter(page), ": a word of [{0}]({0})", label.listed_in);
    if (label.values.front() == kNoValue)
      fmt::format_to(std::back_inserter(page), ", or `{}`", kNoValue);
  } else {
    std::string_view separator = ": ";
    for (const auto value : label.values) {
      fmt::format_to(std::back_inserter(page), "{}`{}`", separator, value);
      separator = ", ";
    }
  }
  page += '\n';
}

}  // namespace

std::string metrics_page(const std::vector<MetricRow>& rows) {
  std::string page(kIntroduction);
  for (const auto& row : rows) {
    fmt::format_to(std::back_inserter(page), "\n### {}\n\n{}\n\n- Type: {}", row.name, row.help,
                   name(row.type));
    if (!row.buckets.empty())
      fmt::format_to(std::back_inserter(page), ", with buckets up to {}",
                     fmt::join(row.buckets, ", "));
    page += '\n';
    for (const auto& label : row.labels) append_label(page, label);
  }
  return page;
}

}  // namespace portcullis::telemetry
