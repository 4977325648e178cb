// fuzz_hec_answer: no answer, however odd, proves more than it says.
//
// Input: a line of choices (two bytes status, two bytes number of events, three bytes size of the
// body, a byte of settings), a line of Retry-After, then the body of the answer.
#include "stages/hec_answer.h"
#include "tests/fuzz/support.h"

namespace hecate::fuzz {
namespace {

int status_of(std::uint64_t number) {
  constexpr int common[] = {200, 200, 200, 400, 400, 401, 403, 408, 413, 415, 429, 500, 503};
  return number < std::size(common) ? common[number] : static_cast<int>(number % 1000);
}

// An answer that is cut off, or has something before or behind it, has other ends than braces.
bool has_braces(std::string_view body) {
  constexpr std::string_view white = " \t\r\n";
  const std::size_t first = body.find_first_not_of(white);
  return first != body.npos && body[first] == '{' && body[body.find_last_not_of(white)] == '}';
}

void check_accepted(const HecVerdict& verdict, const HecSent& sent, bool acks) {
  require(verdict.http_status == 200, "only status 200 accepts");
  require(verdict.hec_code == 0 || verdict.hec_code == 24 || verdict.hec_code == 25,
          "only codes 0, 24 and 25 accept");
  require(verdict.slow_down == (verdict.hec_code != 0), "codes 24 and 25 ask to slow down");
  require(verdict.ack_id.has_value() == acks, "an ack is there exactly when one is expected");
  require(verdict.delivered.events() == (acks ? 0 : sent.events),
          "accepted is delivered, unless it is to be confirmed");
}

void check_refused(const HecVerdict& verdict, const HecSent& sent, bool trusts_head) {
  require(verdict.http_status == 400, "only status 400 names an event");
  require(verdict.culprit < sent.events, "the culprit is one of those sent");
  const std::size_t head = trusts_head && sent.events > 1 ? verdict.culprit : 0;
  require(verdict.delivered.events() == head, "the head is delivered only where it is trusted");
}

void run(FuzzInput input) {
  FuzzInput choices = input;
  const int status = status_of(choices.number(2));
  const HecSent sent{static_cast<std::size_t>(choices.number(2) % 20'000 + 1),
                     static_cast<std::size_t>(choices.number(3))};
  const std::uint8_t settings = choices.byte();
  const bool acks = (settings & 1) != 0;
  const OnPartial on_partial = (settings & 2) != 0 ? OnPartial::resend : OnPartial::trust;
  input.line();
  std::optional<std::string> retry_after(input.line());
  if ((settings & 4) == 0) retry_after.reset();
  const std::string_view body = input.rest();

  const HecAnswerReader reader(on_partial, acks);
  const HecVerdict verdict = reader.read(status, body, retry_after, sent, 1'700'000'000'000);
  require(verdict.delivered.events() <= sent.events, "no more is delivered than was sent");
  require(verdict.http_status == status, "the status is passed on");
  if (verdict.hec_code) require(has_braces(body), "only a whole body has a code", body);
  if (verdict.retry_after) {
    require(retry_after.has_value(), "nobody waits unasked");
    require(verdict.retry_after->count() >= 0 && *verdict.retry_after <= limits::retry_after_max,
            "a wait is within its bound");
  }
  if (verdict.meaning == HecMeaning::accepted) {
    check_accepted(verdict, sent, acks);
  } else if (verdict.meaning == HecMeaning::refused_one) {
    check_refused(verdict, sent, on_partial == OnPartial::trust && !acks);
  } else {
    require(verdict.delivered.events() == 0, "nothing else delivers anything");
    require(!verdict.ack_id, "nothing else is to be confirmed");
  }
  require(is_utf8(describe_hec_answer(status, verdict.hec_code)), "it can be told");
}

}  // namespace
}  // namespace hecate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  hecate::fuzz::run(hecate::fuzz::FuzzInput(data, size));
  return 0;
}
