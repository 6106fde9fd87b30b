#include "tests/support/source_tree.h"

namespace portcullis::test {

std::string in_source_tree(std::string_view path) {
  return std::string(PORTCULLIS_SOURCE_DIR "/").append(path);
}

}  // namespace portcullis::test
