#include "proxy/app/memory_return.h"

#include <malloc.h>

#include <chrono>
#include <utility>

namespace portcullis::app {
namespace {

constexpr std::chrono::seconds kBetweenLooks{2};

}  // namespace

MemoryReturn::MemoryReturn(net::Loop& loop, Owner owner)
    : owner_(std::move(owner)), timer_(loop, [this] { look(); }) {
  timer_.start(kBetweenLooks);
}

void MemoryReturn::give_back() {
  ::malloc_trim(0);
}

void MemoryReturn::look() {
  timer_.start(kBetweenLooks);
  if (fall_.fell(owner_.taken())) owner_.give_back();
}

}  // namespace portcullis::app
