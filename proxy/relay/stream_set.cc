#include "proxy/relay/stream_set.h"

#include <utility>

namespace portcullis::relay {

class StreamSet::Work final : public net::Loop::Owner {
 public:
  Work(StreamSet& streams, std::uint64_t id) : streams_(streams), id_(id) {}
  void on_no_memory() noexcept override { streams_.on_no_memory(id_); }

 private:
  StreamSet& streams_;
  const std::uint64_t id_;
};

StreamSet::StreamSet(net::Loop& loop, Owner owner) : loop_(loop), owner_(std::move(owner)) {}

void StreamSet::add(std::uint64_t id, StreamKind kind, const Make& make) {
  const net::Loop::OwnerPtr work = std::make_shared<Work>(*this, id);
  loop_.enter(work, [&] {
    auto bridge = make([this](std::uint64_t gone) { erase(gone); });
    streams_.emplace(id, Stream{std::move(bridge), work, kind});
    if (kind == StreamKind::kC2s) ++counts_.clients;
  });
  counts_.all = streams_.size();
}

void StreamSet::with(std::uint64_t id, const std::function<void(Bridge&)>& work) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  loop_.enter(found->second.owner, [&, &bridge = *found->second.bridge] { work(bridge); });
}

void StreamSet::for_each(const std::function<void(Bridge&)>& work) {
  walk([](const Stream&) { return true; }, work);
}

void StreamSet::for_each(StreamKind kind, const std::function<void(Bridge&)>& work) {
  walk([kind](const Stream& stream) { return stream.kind == kind; }, work);
}

void StreamSet::walk(const std::function<bool(const Stream&)>& among,
                     const std::function<void(Bridge&)>& work) {
  walking_ = true;
  for (auto& [id, stream] : streams_)
    if (!stream.lost && among(stream))
      loop_.enter(stream.owner, [&, &one = *stream.bridge] { work(one); });
  walking_ = false;
  const auto lost = [this](const auto& one) { return one.second.lost && forget(one.second); };
  if (std::erase_if(streams_, lost) == 0) return;
  counts_.all = streams_.size();
  owner_.on_less();
}

void StreamSet::look_at(std::uint64_t id, const std::function<void(const Bridge&)>& look) const {
  const auto found = streams_.find(id);
  if (found != streams_.end() && !found->second.lost) look(*found->second.bridge);
}

void StreamSet::look_at_each(const std::function<void(const Bridge&)>& look) const {
  for (const auto& [id, stream] : streams_)
    if (!stream.lost) look(*stream.bridge);
}

void StreamSet::clear() {
  streams_.clear();
  counts_.all = 0;
  counts_.clients = 0;
}

std::vector<std::uint64_t> StreamSet::ids() const {
  std::vector<std::uint64_t> all;
  all.reserve(streams_.size());
  for (const auto& [id, stream] : streams_) all.push_back(id);
  return all;
}

void StreamSet::on_no_memory(std::uint64_t id) noexcept {
  owner_.on_no_memory();
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  found->second.bridge->give_up();
  found->second.lost = true;
  if (!walking_) erase(id);
}

void StreamSet::erase(std::uint64_t id) {
  if (const auto found = streams_.find(id); found != streams_.end() && forget(found->second))
    streams_.erase(found);
  counts_.all = streams_.size();
  owner_.on_less();
}

// It is about to be erased.
bool StreamSet::forget(const Stream& stream) {
  if (stream.kind == StreamKind::kC2s) --counts_.clients;
  return true;
}

}  // namespace portcullis::relay
