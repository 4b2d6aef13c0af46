#pragma once

#include <napi.h>

namespace etherloom {

// Adds netnsOpen, netnsAdopt, netnsCreate, netnsOpenNamed, netnsCreateNamed and netnsDeleteNamed to the addon's
// exports.
void DefineNetns(Napi::Env env, Napi::Object exports);

}  // namespace etherloom
