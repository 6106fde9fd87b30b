// A file of its own, so that the compiler does not mix these with the functions of the library.

#include "tests/unit/relay/failing_new.h"

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace {

std::atomic<long> fails_at{0};
thread_local bool is_spared = false;

bool fails_now() {
  return fails_at.load(std::memory_order_relaxed) > 0 && !is_spared && fails_at.fetch_sub(1) == 1;
}

}  // namespace

namespace portcullis::test {

long fail_allocation(long number) {
  return fails_at.exchange(number);
}

void spare_this_thread() {
  is_spared = true;
}

}  // namespace portcullis::test

void* operator new(std::size_t size) {
  void* const made = fails_now() ? nullptr : std::malloc(size == 0 ? 1 : size);
  if (made == nullptr) throw std::bad_alloc();
  return made;
}

// The sanitizer would take its own for this one, and call what we free with free() a mistake.
void* operator new(std::size_t size, const std::nothrow_t& /*tag*/) noexcept {
  return fails_now() ? nullptr : std::malloc(size == 0 ? 1 : size);
}

void operator delete(void* memory, const std::nothrow_t& /*tag*/) noexcept {
  std::free(memory);
}

void operator delete(void* memory) noexcept {
  std::free(memory);
}

void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
