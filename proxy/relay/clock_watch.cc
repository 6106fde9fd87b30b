#include "proxy/relay/clock_watch.h"

#include <string_view>
#include <utility>

#include "certs/x509/certificate_text.h"
#include "proxy/base/log_words.h"

namespace portcullis::relay {
namespace {

using News = policy::ClockSuspicion::News;

std::string_view words(policy::OutOfTime how) {
  switch (how) {
    case policy::OutOfTime::kOver:
      return "have expired";
    case policy::OutOfTime::kNotYet:
      return "are not valid yet";
    case policy::OutOfTime::kEither:
      return "have expired or are not valid yet";
  }
  return "";
}

}  // namespace

ClockWatch::Standing::~Standing() {
  if (watch_ == nullptr) return;
  const std::lock_guard lock(watch_->mutex_);
  watch_->suspicion_.falls();
}

void ClockWatch::decided(policy::ClockSuspicion::Server server, const policy::Decision& decision,
                         const Now& now) {
  if (!decision.refusal || decision.verdict == policy::Verdict::kExcepted) return;
  const auto how = policy::out_of_time(decision.refusal->reason);
  if (!how) return;
  const std::lock_guard lock(mutex_);
  if (suspicion_.bad(*how, std::move(server), now.steady) != News::kBegins) return;
  metrics_.connections.clock_suspect(true);
  log_.write(telemetry::Severity::kWarning, log_event::kClock,
             {{log_field::kDetail, "the local clock is suspect: " + why(now.wall)}});
}

ClockWatch::Standing ClockWatch::good(const Now& now) {
  bool ends = false;
  {
    const std::lock_guard lock(mutex_);
    suspicion_.stands();
    ends = suspicion_.good() == News::kEnds;
    if (ends) metrics_.connections.clock_suspect(false);
  }
  Standing standing(*this);
  if (ends)
    log_.write(telemetry::Severity::kNotice, log_event::kClock,
               {{log_field::kDetail,
                 "the local clock is not suspect any more: the certificate of a server that was "
                 "called is good by it; it says " +
                     certs::minute_text(now.wall)}});
  return standing;
}

std::string ClockWatch::doubt(std::chrono::sys_seconds wall) const {
  const std::lock_guard lock(mutex_);
  return suspicion_.suspects() ? why(wall) : std::string();
}

std::string ClockWatch::why(std::chrono::sys_seconds wall) const {
  std::string domains;
  for (const auto& domain : suspicion_.domains()) domains += (domains.empty() ? "" : ", ") + domain;
  return "by it, the certificates of the last servers that were called (" + domains + ") " +
         std::string(words(suspicion_.how())) + "; it says " + certs::minute_text(wall) +
         "; check with `timedatectl`";
}

}  // namespace portcullis::relay
