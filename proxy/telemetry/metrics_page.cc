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
expressions for common questions, [alerts](alerts.md) and a dashboard.

Domains, addresses and JIDs of peers are never labels, so a peer cannot create time series. The log tells who was refused.
Where all values of the labels are known beforehand, every series that can count exists from the start and is 0, so
`rate()` sees the first event too. What cannot occur has no series: no client is refused because another server has no DNS
records. Labels that name a domain, a rule or a file have values from your configuration; their series appear when there is
something to tell.

The label `kind` says which kind of stream it is: `s2s_in`, another server has connected to us; `s2s_out`, your own server
connects to another one; `c2s`, a client has connected.

The label `fault` of refusals says whose doing it is, so that an alert can tell what you must mend from what others must:
`peer`, the other side's; `local`, this installation's, your own XMPP server included; `network`, that of DNS, the network
or a server that is down. It follows from `kind` and `reason`, so it adds no series.

`portcullis_backend_up` is 1 while the backend answers: a connection comes about and XMPP is spoken on it. Each stream to
the backend shows that. Where none did for a minute, Portcullis asks by itself: it opens a connection and a stream in the
clear, waits for the header of the answer, and closes both. It asks earlier when a stream was not answered (5 seconds after
the last news) or when the backend is down (15 seconds). At most one such question is under way, and at most one begins per
second, however many domains there are. A backend that answers and refuses a stream is up, because that may be about one
peer only; `portcullis_backend_connections_total` counts it. If something answers that does not hold the backend's key, the
value is 0 until a stream gets through, or until the next reload.

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
