#include "proxy/net/error_text.h"

#include <uv.h>

namespace portcullis::net {

std::string error_text(int uv_error) {
  return uv_strerror(uv_error);
}

bool is_out_of_descriptors(int uv_error) {
  return uv_error == UV_EMFILE || uv_error == UV_ENFILE;
}

bool leaves_last_words(int uv_write_error) {
  return uv_write_error == UV_EPIPE || uv_write_error == UV_ECONNRESET ||
         uv_write_error == UV_ECONNABORTED || uv_write_error == UV_ETIMEDOUT;
}

}  // namespace portcullis::net
