#pragma once

#include <string>

namespace portcullis::app {

// What has a shell complete our command line; whole files, as a package installs them.
std::string bash_completion();
std::string zsh_completion();
std::string fish_completion();

}  // namespace portcullis::app
