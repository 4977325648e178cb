// cloudtrail_writer: CloudTrail log objects, {"Records":[{…},…]}.
//
// Objects are called AWSLogs/<account>/CloudTrail/<region>/YYYY/MM/DD/
// <account>_CloudTrail_<region>_YYYYMMDDTHHMMZ_<16 characters>.json.gz. A record is a template with
// the calls of an invented account; a line of the user's goes into requestParameters.
#include <array>
#include <string>

#include <fmt/format.h>

#include "generate/format_writer.h"
#include "generate/origins.h"
#include "generate/text_template.h"
#include "generate/utc_time.h"
#include "pipeline/json_text.h"

namespace hecate::generate {
namespace {

constexpr std::string_view region = "eu-west-1";

// Up to "eventSource": who called, and when. An assumed role is the most frequent caller.
constexpr std::array<std::string_view, 3> callers = {
    R"({"eventVersion":"1.09","userIdentity":{"type":"AssumedRole","principalId":"AROA${recent upper 17}:)"
    R"(${recent user}","arn":"arn:aws:sts::123456789012:assumed-role/${recent word}-role/${recent user}","accountId":)"
    R"("123456789012","accessKeyId":"ASIA${recent upper 16}","sessionContext":{"sessionIssuer":{"type":)"
    R"("Role","principalId":"AROA${recent upper 17}","arn":"arn:aws:iam::123456789012:role/${recent word}-role",)"
    R"("accountId":"123456789012","userName":"${recent word}-role"},"attributes":{"creationDate":)"
    R"("${time iso_s}","mfaAuthenticated":"${pick false|false|true}"}}},"eventTime":"${time iso_s}",)",
    R"({"eventVersion":"1.09","userIdentity":{"type":"IAMUser","principalId":"AIDA${recent upper 17}","arn":)"
    R"("arn:aws:iam::123456789012:user/${recent user}","accountId":"123456789012","accessKeyId":)"
    R"("AKIA${recent upper 16}","userName":"${recent user}"},"eventTime":"${time iso_s}",)",
    R"({"eventVersion":"1.09","userIdentity":{"type":"AWSService","invokedBy":)"
    R"("${pick autoscaling|ecs|lambda}.amazonaws.com"},"eventTime":"${time iso_s}",)"};

// From "eventSource" to the call's results.
constexpr std::array<std::string_view, 8> calls = {
    R"("eventSource":"s3.amazonaws.com","eventName":"GetObject","awsRegion":"eu-west-1",)"
    R"("sourceIPAddress":"${recent ip}","userAgent":"[aws-cli/2.13.${int 1 30} Python/3.11]",)"
    R"("requestParameters":{"bucketName":"${recent word}-archive","key":"${recent word}/${digits 4}/${hex 8}.gz",)"
    R"("Host":"${recent word}-archive.s3.eu-west-1.amazonaws.com"},"responseElements":null,)"
    R"("additionalEventData":{"bytesTransferredOut":${int 100 900000}})",
    R"("eventSource":"sts.amazonaws.com","eventName":"AssumeRole","awsRegion":"eu-west-1",)"
    R"("sourceIPAddress":"${recent ip}","userAgent":"Boto3/1.29.${int 0 9}","requestParameters":{"roleArn":)"
    R"("arn:aws:iam::123456789012:role/${recent word}-role","roleSessionName":"${recent user}"},)"
    R"("responseElements":{"credentials":{"accessKeyId":"ASIA${recent upper 16}","expiration":)"
    R"("${time iso_s}"}})",
    R"("eventSource":"ec2.amazonaws.com","eventName":"DescribeInstances","awsRegion":"eu-west-1",)"
    R"("sourceIPAddress":"${recent ip}","userAgent":"console.amazonaws.com","requestParameters":)"
    R"({"instancesSet":{"items":[{"instanceId":"i-0${recent hex 16}"}]},"filterSet":{}},"responseElements":)"
    R"(null)",
    R"("eventSource":"ec2.amazonaws.com","eventName":"AuthorizeSecurityGroupIngress","awsRegion":)"
    R"("eu-west-1","sourceIPAddress":"${recent ip}","userAgent":"Terraform/1.6.${int 0 9}",)"
    R"("requestParameters":{"groupId":"sg-0${recent hex 16}","ipPermissions":{"items":[{"ipProtocol":"tcp",)"
    R"("fromPort":${int 22 9000},"ipRanges":{"items":[{"cidrIp":"${recent ip}/32","description":)"
    R"("\"${recent word}\" access"}]}}]}},"responseElements":{"requestId":"${uuid}","_return":true})",
    R"("eventSource":"signin.amazonaws.com","eventName":"ConsoleLogin","awsRegion":"eu-west-1",)"
    R"("sourceIPAddress":"${recent ip}","userAgent":"${recent agent}","requestParameters":null,"responseElements":)"
    R"({"ConsoleLogin":"${pick Success|Success|Failure}"},"additionalEventData":{"MFAUsed":"No"})",
    R"("eventSource":"kms.amazonaws.com","eventName":"Decrypt","awsRegion":"eu-west-1",)"
    R"("sourceIPAddress":"${recent lan}","userAgent":"aws-sdk-java/2.21","requestParameters":)"
    R"({"encryptionAlgorithm":"SYMMETRIC_DEFAULT","encryptionContext":{"${recent word}":"${recent hex 16}"}},)"
    R"("responseElements":null)",
    R"("eventSource":"iam.amazonaws.com","eventName":"CreateAccessKey","awsRegion":"us-east-1",)"
    R"("sourceIPAddress":"${recent ip}","userAgent":"aws-cli/2.13.${int 1 30}","errorCode":"AccessDenied",)"
    R"("errorMessage":"User: ${recent user} is not authorized to perform: iam:CreateAccessKey",)"
    R"("requestParameters":{"userName":"${recent user}"},"responseElements":null)",
    R"("eventSource":"lambda.amazonaws.com","eventName":"UpdateFunctionCode20150331v2","awsRegion":)"
    R"("eu-west-1","sourceIPAddress":"${recent ip}","userAgent":"aws-cdk/2.110.${int 0 9}",)"
    R"("requestParameters":{"functionName":"${recent word}-${recent word}","tags":{"owner":"${phrase}"}},)"
    R"("responseElements":{"codeSize":${int 1000 9000000},"lastModified":"${time iso_s}"})"};

