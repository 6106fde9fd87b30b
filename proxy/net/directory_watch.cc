#include "proxy/net/directory_watch.h"

#include <utility>

#include "proxy/net/error_text.h"
#include "proxy/net/handle.h"

namespace portcullis::net {

struct DirectoryWatch::Impl : SharedHandle {
  Impl(Loop& on_loop, std::function<void()> on_change)
      : loop(on_loop), changed(std::move(on_change)) {}

  int open(const std::string& directory) {
    const int status = uv_fs_event_init(loop.raw(), &event);
    if (status != 0) return status;
    opened(&event);
    return uv_fs_event_start(
        &event,
        [](uv_fs_event_t* handle, const char*, int, int) {
          const auto self = SharedHandle::of<Impl>(handle).shared_from_this();
          auto& impl = static_cast<Impl&>(*self);
          impl.loop.enter(nullptr, impl.changed);
        },
        directory.c_str(), 0);
  }

  Loop& loop;
  uv_fs_event_t event{};
  std::function<void()> changed;
};

Result<std::unique_ptr<DirectoryWatch>> DirectoryWatch::start(Loop& loop,
                                                              const std::string& directory,
                                                              std::function<void()> on_change) {
  auto impl = std::make_shared<Impl>(loop, std::move(on_change));
  const int status = impl->open(directory);
  // From here on, `watch` owns the handle. So the handle is closed if starting fails.
  std::unique_ptr<DirectoryWatch> watch(new DirectoryWatch(std::move(impl)));
  if (status == 0) return watch;
  std::string advice;
  if (status == UV_ENOSPC || status == UV_EMFILE)
    advice = "; raise fs.inotify.max_user_watches or max_user_instances (sysctl)";
  return fail(directory + " cannot be watched: " + error_text(status) + advice);
}

DirectoryWatch::DirectoryWatch(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

DirectoryWatch::~DirectoryWatch() {
  impl_->close();
}

}  // namespace portcullis::net
