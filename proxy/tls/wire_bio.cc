#include "proxy/tls/wire_bio.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>
#include <string>

#include "certs/x509/openssl_ptr.h"

namespace portcullis::tls {
namespace {

using BioMethodPtr = std::unique_ptr<BIO_METHOD, certs::Deleter<&BIO_meth_free>>;

int read_wire(BIO* bio, char* buffer, std::size_t size, std::size_t* done) {
  auto* view = static_cast<WireView*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (view->in.empty()) {
    BIO_set_retry_read(bio);
    return 0;
  }
  *done = std::min(size, view->in.size());
  std::memcpy(buffer, view->in.data(), *done);
  view->in.remove_prefix(*done);
  return 1;
}

int write_wire(BIO* bio, const char* data, std::size_t size, std::size_t* done) {
  auto* view = static_cast<WireView*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (view->out == nullptr) return 0;
  try {
    view->out->append(data, size);
  } catch (const std::bad_alloc&) {
    return 0;  // the session fails; no exception may pass through OpenSSL
  }
  *done = size;
  return 1;
}

long control_wire(BIO*, int command, long, void*) {
  // Nothing is buffered here, so flushing always succeeds; every other command is unknown.
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BioMethodPtr make_method() {
  BioMethodPtr method(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "wire"));
  if (!method || BIO_meth_set_read_ex(method.get(), &read_wire) != 1 ||
      BIO_meth_set_write_ex(method.get(), &write_wire) != 1 ||
      BIO_meth_set_ctrl(method.get(), &control_wire) != 1) {
    return nullptr;
  }
  return method;
}

}  // namespace

BIO* new_wire_bio(WireView* view) {
  static const BioMethodPtr method = make_method();  // a constant table, not state
  BIO* bio = method ? BIO_new(method.get()) : nullptr;
  if (bio == nullptr) return nullptr;
  BIO_set_data(bio, view);
  BIO_set_init(bio, 1);
  return bio;
}

}  // namespace portcullis::tls
