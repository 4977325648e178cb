// detect_format: what an object's text is, told by its first bytes and never by its name.
//
// Also tells what is no log at all (images, archives, executables, UTF-16): those are refused with
// a sentence that names what was found, instead of being sent to Splunk as garbage.
#pragma once

#include <optional>
#include <string_view>

#include "pipeline/envelope.h"
#include "pipeline/result.h"
#include "stages/simd/scan.h"

namespace hecate {

/// The format of `text`, the beginning of an object. Nothing when more text is needed to tell,
/// which never happens at_end. Errc::bad_object when this is no log.
Result<std::optional<Format>> detect_format(std::string_view text, bool at_end,
                                            const ScanKernels& kernels);

/// "cloudwatch", "cloudwatch-export", ... and back.
std::string_view format_name(Format format) noexcept;
std::optional<Format> format_from_name(std::string_view name) noexcept;

}  // namespace hecate
