// A failure that nobody looks at.
// expect: nodiscard
#include "pipeline/result.h"

hecate::Status save();

hecate::Status save_twice() {
#ifdef WRONG
  save();
#else
  if (hecate::Status saved = save(); !saved) return saved;
#endif
  return save();
}