constexpr std::string_view line_call_begin =
    R"("eventSource":"logs.amazonaws.com","eventName":"PutLogEvents","awsRegion":"eu-west-1",)"
    R"("sourceIPAddress":"${recent ip}","userAgent":"hecate-sample","requestParameters":{"line":)";
constexpr std::string_view line_call_end = R"(},"responseElements":null)";

constexpr std::string_view ending =
    R"(","readOnly":${pick true|false},"eventType":"AwsApiCall","managementEvent":true,)"
    R"("recipientAccountId":"123456789012","eventCategory":"Management"})";

class CloudtrailWriter final : public FormatWriter {
 public:
  explicit CloudtrailWriter(const WriterContext& context)
      : context_(context),
        name_("${upper 16}.json"),
        uuid_("${uuid}"),
        line_call_(line_call_begin),
        ending_(ending) {
    for (const std::string_view caller : callers) callers_.emplace_back(caller);
    for (const std::string_view call : calls) calls_.emplace_back(call);
  }

  std::string begin_object(std::int64_t now_ms) override {
    std::string path = fmt::format("AWSLogs/{}/CloudTrail/{}/", sample_account, region);
    append_time(path, now_ms, TimeStyle::day_path);
    path += fmt::format("/{}_CloudTrail_{}_", sample_account, region);
    append_time(path, now_ms, TimeStyle::minute_key);
    path += '_';
    name_.expand(path, context_.random, now_ms, 0);
    if (!context_.options.plain) path += ".gz";
    first_record_ = true;
    return path;
  }

  void write_head(ObjectFile& object) override { object.append(R"({"Records":[)"); }

  Status write_event(ObjectFile& object, std::int64_t now_ms, ExpectedEvent& expected) override {
    Random& random = context_.random;
    std::string& record = expected.message;
    record.clear();
    const std::uint64_t caller = random.below(8);
    callers_[caller < 6 ? 0 : caller - 5].expand(record, random, now_ms, 0);
    if (Status written = append_call(record, now_ms); !written) return written;
    record += R"(,"requestID":")";
    uuid_.expand(record, random, now_ms, 0);
    record += R"(","eventID":")";
    expected.id.clear();
    uuid_.expand(expected.id, random, now_ms, 0);
    record += expected.id;
    ending_.expand(record, random, now_ms, 0);
    expected.timestamp_ms = now_ms / 1000 * 1000;
    expected.log_group.clear();
    expected.log_stream.clear();
    if (!first_record_) object.append(",");
    first_record_ = false;
    object.append(record);
    return {};
  }

  void write_tail(ObjectFile& object) override { object.append("]}"); }

 private:
  Status append_call(std::string& record, std::int64_t now_ms) {
    Random& random = context_.random;
    if (context_.options.lines.empty()) {
      // More than half of what an account does is reading objects.
      const std::uint64_t call = random.below(2 * calls_.size());
      calls_[call < calls_.size() ? call : 0].expand(record, random, now_ms, 0);
      return {};
    }
    if (Status made = context_.feed.next(line_, 0, now_ms); !made) return made;
    line_call_.expand(record, random, now_ms, 0);
    append_json_string(record, line_);
    record += line_call_end;
    return {};
  }

  WriterContext context_;
  TextTemplate name_;
  TextTemplate uuid_;
  TextTemplate line_call_;
  TextTemplate ending_;
  std::vector<TextTemplate> callers_;
  std::vector<TextTemplate> calls_;
  bool first_record_ = true;
  std::string line_;
};

}  // namespace

std::unique_ptr<FormatWriter> make_cloudtrail_writer(const WriterContext& context) {
  return std::make_unique<CloudtrailWriter>(context);
}

}  // namespace hecate::generate
