#include "proxy/net/error_text.h"

#include <uv.h>

namespace portcullis::net {

std::string error_text(int uv_error) {
  return uv_strerror(uv_error);
}

}  // namespace portcullis::net
