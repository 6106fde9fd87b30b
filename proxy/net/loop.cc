#include "proxy/net/loop.h"

#include <uv.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <utility>

#include "proxy/base/clock.h"
#include "proxy/net/handle.h"
#include "proxy/net/timer.h"

namespace portcullis::net {
namespace {

struct Task {
  Loop::OwnerPtr owner;
  std::function<void()> work;
};
using Tasks = std::vector<Task>;

constexpr std::size_t kReceiveBuffer = std::size_t{64} * 1024;

void run_all(Loop& loop, Tasks& tasks) {
  for (auto& task : tasks) {
    loop.enter(task.owner, task.work);
    task = {};  // destroys what it captured now, not after the whole batch
  }
  tasks.clear();
}

// The loop's own handles carry no data; every other handle belongs to a SharedHandle.
void close_handle(uv_handle_t* handle, void*) {
  if (handle->data != nullptr) {
    static_cast<SharedHandle*>(handle->data)->close();
  } else if (uv_is_closing(handle) == 0) {
    uv_close(handle, nullptr);
  }
}

}  // namespace

struct Loop::Impl {
  Loop& owner;
  uv_loop_t* loop;
  uv_async_t wake{};
  uv_prepare_t before_poll{};
  uv_check_t after_poll{};
  uv_idle_t no_wait{};  // active while tasks are deferred: polling must not block then
  std::atomic<bool> stopping{false};
  std::mutex posted_mutex;
  Tasks posted;
  Tasks deferred;
  Tasks running;                    // keeps its capacity between turns
  std::vector<TurnEnd*> turn_ends;  // nullptr: forgotten, or done
  std::array<char, kReceiveBuffer> receive_buffer{};

  static Impl& of(const uv_handle_t* handle) {
    return *static_cast<Impl*>(uv_loop_get_data(handle->loop));
  }

  Impl(Loop& of_loop, uv_loop_t* uv) : owner(of_loop), loop(uv) {
    uv_loop_set_data(loop, this);
    uv_async_init(loop, &wake,
                  [](uv_async_t* handle) { of(reinterpret_cast<uv_handle_t*>(handle)).on_wake(); });
    uv_idle_init(loop, &no_wait);
    uv_prepare_init(loop, &before_poll);
    uv_prepare_start(&before_poll, [](uv_prepare_t* handle) {
      of(reinterpret_cast<uv_handle_t*>(handle)).end_turn();
    });
    uv_check_init(loop, &after_poll);
    uv_check_start(&after_poll, [](uv_check_t* handle) {
      of(reinterpret_cast<uv_handle_t*>(handle)).end_turn();
    });
  }

  // Runs both before and after the loop waits for events. Tasks come first, because what they cause
  // is part of the turn. The list can grow while it is walked: what is added meanwhile runs in this
  // walk, too.
  void end_turn() {
    run_deferred();
    for (std::size_t i = 0; i < turn_ends.size(); ++i)
      if (auto* const due = std::exchange(turn_ends[i], nullptr)) due->on_turn_end();
    turn_ends.clear();
  }

  void on_wake() {
    Tasks batch;
    {
      const std::lock_guard lock(posted_mutex);
      batch.swap(posted);
    }
    run_all(owner, batch);
    if (stopping.load()) uv_stop(loop);
  }

  void run_deferred() {
    if (deferred.empty()) return;
    running.swap(deferred);
    run_all(owner, running);
    // Tasks that these tasks deferred wait for the next turn, so that sockets are served in
    // between.
    if (deferred.empty()) uv_idle_stop(&no_wait);
  }

  // Tasks may own objects whose destructors defer or post again.
  void drop_tasks() {
    while (true) {
      Tasks dropped;
      {
        const std::lock_guard lock(posted_mutex);
        dropped.swap(posted);
      }
      if (dropped.empty()) dropped.swap(deferred);
      if (dropped.empty()) return;
    }
  }
};

Loop::Loop() : loop_(std::make_unique<uv_loop_t>()) {
  // This fails only if there are no descriptors or no memory at the start. Then nothing can be
  // served.
  if (uv_loop_init(loop_.get()) != 0) std::abort();
  impl_ = std::make_unique<Impl>(*this, loop_.get());
}

Loop::~Loop() {
  impl_->drop_tasks();
  uv_walk(loop_.get(), &close_handle, nullptr);
  while (uv_loop_close(loop_.get()) == UV_EBUSY) {
    uv_run(loop_.get(), UV_RUN_DEFAULT);
    impl_->drop_tasks();
    uv_walk(loop_.get(), &close_handle, nullptr);
  }
}

void Loop::run() {
  while (!impl_->stopping.exchange(false)) uv_run(loop_.get(), UV_RUN_DEFAULT);
}

void Loop::stop() {
  impl_->stopping.store(true);
  uv_async_send(&impl_->wake);
}

void Loop::post(std::function<void()> task) {
  {
    const std::lock_guard lock(impl_->posted_mutex);
    impl_->posted.push_back({nullptr, std::move(task)});
  }
  uv_async_send(&impl_->wake);
}

void Loop::defer(std::function<void()> task) {
  const bool first = impl_->deferred.empty();
  impl_->deferred.push_back({owner(), std::move(task)});
  // During ~Loop the handle may already be closing. ~Loop drops the task.
  if (first && uv_is_closing(reinterpret_cast<uv_handle_t*>(&impl_->no_wait)) == 0)
    uv_idle_start(&impl_->no_wait, [](uv_idle_t*) {});
}

std::chrono::milliseconds Loop::now() const {
  return std::chrono::milliseconds(uv_now(loop_.get()));
}

std::chrono::sys_seconds Loop::wall_clock() const {
  return wall_clock_now();
}

std::unique_ptr<Scheduler::Timer> Loop::make_timer(std::function<void()> on_expiry) {
  return std::make_unique<net::Timer>(*this, std::move(on_expiry));
}

void Loop::at_turn_end(TurnEnd& what) {
  impl_->turn_ends.push_back(&what);
}

void Loop::forget_turn_end(TurnEnd& what) {
  std::replace(impl_->turn_ends.begin(), impl_->turn_ends.end(), &what,
               static_cast<TurnEnd*>(nullptr));
}

uv_buf_t Loop::receive_buffer() {
  return uv_buf_init(impl_->receive_buffer.data(),
                     static_cast<unsigned>(impl_->receive_buffer.size()));
}

}  // namespace portcullis::net
