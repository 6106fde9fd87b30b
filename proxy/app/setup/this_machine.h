#pragma once

#include <chrono>
#include <string>

#include "proxy/base/domain_name.h"

namespace portcullis::app {

// Whether more than one person can log in here, by the list of users that this machine has.
bool others_have_accounts();

// "20261128-114210", for the names of copies.
std::string stamp_text(std::chrono::sys_seconds time);

}  // namespace portcullis::app
