#pragma once

#include <string>
#include <string_view>

namespace portcullis::test {

// The absolute path of a file of this source tree. Only one source knows where the tree is: all
// others compile to the same bytes in every tree, so that a compiler's cache serves them all.
std::string in_source_tree(std::string_view path);

}  // namespace portcullis::test
