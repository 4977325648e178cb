// result: how hecate's functions fail.
//
// Every function that can fail returns Result<T> or Status. An Error is a code, which decides what
// happens next, and a sentence for the user: what, where, what to do. Foreign errors (errno, curl,
// SQLite, exceptions of libraries) are translated once, where they enter. Bugs do not travel this
// way: see check.h. Bad events do not either: they are data (batch.h).
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <tl/expected.hpp>

namespace hecate {

/// What kind of failure, in the only distinction callers act upon.
enum class Errc {
  usage,          ///< wrong command line or configuration; nothing was read; exit 2
  not_found,      ///< a source, file or key is not there
  denied,         ///< the world says no: permissions, credentials
  bad_object,     ///< an input object is damaged or of no known kind; it is dead-lettered
  bad_document,   ///< one document inside an object is damaged; the rest goes on
  too_large,      ///< a bound of limits.h was met by input
  transient,      ///< may work later: network, busy, throttled
  auth,           ///< the HEC token was refused; hold, exit 3
  storage,        ///< the checkpoint, the dead letters or the output cannot be written; exit 3
  locked,         ///< another run holds the checkpoint
  corrupt_state,  ///< a file of hecate's own (checkpoint, dead letters) is damaged
  interrupted,    ///< stopped by a signal or a deadline; resumable
  internal,       ///< a library failed in a way we have no better word for
};

/// The name of a code, for logs and JSON ("bad_object").
std::string_view errc_name(Errc code) noexcept;

struct Error {
  Errc code = Errc::internal;
  std::string message;  ///< for people; never a payload, never a token
};

/// A value or an Error. A class of its own so that a result cannot be dropped unread.
template <typename T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;
};
using Status = Result<void>;

/// Makes the failing side of any Result.
inline tl::unexpected<Error> fail(Errc code, std::string message) {
  return tl::unexpected<Error>(Error{code, std::move(message)});
}
/// Passes an error on, unchanged, from a Result of another type.
inline tl::unexpected<Error> fail(Error error) {
  return tl::unexpected<Error>(std::move(error));
}

}  // namespace hecate
