#include "proxy/handover/giver.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

namespace portcullis::handover {
namespace {

// In the form of an answer of the control socket. The one who asked may be gone already.
void refuse(const net::Descriptor& connection, const std::string& why) {
  const std::string text = why + "\nfailed\n";
  static_cast<void>(
      ::send(connection.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
}

}  // namespace

std::optional<Peer> peer_of(const net::Descriptor& socket) {
  ucred found{};
  socklen_t size = sizeof found;
  if (getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &found, &size) != 0) return std::nullopt;
  return Peer{found.pid, found.uid};
}

bool may_share(const Peer& peer) {
  return peer.process > 0 && (peer.user == 0 || peer.user == ::geteuid());
}

Giver::Giver(net::Loop& loop, Owner owner, std::chrono::milliseconds patience)
    : loop_(loop), owner_(std::move(owner)), patience_(patience), timer_(loop, [this] {
        if (!under_way()) return tell();
        // What it has said in time counts, though this loop was held up and has not read it yet.
        if (channel_->is_now(POLLIN)) return timer_.start(kTell);
        give_up("it has not confirmed in time");
      }) {}

Result<Giver::Given> Giver::give_to(const std::optional<Peer>& peer) {
  if (!peer || !may_share(*peer))
    return fail("only the user that portcullis runs as, and root, may take over from it");
  if (step_ == Step::kOffered) return fail("another process is taking over already");
  if (step_ == Step::kConfirmed) return fail("another process has taken over");
  return owner_.gather();
}

void Giver::take(net::Descriptor connection) {
  const auto peer = peer_of(connection);
  auto given = give_to(peer);
  if (!given) return refuse(connection, given.error().message);
  successor_ = peer->process;
  channel_ = std::make_unique<net::LocalChannel>(
      loop_, std::move(connection),
      net::LocalChannel::Handler{[this](std::string_view line) { on_line(line); },
                                 [this] { on_end(); }});
  step_ = Step::kOffered;
  channel_->send(text_of(given->offer));
  for (auto& each : given->sockets) channel_->send(std::move(each));
  for (auto& each : given->predecessors) channel_->send(std::move(each));
  timer_.start(patience_);
}

void Giver::on_line(std::string_view line) {
  if (step_ == Step::kConfirmed) {
    if (line == kEnd) owner_.on_end();
    return;
  }
  if (line != kConfirm) return give_up("it says what a successor does not say");
  // It may have ended since. Who says that it does not wait any more has ended this direction.
  if (channel_->is_now(POLLRDHUP)) return give_up(why_it_ended());
  step_ = Step::kConfirmed;
  owner_.on_confirmed(successor_);
  channel_->send(std::string(kYours) + "\n");
  tell();
}

std::string Giver::why_it_ended() const {
  if (channel_->has_refused_descriptor()) return std::string(kNoDescriptors);
  return "it has ended, or has closed the connection";
}

void Giver::on_end() {
  if (under_way()) return give_up(why_it_ended());
  channel_.reset();  // nobody listens to how far we are; we go on all the same
  timer_.stop();
}

// Looks by itself: what the kernel has to say of a process that has just died may not be read yet.
bool Giver::successor_is_gone() const {
  return step_ == Step::kConfirmed && (!channel_ || channel_->is_now(POLLRDHUP | POLLHUP));
}

void Giver::withdraw() {
  if (!under_way()) return;
  give_up("portcullis is shutting down");
}

void Giver::give_up(const std::string& why) {
  // In words: without one, an end means that this process has died.
  channel_->send(why + "\nfailed\n");
  channel_.reset();
  timer_.stop();
  step_ = Step::kIdle;
  owner_.on_given_up("process " + std::to_string(successor_) + ": " + why);
}

void Giver::tell() {
  const auto left = owner_.left();
  if (left != told_) channel_->send(text_of(left));
  told_ = left;
  timer_.start(kTell);
}

}  // namespace portcullis::handover
