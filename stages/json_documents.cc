#include "stages/json_documents.h"

#include <algorithm>

#include "pipeline/limits.h"

namespace hecate {

void JsonDocuments::open(ByteReader& text) {
  window_.open(text);
  used_by_last_ = 0;
  lost_ = false;
  line_ = 1;
  count_ = 0;
}

std::optional<JsonDocument> JsonDocuments::next() {
  use(used_by_last_);
  used_by_last_ = 0;
  if (lost_) find_next_line();
  if (!skip_space()) return std::nullopt;
  JsonDocument document;
  document.line = line_;
  document.number = ++count_;
  if (window_.text().front() != '{') {
    document.problem = "it is no JSON object";
    lost_ = true;
    return document;
  }
  const Scan found = scan();
  document.problem = found.problem;
  lost_ = !found.problem.empty();
  if (!lost_) document.text = window_.text().substr(0, found.size);
  used_by_last_ = found.size;
  return document;
}

// At a '{': looks for the '}' that belongs to it.
JsonDocuments::Scan JsonDocuments::scan() {
  std::size_t at = 0;
  int depth = 0;
  bool in_string = false;
  bool escaped = false;
  while (true) {
    for (const std::string_view text = window_.text(); at < text.size(); ++at) {
      const char c = text[at];
      if (in_string) {
        if (c == '\n') return {at, "its line ends within a string"};
        if (!escaped && c == '"') in_string = false;
        escaped = !escaped && c == '\\';
        continue;
      }
      if (c == '"') {
        in_string = true;
      } else if (c == '{' || c == '[') {
        // The line break stays, so that this line is the next to be found.
        if (at > 0 && text[at - 1] == '\n' && c == '{')
          return {at - 1, "it ends before it is complete"};
        if (++depth > limits::json_depth_max) return {at, "it is nested too deep"};
      } else if (c == '}' || c == ']') {
        if (--depth == 0) return {at + 1, {}};
      }
    }
    if (window_.at_end()) return {at, "it ends before it is complete"};
    if (window_.full()) return {at, "it is larger than any dead letter can be"};
    window_.read_more();
  }
}

void JsonDocuments::use(std::size_t bytes) {
  const std::string_view text = window_.text().substr(0, bytes);
  line_ += static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
  window_.use(bytes);
}

// Goes to the next line that begins with '{', or to the end.
void JsonDocuments::find_next_line() {
  lost_ = false;
  while (true) {
    const std::string_view text = window_.text();
    if (const std::size_t at = text.find("\n{"); at != std::string_view::npos) return use(at + 1);
    if (window_.at_end()) return use(text.size());
    use(text.ends_with('\n') ? text.size() - 1 : text.size());
    window_.read_more();
  }
}

// False at the end.
bool JsonDocuments::skip_space() {
  while (true) {
    const std::string_view text = window_.text();
    const std::size_t at = text.find_first_not_of(" \t\r\n");
    if (at != std::string_view::npos) {
      use(at);
      return true;
    }
    use(text.size());
    if (window_.at_end()) return false;
    window_.read_more();
  }
}

}  // namespace hecate
