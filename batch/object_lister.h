// object_lister: the objects of a run, one after another.
//
// A port: files, and whatever else can be listed, come to the runner as the same sequence. Lazy:
// the next object is looked for when it is asked for, so a run may start on an archive of any size.
#pragma once

#include <optional>

#include "pipeline/envelope.h"
#include "pipeline/result.h"

namespace hecate {

/// An object, or a place that could not be looked at.
struct Listed {
  Envelope object;             ///< with an error: only the uri, which names the place
  std::optional<Error> error;  ///< why the place is left out; the listing goes on behind it
};

/// Not thread-safe.
class ObjectLister {
 public:
  virtual ~ObjectLister() = default;
  /// The next one; nothing at the end. An Error: the listing cannot go on.
  virtual Result<std::optional<Listed>> next() = 0;
};

}  // namespace hecate
