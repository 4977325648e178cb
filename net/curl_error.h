// curl_error: libcurl's error codes in hecate's words.
//
// The one place where a CURLcode becomes an Error: what may work later is transient, what a person
// has to mend (certificates, URLs) is not. Messages name the server, never a path or a header.
#pragma once

#include <string>
#include <string_view>

#include <curl/curl.h>

#include "pipeline/result.h"

namespace hecate {

/// `where` is for the message, `detail` is curl's own text; may be empty.
Error translate_curl_error(CURLcode code, std::string_view where, std::string_view detail);

/// Scheme, host and port of a URL, without user name, path and query.
std::string server_of(std::string_view url);

}  // namespace hecate
