// services: the invented services whose logs the generator writes.
//
// A service has a log group, log streams and a handful of weighted message templates; the weights
// make noise frequent and trouble rare, as in life. The texts are our own, in the shapes of
// well-known programs, so that classification rules written for real logs find something here.
// Adding a service is adding an entry to services.cc.
#pragma once

#include <span>
#include <string_view>

namespace hecate::generate {

struct MessageTemplate {
  unsigned weight = 1;
  std::string_view text;  // see text_template.h
};

struct Service {
  std::string_view name;
  unsigned weight = 1;
  std::string_view log_group;   // a template
  std::string_view log_stream;  // a template with enough randomness to be unique
  std::span<const MessageTemplate> messages;
  // False where a message may begin with a brace or an ISO time, by which a reader would take an
  // archive of plain lines for another format.
  bool plain_lines = true;
};

/// All services, in a fixed order.
std::span<const Service> all_services() noexcept;

}  // namespace hecate::generate
