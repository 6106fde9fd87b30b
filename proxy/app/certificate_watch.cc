#include "proxy/app/certificate_watch.h"

#include <algorithm>
#include <utility>

#include "proxy/base/log_words.h"

namespace portcullis::app {

CertificateWatch::CertificateWatch(net::Loop& loop, Timing timing, Owner owner, telemetry::Log& log)
    : loop_(loop),
      timing_(timing),
      owner_(std::move(owner)),
      log_(log),
      quiet_(loop, [this] { look(Cause::kChange); }),
      retry_(loop, [this] { look(Cause::kRetry); }),
      poll_(loop, [this] { look(Cause::kPoll); }) {
  arm();
  poll_.start(timing_.poll);
  on_change();  // what has changed since it was loaded, and before anybody watched
}

void CertificateWatch::refresh() {
  refused_.reset();
  retry_.stop();
  arm();
}

// Always anew: a directory may have been replaced by another of the same name. The old watches go
// last, so that no change falls between.
void CertificateWatch::arm() {
  std::vector<std::unique_ptr<net::DirectoryWatch>> watches;
  for (const auto& directory : directories_of(owner_.files())) {
    auto watch = net::DirectoryWatch::start(loop_, directory, [this] { on_change(); });
    if (watch) {
      watches.push_back(std::move(*watch));
    } else if (!std::exchange(warned_, true)) {
      log_.write(
          telemetry::Severity::kWarning, log_event::kWatch,
          {{log_field::kDetail, watch.error().message +
                                    "; changed certificates are found once an hour, or load them "
                                    "with `portcullis reload`"}});
    }
  }
  watches_.swap(watches);
}

void CertificateWatch::on_change() {
  if (!changed_since_) changed_since_ = loop_.now();
  const auto latest = *changed_since_ + timing_.patience;
  quiet_.start(std::min(timing_.quiet, latest - loop_.now()));
}

void CertificateWatch::look(Cause cause) {
  changed_since_.reset();
  if (cause == Cause::kPoll) poll_.start(timing_.poll);
  arm();  // before looking: what changes from here on is told
  const auto content = digest_of(owner_.files());
  if (!refused_ && content == owner_.loaded()) return;
  const bool again = refused_ == content;
  if (again && cause == Cause::kChange) return;
  if (owner_.reload(again)) return refresh();
  refused_ = content;
  if (!again) retry_.start(timing_.retry);
}

}  // namespace portcullis::app
