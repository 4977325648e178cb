#include "stages/parser.h"

namespace hecate {

const Context* ContextTable::find_or_add(Context context) {
  key_.clear();
  for (const std::string* part :
       {&context.owner, &context.log_group, &context.log_stream, &context.uri, &context.identity}) {
    key_.append(*part).append(1, '\0');
  }
  std::unique_ptr<Context>& slot = contexts_[key_];
  if (!slot) {
    context.serial = ++serial_;
    slot = std::make_unique<Context>(std::move(context));
  }
  return slot.get();
}

const Context* ContextTable::of_document(std::string owner, std::string log_group,
                                         std::string log_stream) {
  Context context;
  context.owner = std::move(owner);
  context.log_group = std::move(log_group);
  context.log_stream = std::move(log_stream);
  return find_or_add(std::move(context));
}

const Context* ContextTable::of_object(const Envelope& envelope, std::string log_stream) {
  Context context;
  context.log_stream = std::move(log_stream);
  context.uri = envelope.uri;
  context.identity = envelope.identity;
  context.folder = envelope.folder;
  return find_or_add(std::move(context));
}

std::uint32_t context_index(Batch& batch, const Context* context) {
  if (batch.contexts.empty() || batch.contexts.back() != context) batch.contexts.push_back(context);
  return static_cast<std::uint32_t>(batch.contexts.size() - 1);
}

std::uint8_t plain_text_flags(std::uint8_t seen) noexcept {
  std::uint8_t flags = 0;
  if ((seen & (Seen::control | Seen::quote)) != 0) flags |= EventFlags::special;
  if ((seen & Seen::backslash) != 0) flags |= EventFlags::backslash;
  if ((seen & Seen::non_ascii) != 0) flags |= EventFlags::non_ascii;
  return flags;
}

}  // namespace hecate
