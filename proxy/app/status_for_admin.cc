#include "proxy/app/status_for_admin.h"

#include <utility>

#include "proxy/base/clock.h"
#include "proxy/status/page.h"
#include "proxy/status/status_json.h"

namespace portcullis::app {

std::optional<std::string> StatusForAdmin::page() {
  auto made = texts();
  if (!made) return std::nullopt;
  return std::move(made->page);
}

std::optional<std::string> StatusForAdmin::json() {
  auto made = texts();
  if (!made) return std::nullopt;
  return std::move(made->json);
}

std::optional<StatusForAdmin::Texts> StatusForAdmin::texts() {
  std::unique_lock lock(mutex_);
  if (texts_ && monotonic_now() - made_at_ < kFresh) return texts_;
  if (waiting_ >= kMostWaiting) return std::nullopt;
  if (!std::exchange(asked_, true)) loop_.post([this] { make(); });
  const auto before = times_made_;
  ++waiting_;
  const bool came = made_.wait_for(lock, kPatience, [&] { return times_made_ != before; });
  --waiting_;
  if (!came) asked_ = false;  // what was asked may have been lost for want of memory
  return came ? texts_ : std::nullopt;
}

void StatusForAdmin::make() {
  desk_.page(status::kStreamsOnPage,
             [this](const status::Overview& overview, const status::StreamList& list) {
               keep({status::page(overview, list), status::page_json(overview, list)});
             });
}

void StatusForAdmin::keep(Texts texts) {
  {
    const std::lock_guard lock(mutex_);
    texts_ = std::move(texts);
    made_at_ = monotonic_now();
    ++times_made_;
    asked_ = false;
  }
  made_.notify_all();
}

}  // namespace portcullis::app
