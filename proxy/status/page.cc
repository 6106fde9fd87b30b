#include "proxy/status/page.h"

#include <algorithm>
#include <cctype>

#include "proxy/status/html.h"
#include "proxy/status/lights.h"
#include "proxy/status/overview_words.h"
#include "proxy/status/page_style.h"
#include "proxy/status/sums.h"
#include "proxy/status/words.h"

namespace portcullis::status {
namespace {

std::string large(std::string_view word) {
  std::string text(word);
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

std::string or_dash(const std::string& text) {
  return text.empty() ? "-" : text;
}

// What is not authenticated stands out.
std::string_view css_of(const std::optional<Authentication>& how) {
  if (how == Authentication::kPlain) return "broken";
  if (how == Authentication::kObserved || how == Authentication::kExcepted) return "attention";
  return {};
}

void write_head(Html& html, const Overview& overview) {
  html.raw(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
      "<meta name=\"robots\" content=\"noindex\">\n"
      "<meta http-equiv=\"refresh\" content=\"10\">\n");
  html.line("title", "Portcullis: " + std::string(name(overview.mode)));
  html.raw("<style>");
  html.raw(kPageStyle);
  html.raw("</style></head>\n<body><main>\n");
}

void write_mode(Html& html, const Overview& overview) {
  html.open("header");
  html.line("h1", "Portcullis " + overview.version);
  html.line("p", large(name(overview.mode)),
            overview.mode == policy::Mode::kEnforce ? "mode ok" : "mode attention");
  html.line("p", std::string("Servers: ").append(mode_sentence(overview.mode)) + ".");
  for (const auto& rule : overview.other_modes)
    html.line("p", "But " + large(name(rule.mode)) + " for " + rule.pattern + ".");
  if (overview.c2s_mode) html.line("p", "Clients: " + large(name(*overview.c2s_mode)) + ".");
  html.line("p",
            "Since " + time_text(overview.started) + " (" +
                age_text(overview.now - overview.started) + "), generation " +
                std::to_string(overview.generation) + ". Last reload: " +
                reload_sentence(overview) + ". Seen at " + time_text(overview.now) + ".",
            "soft");
  html.close("header");
}

void write_light(Html& html, const Light& light, const std::string& what,
                 const std::string& beside) {
  html.open("article");
  html.raw("<p>");
  html.raw("<span class=\"light ");
  html.raw(name(light.level));
  html.raw("\">");
  html.text(name(light.level));
  html.raw("</span> <b>");
  html.text(what);
  html.raw("</b> <span class=\"soft\">");
  html.text(beside);
  html.raw("</span></p>\n");
  for (const auto& finding : light.findings) {
    html.line("p", finding.sentence,
              finding.level == Level::kBroken ? "finding broken" : "finding attention");
  }
  html.close("article");
}

void write_domains(Html& html, const Overview& overview) {
  html.open("section");
  html.line("h2", "Your domains");
  for (const auto& host : overview.hosts) {
    const auto sums = sums_of(overview, host.domain);
    std::string beside;
    for (const auto& alias : host.aliases) beside += (beside.empty() ? "also " : ", ") + alias;
    beside += (beside.empty() ? "" : "; ") + std::to_string(sums.inbound) + " from servers, " +
              std::to_string(sums.outbound) + " to servers, " +
              counted(sums.clients, "client", "clients");
    write_light(html, light_of(overview, host), host.domain, beside);
  }
  write_light(html, light_of_gate(overview), "The gate itself", "");
  html.close("section");
}

void write_number(Html& html, std::string_view what, std::size_t number,
                  std::string_view css_class = {}) {
  html.open("div", number > 0 ? css_class : std::string_view());
  html.raw("<b>" + std::to_string(number) + "</b>");
  html.text(what);
  html.close("div");
}

void write_sums(Html& html, const Overview& overview) {
  const auto sums = sums_of(overview);
  html.open("section");
  html.line("h2", "Streams now");
  html.open("div", "numbers");
  write_number(html, "from servers", sums.inbound);
  write_number(html, "to servers", sums.outbound);
  write_number(html, "clients", sums.clients);
  write_number(html, "negotiating", sums.negotiating);
  html.close("div");
  html.line("p", "By encryption", "soft");
  html.open("div", "numbers small");
  for (const auto& row : sums.tls)
    write_number(html, row.name, row.streams, row.name == "none" ? "broken" : "");
  if (sums.tls.empty()) html.text("no stream stands");
  html.close("div");
  html.line("p", "Servers by authentication", "soft");
  html.open("div", "numbers small");
  for (const auto& row : sums.server_auth) {
    const bool is_open = row.name == name(Authentication::kPlain);
    const bool is_weak =
        row.name == name(Authentication::kObserved) || row.name == name(Authentication::kExcepted);
    write_number(html, row.name, row.streams, is_open ? "broken" : is_weak ? "attention" : "");
  }
  html.close("div");
  html.line("p", "Clients by authentication", "soft");
  html.open("div", "numbers small");
  for (const auto& row : sums.client_auth) write_number(html, row.name, row.streams);
  html.close("div");
  html.close("section");
}

void write_backends(Html& html, const Overview& overview) {
  html.open("section");
  html.line("h2", "Your server");
  {
    HtmlTable table(html, {"state", "domain", "for", "address", "since"});
    for (const auto& row : overview.backends)
      table.row({{std::string(state_of(row)), row.impostor || row.up == false ? "broken"
                                              : row.up                        ? "ok"
                                                                              : ""},
                 {row.host, "name"},
                 {row.kind == StreamKind::kC2s ? "clients" : "servers", "number"},
                 {row.address, "wide"},
                 {row.since ? time_text(*row.since) : "-", "number"}});
  }
  html.line("p", "Capture: " + capture_sentence(overview.capture) + ".", "soft");
  html.close("section");
}

void write_certificates(Html& html, const Overview& overview) {
  html.open("section");
  html.line("h2", "Certificates");
  {
    HtmlTable table(html, {"left", "of", "key", "for", "until"});
    for (const auto& row : overview.certificates) {
      const auto days = days_left(overview, row.not_after);
      table.row({{days_text(overview, row), days < 0                  ? "broken"
                                            : days < kFewDays.count() ? "attention"
                                                                      : "number"},
                 {certificate_name(row), "name"},
                 {row.key ? std::string(name(*row.key)) : "-", "number"},
                 {std::string(row.use == CertificateRow::Use::kServing    ? "all"
                              : row.use == CertificateRow::Use::kOutgoing ? "to other servers"
                                                                          : "your server")},
                 {time_text(row.not_after), "number"}});
    }
  }
  html.close("section");
}

void write_listeners(Html& html, const Overview& overview) {
  html.open("section");
  html.line("h2", "Listeners");
  {
    HtmlTable table(html, {"address", "for", "TLS by"});
    for (const auto& row : overview.listeners)
      table.row(
          {{row.address, "name"}, {std::string(words(row.kind))}, {std::string(name(row.entry))}});
  }
  html.close("section");
}

void write_refusals(Html& html, const Overview& overview) {
  html.open("section");
  html.line("h2", "Last refusals");
  if (overview.refusals.empty()) html.line("p", "None since the start.", "soft");
  for (const auto& row : overview.refusals) {
    html.open("article");
    html.open("p");
    html.line("b", policy::id(row.reason),
              row.verdict == policy::Verdict::kRejected ? "broken" : "attention");
    html.text(" " + std::string(policy::name(row.verdict)) + ", " + std::string(words(row.kind)) +
              ": " + (row.from.empty() ? "?" : row.from) + " → " + (row.to.empty() ? "?" : row.to) +
              (row.peer.empty() ? "" : ", " + row.peer));
    html.close("p");
    html.line("p", row.detail);
    html.line("p", "What to do: " + hint_for(row.reason), "soft");
    html.line(
        "p", time_text(row.at) + (row.times > 1 ? ", " + std::to_string(row.times) + " times" : ""),
        "soft");
    html.close("article");
  }
  html.close("section");
}

void write_streams(Html& html, const StreamList& list) {
  html.open("section");
  html.line("h2", "Who is connected");
  if (!list.rows.empty()) {
    HtmlTable table(html, {"age", "kind", "ours", "theirs", "address", "TLS", "cipher", "key",
                           "known by", "rule", "to server", "to peer", "idle", "id"});
    for (const auto& row : list.rows)
      table.row({{age_text(row.age), "number"},
                 {std::string(name(row.kind)), "number"},
                 {or_dash(row.local), "wide"},
                 {or_dash(row.remote), "name"},
                 {or_dash(row.peer), "wide"},
                 {row.tls ? std::string(name(*row.tls)) : "none",
                  row.established && !row.tls ? "broken" : "number"},
                 {or_dash(row.cipher), "wide"},
                 {or_dash(row.peer_key), "number"},
                 {row.auth ? std::string(name(*row.auth)) : "negotiating", css_of(row.auth)},
                 {or_dash(row.rule)},
                 {octets_text(row.to_backend_bytes), "number"},
                 {octets_text(row.to_wan_bytes), "number"},
                 {row.established ? age_text(row.idle) : "-", "number"},
                 {row.id, "wide"}});
  }
  std::string sum = counted(list.matching, "connection", "connections");
  if (list.rows.size() < list.matching)
    sum += "; the newest " + std::to_string(list.rows.size()) + " are shown, and " +
           std::to_string(list.matching - list.rows.size()) +
           " more are listed by \"portcullis status streams\"";
  html.line("p", sum + ".", "soft");
  html.close("section");
}

void write_traces(Html& html, const Overview& overview) {
  if (overview.traces.empty()) return;
  html.open("section");
  html.line("h2", "Logged step by step");
  for (const auto& row : overview.traces)
    html.line("p", row.target + " until " + time_text(row.until));
  html.close("section");
}

}  // namespace

std::string page(const Overview& overview, const StreamList& list) {
  Html html;
  write_head(html, overview);
  write_mode(html, overview);
  write_domains(html, overview);
  write_sums(html, overview);
  write_streams(html, list);
  write_refusals(html, overview);
  html.open("div", "two");
  write_backends(html, overview);
  write_certificates(html, overview);
  write_listeners(html, overview);
  write_traces(html, overview);
  html.close("div");
  html.line("p", "The same as JSON: /status.json. For Prometheus: /metrics.", "soft");
  html.raw("</main></body></html>\n");
  return html.all();
}

}  // namespace portcullis::status
