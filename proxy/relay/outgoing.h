#pragma once

#include <cstddef>
#include <cstdint>

#include "proxy/relay/delivery.h"

namespace portcullis::relay {

// What goes out on a connection: how much of it is where, and how patient we are.
class Outgoing {
 public:
  Outgoing() = default;
  Outgoing(const Outgoing&) = delete;
  Outgoing& operator=(const Outgoing&) = delete;
  virtual ~Outgoing() = default;

  // The stream is established. From here on we have that patience with the other side; before,
  // that with strangers.
  virtual void established(const Patience& patience) = 0;

  virtual std::size_t queued() const = 0;  // octets that are not written yet
  virtual std::uint64_t sent() const = 0;  // as in Delivery, which asks the kernel, too
  virtual Delivery delivery() const = 0;   // stays true when the connection is lost or gone
  // Whether the other side may still read what is sent: after its FIN yes, after a reset no.
  virtual bool writable() const = 0;
};

}  // namespace portcullis::relay
