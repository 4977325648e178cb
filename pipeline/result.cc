#include "pipeline/result.h"

namespace hecate {

std::string_view errc_name(Errc code) noexcept {
  switch (code) {
    case Errc::usage:
      return "usage";
    case Errc::not_found:
      return "not_found";
    case Errc::denied:
      return "denied";
    case Errc::bad_object:
      return "bad_object";
    case Errc::bad_document:
      return "bad_document";
    case Errc::too_large:
      return "too_large";
    case Errc::transient:
      return "transient";
    case Errc::auth:
      return "auth";
    case Errc::storage:
      return "storage";
    case Errc::locked:
      return "locked";
    case Errc::corrupt_state:
      return "corrupt_state";
    case Errc::interrupted:
      return "interrupted";
    case Errc::internal:
      return "internal";
  }
  return "internal";
}

}  // namespace hecate
