#pragma once

#include <string_view>

#include "proxy/setup/server_facts.h"
#include "proxy/setup/xml_settings.h"

namespace portcullis::setup {

// What openfire.xml says. Since its first start Openfire keeps most settings in its database, its
// domain often among them; `notes` says so.
ServerFacts openfire_facts(const XmlSettings& settings);

// What jabberd2's c2s.xml or sm.xml says; the settings of both may be given one behind the other.
ServerFacts jabberd2_facts(const XmlSettings& settings);

}  // namespace portcullis::setup
