// The report reader on any octets, cut into any pieces: the same sums as in one piece, bounded
// rows, and reports that hold nothing but printable ASCII; the JSON one parses, and the exceptions
// are a configuration that can be used.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "policy/load/config_load.h"
#include "proxy/report/exceptions.h"
#include "proxy/report/report.h"

using namespace portcullis::report;

namespace {

constexpr std::size_t kMaxRows = 4;

LogReader read(std::string_view log, std::size_t piece) {
  ReadOptions options{
      {std::chrono::sys_seconds(std::chrono::seconds(1'800'000'000)), std::chrono::seconds(3600)},
      std::chrono::hours(24 * 365),
      kMaxRows};
  LogReader reader(options);
  for (std::size_t at = 0; at < log.size(); at += piece) reader.feed(log.substr(at, piece));
  reader.end_of_file();
  return reader;
}

void must_be_plain(const std::string& text) {
  const auto plain = [](char c) { return c == '\n' || (c >= 0x20 && c <= 0x7e); };
  if (!std::all_of(text.begin(), text.end(), plain)) std::abort();
}

void must_load(const std::string& exceptions) {
  const std::string least = R"(version = 1
[local_ca]
directory = "ca"
[[host]]
domain = "a.example"
certificates = [ { chain = "c.pem", key = "k.pem" } ]
[host.backend]
s2s = "127.0.0.1:15269"
certificate = "b.pem"
)";
  if (!portcullis::policy::load_config(least + exceptions, "p.toml").config) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view log(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto whole = read(log, std::max<std::size_t>(log.size(), 1));
  const auto pieces = read(log, std::size_t{data[0]} + 1);
  const auto json = json_report(whole, {"fuzz", ""});
  if (json != json_report(pieces, {"fuzz", ""})) std::abort();
  if (!nlohmann::json::accept(json)) std::abort();
  if (whole.tally().rows().size() > kMaxRows * 2 * kGroupCount) std::abort();
  std::uint64_t streams = 0;
  for (std::size_t i = 0; i < kGroupCount; ++i)
    streams += whole.tally().streams(static_cast<Group>(i));
  if (streams != whole.tally().all().streams) std::abort();
  must_be_plain(json);
  must_be_plain(text_report(whole, Breakdown::kReasonAndDomain));
  must_be_plain(markdown_report(whole));
  must_be_plain(html_report(whole));
  const auto exceptions = exceptions_report(
      whole, nullptr, std::chrono::floor<std::chrono::days>(whole.options().reference.now));
  must_be_plain(exceptions);
  must_load(exceptions);
  return 0;
}
