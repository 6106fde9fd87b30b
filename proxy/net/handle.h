#pragma once

#include <uv.h>

#include <memory>

#include "proxy/net/loop.h"

namespace portcullis::net {

// What a libuv handle and its C++ owner share. It lives until the owner has given it up and libuv
// has called the close callback. So an owner may be destroyed inside its own callback, and even
// after the loop. Private to proxy/net.
class SharedHandle : public std::enable_shared_from_this<SharedHandle> {
 public:
  SharedHandle() = default;
  SharedHandle(const SharedHandle&) = delete;
  SharedHandle& operator=(const SharedHandle&) = delete;
  virtual ~SharedHandle() = default;

  // May be called several times. The only libuv callback that follows is the close callback.
  void close() {
    if (handle_ != nullptr && uv_is_closing(handle_) == 0) uv_close(handle_, &on_closed);
  }

  // Called once, right after the handle's uv_*_init.
  template <class UvHandle>
  void opened(UvHandle* handle) {
    handle_ = reinterpret_cast<uv_handle_t*>(handle);
    handle_->data = this;
    until_closed_ = shared_from_this();
  }

  template <class Derived, class UvHandle>
  static Derived& of(const UvHandle* handle) {
    return *static_cast<Derived*>(static_cast<SharedHandle*>(handle->data));
  }

 private:
  static void on_closed(uv_handle_t* handle) {
    static_cast<SharedHandle*>(handle->data)->until_closed_.reset();
  }

  uv_handle_t* handle_ = nullptr;
  std::shared_ptr<SharedHandle> until_closed_;
};

// A handle whose callbacks are work of whom it was made for.
class OwnedHandle : public SharedHandle {
 protected:
  explicit OwnedHandle(Loop& loop) : loop_(loop), owner_(loop.owner()) {}
  Loop& loop() { return loop_; }

  // For the callbacks: runs `work`, which gets the object.
  template <class Derived, class UvHandle, class Work>
  static void enter(const UvHandle* handle, Work work) {
    auto& self = of<Derived>(handle);
    self.loop_.enter(self.owner_, [&] { work(self); });
  }

 private:
  Loop& loop_;
  const Loop::OwnerPtr owner_;
};

}  // namespace portcullis::net
