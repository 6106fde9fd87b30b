#include <netdb.h>
#include <uv.h>

#include <utility>

#include "proxy/net/resolver.h"

namespace portcullis::net {
namespace {

using Addresses = EndpointAddresses;
using Done = std::function<void(Addresses)>;

// Lives until libuv or the loop has called back; `done` is empty once the look-up is cancelled.
struct Request : std::enable_shared_from_this<Request> {
  Request(Loop& on_loop, Endpoint which, Done callback)
      : loop(on_loop),
        owner(on_loop.owner()),
        endpoint(std::move(which)),
        done(std::move(callback)) {}

  void start();
  void answer(Addresses addresses) {
    if (done) std::exchange(done, nullptr)(std::move(addresses));
  }

  static void on_names(uv_getaddrinfo_t* request, int status, addrinfo* list);

  Loop& loop;
  const Loop::OwnerPtr owner;
  Endpoint endpoint;
  Done done;
  uv_getaddrinfo_t names{};
  bool running = false;
  std::shared_ptr<Request> until_answered;
};

Addresses collect(const Endpoint& endpoint, int status, const addrinfo* list) {
  if (status != 0)
    return tl::unexpected(
        EndpointError({"the name \"" + endpoint.host + "\" has no address: " + uv_strerror(status) +
                       "; write an IP address or make the name known to this machine"},
                      status == UV_EAI_NONAME || status == UV_EAI_NODATA));
  std::vector<SocketAddress> out;
  for (; list != nullptr; list = list->ai_next) out.push_back(SocketAddress::from(list->ai_addr));
  return out;
}

void Request::start() {
  const auto literal = SocketAddress::from(endpoint);
  int status = 0;
  if (!literal) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    names.data = this;
    status = uv_getaddrinfo(loop.raw(), &names, &on_names, endpoint.host.c_str(),
                            std::to_string(endpoint.port).c_str(), &hints);
    running = status == 0;
    if (running) {
      until_answered = shared_from_this();
      return;
    }
  }
  loop.defer([self = shared_from_this(), literal, status] {
    self->answer(literal ? Addresses(std::vector{*literal})
                         : collect(self->endpoint, status, nullptr));
  });
}

void Request::on_names(uv_getaddrinfo_t* request, int status, addrinfo* list) {
  const auto self = std::exchange(static_cast<Request*>(request->data)->until_answered, nullptr);
  self->running = false;
  const std::unique_ptr<addrinfo, decltype(&uv_freeaddrinfo)> owned(list, &uv_freeaddrinfo);
  self->loop.enter(self->owner,
                   [&] { self->answer(collect(self->endpoint, status, owned.get())); });
}

class EndpointLookup : public Resolver::Lookup {
 public:
  EndpointLookup(Loop& loop, const Endpoint& endpoint, Done done)
      : request_(std::make_shared<Request>(loop, endpoint, std::move(done))) {
    request_->start();
  }
  EndpointLookup(const EndpointLookup&) = delete;
  EndpointLookup& operator=(const EndpointLookup&) = delete;
  ~EndpointLookup() override {
    request_->done = nullptr;
    // If a thread already works on it, it goes on, and its result is ignored.
    if (request_->running) uv_cancel(reinterpret_cast<uv_req_t*>(&request_->names));
  }

 private:
  std::shared_ptr<Request> request_;
};

}  // namespace

std::unique_ptr<Resolver::Lookup> Resolver::resolve_endpoint(Loop& loop, const Endpoint& endpoint,
                                                             Done done) {
  return std::make_unique<EndpointLookup>(loop, endpoint, std::move(done));
}

}  // namespace portcullis::net
