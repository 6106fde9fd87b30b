#include "proxy/app/hand_over.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <set>
#include <utility>

#include "proxy/app/version.h"
#include "proxy/base/log_words.h"

namespace portcullis::app {
namespace {

constexpr std::chrono::milliseconds kWorkerPatience{2'000};
constexpr std::chrono::milliseconds kAnswerPatience{10'000};

// Workers may share one socket.
class Distinct {
 public:
  // One that could not be duplicated is none. Without it the offer is not whole: who waits at that
  // listener would be lost.
  void add(net::Descriptor socket) {
    struct stat found {};
    if (::fstat(socket.get(), &found) != 0)
      whole_ = false;
    else if (known_.insert(found.st_ino).second)
      sockets_.push_back(std::move(socket));
  }
  bool whole() const { return whole_; }
  std::vector<net::Descriptor> take() && { return std::move(sockets_); }

 private:
  bool whole_ = true;
  std::set<ino_t> known_;
  std::vector<net::Descriptor> sockets_;
};

}  // namespace

std::string own_cgroup() {
  std::ifstream file("/proc/self/cgroup");
  std::string text(std::istreambuf_iterator<char>(file), {});
  std::replace(text.begin(), text.end(), '\n', ' ');
  while (text.ends_with(' ')) text.pop_back();
  return text;
}

HandOver::HandOver(Parts parts, Owner owner, InstanceLock lock)
    : parts_(parts),
      owner_(std::move(owner)),
      lock_(std::move(lock)),
      before_(parts.loop,
              {[this] { count(); },
               [this](std::int64_t process) { say(process, "the process before has ended"); }}),
      giver_(parts.loop,
             {[this] { return gather(); }, [this](pid_t successor) { on_confirmed(successor); },
              [this](const std::string& why) {
                parts_.log.write(
                    telemetry::Severity::kWarning, log_event::kHandOver,
                    {{log_field::kDetail,
                      "a successor has not taken over, and nothing has changed: " + why}});
              },
              owner_.end,
              [this] {
                const auto left = std::chrono::ceil<std::chrono::seconds>(parts_.drain.left());
                return handover::Left{parts_.drain.streams(),
                                      static_cast<std::uint64_t>(left.count())};
              }}) {}

bool HandOver::take(std::string_view line, const std::function<net::Descriptor()>& share) {
  if (line != handover::kRequest) return false;
  auto connection = share();
  if (!connection) return false;
  giver_.take(std::move(connection));
  return true;
}

std::string HandOver::refusal() {
  std::string text(handover::kNoDescriptors);
  text += '\n';
  return text;
}

Result<handover::Giver::Given> HandOver::gather() {
  if (parts_.drain.begun()) return fail("portcullis is shutting down");
  if (before_.count() >= handover::kMostPredecessors)
    return fail(std::to_string(before_.count()) +
                " processes from before still serve streams; wait until one of them has ended, or "
                "set hand_over in [limits] lower");
  Distinct sockets;
  for (const auto& worker : parts_.workers) {
    auto shared = worker->share_listeners(kWorkerPatience);
    if (!shared) return tl::unexpected(shared.error());
    for (auto& one : *shared) sockets.add(std::move(one));
  }
  for (auto& one : parts_.dns.share()) sockets.add(std::move(one));
  const auto* const control = owner_.control();
  if (control != nullptr) sockets.add(control->share());
  if (lock_->is_held()) sockets.add(lock_->share());
  if (!sockets.whole()) return fail(std::string(handover::kNoDescriptors));

  handover::Giver::Given given;
  given.sockets = std::move(sockets).take();
  const auto& manager = parts_.manager.environment();
  given.offer.version = PORTCULLIS_VERSION;
  given.offer.process = ::getpid();
  given.offer.cgroup = own_cgroup();
  given.offer.notify_socket = manager.notify_socket;
  given.offer.watchdog_usec = parts_.manager.watchdog() ? manager.watchdog_usec : "";
  given.offer.dialback_secret = owner_.running()->dialback().octets();
  given.offer.owns_control_file = control != nullptr && control->owns_file();
  given.offer.sockets = given.sockets.size();
  given.predecessors = before_.share(given.offer);
  if (!std::all_of(given.predecessors.begin(), given.predecessors.end(),
                   [](const auto& one) { return bool(one); }))
    return fail(std::string(handover::kNoDescriptors));
  return given;
}

void HandOver::on_confirmed(pid_t successor) {
  say(successor, "a successor accepts from now on; this process serves the streams that it has");
  parts_.manager.hand_over(successor);
  before_.forget();
  lock_.reset();
  owner_.step_back();
  parts_.drain.hand_over(owner_.running()->config().limits.hand_over);
}

Result<void> HandOver::confirm(handover::Taker taker) {
  const auto process = taker.offer().process;
  if (auto confirmed = taker.confirm(kAnswerPatience); !confirmed) return confirmed;
  say(process, "took over from version " + policy::printable(taker.offer().version));
  for (auto& one : std::move(taker).predecessors()) before_.add(std::move(one));
  return {};
}

void HandOver::count() const {
  parts_.metrics.predecessors(before_.count(), before_.streams());
}

void HandOver::say(std::int64_t process, const std::string& detail) const {
  parts_.log.write(telemetry::Severity::kNotice, log_event::kHandOver,
                   {{log_field::kProcess, process}, {log_field::kDetail, detail}});
}

}  // namespace portcullis::app
