// services: the tables; see the header and, for the holes, text_template.h.
//
// Two rules for texts: no line of a message begins with an ISO-8601 time ending in "Z ", because an
// export archive would take it for the next event; and quotes inside JSON messages are written
// escaped, because templates are expanded as they stand.
#include "generate/services.h"

#include <array>

namespace hecate::generate {
namespace {

constexpr std::array lambda_payment = std::to_array<MessageTemplate>({
    {14, "START RequestId: ${recent uuid} Version: $LATEST\n"},
    {14, "END RequestId: ${recent uuid}\n"},
    {14,
     "REPORT RequestId: ${recent uuid}\tDuration: ${int 2 2900}.${digits 2} ms\tBilled Duration: "
     "${int 3 2901} ms\tMemory Size: 512 MB\tMax Memory Used: ${int 80 480} MB\t\n"},
    {1,
     "REPORT RequestId: ${recent uuid}\tDuration: ${int 2 2900}.${digits 2} ms\tBilled Duration: "
     "${int 3 2901} ms\tMemory Size: 512 MB\tMax Memory Used: ${int 80 480} MB\tInit Duration: "
     "${int 150 900}.${digits 2} ms\t\n"},
    {1,
     "INIT_START Runtime Version: nodejs:18.v${int 10 40}\tRuntime Version ARN: "
     "arn:aws:lambda:eu-west-1::runtime:${recent hex 64}\n"},
    {24,
     "${time iso_ms}\t${recent uuid}\tINFO\tcharge ${word}-${recent digits 6} authorised${tail}\n"},
    {6,
     "${time iso_ms}\t${recent uuid}\tINFO\tcard ${card} amount=${int 1 900}.${digits 2} "
     "EUR${tail}\n"},
    {4,
     "${time iso_ms}\t${recent uuid}\tWARN\tpayment declined for ${recent email}: code=${int 1 "
     "99}${tail}\n"},
    {2,
     "${time iso_ms}\t${recent uuid}\tERROR\tUnhandledPromiseRejection: gateway said ${int 500 "
     "504} "
     "for ${path}${tail}\n"},
    {1, "${time iso_ms} ${recent uuid} Task timed out after ${int 3 30}.${digits 2} seconds\n\n"},
    {1,
     "RequestId: ${recent uuid} Error: Runtime exited with error: signal: "
     "killed\nRuntime.ExitError\n"},
});

constexpr std::array lambda_json = std::to_array<MessageTemplate>({
    {30,
     R"({"level":"INFO","location":"handler:${int 10 90}","message":"processed ${word} ${recent digits 6}",)"
     R"("timestamp":"${time iso_ms}","service":"inventory","function_request_id":"${recent uuid}",)"
     R"("xray_trace_id":"1-${recent hex 8}-${recent hex 24}"${json_tail}})"},
    {8,
     R"({"level":"DEBUG","message":"query \"select * from ${word} where id = '${digits 5}'\" took )"
     R"(${int 1 90} ms","timestamp":"${time iso_ms}","service":"inventory"${json_tail}})"},
    {3,
     R"({"level":"ERROR","message":"could not reserve ${word}","exception":"Traceback (most recent )"
     R"(call last):\n  File \"/var/task/app.py\", line ${int 10 300}, in handler\n    )"
     R"(reserve(event[\"${word}\"])\nKeyError: '${word}'","exception_name":"KeyError",)"
     R"("timestamp":"${time iso_ms}","function_request_id":"${recent uuid}"${json_tail}})"},
    {2,
     R"({"level":"WARNING","message":"ThrottlingException: Rate exceeded, retry ${int 1 9}",)"
     R"("timestamp":"${time iso_ms}","service":"inventory","path":"C:\\data\\${word}\\${digits 4}"})"},
    {2, R"({"level":"INFO","message":"${phrase}","timestamp":"${time iso_ms}",)"
        R"("service":"inventory","customer":"${recent email}"${json_tail}})"},
});

constexpr std::array node_json = std::to_array<MessageTemplate>({
    {30,
     R"({"level":30,"time":${time epoch_ms},"pid":${int 1 99},"hostname":"${recent host}","req":{"id":)"
     R"("${recent uuid}","method":"${pick GET|GET|POST|PUT}","url":"${path}","remoteAddress":"${recent ip}"},)"
     R"("responseTime":${int 1 900},"msg":"request completed"${json_tail}})"},
    {6,
     R"({"level":50,"time":${time epoch_ms},"pid":${int 1 99},"hostname":"${recent host}","err":{"type":)"
     R"("Error","message":"connect ECONNREFUSED ${recent lan}:5432","stack":"Error: connect ECONNREFUSED)"
     R"(\n    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:${int 1000 1600}:16)\n    at )"
     R"(/srv/app/dist/${word}.js:${int 1 400}:${int 1 80}"},"msg":"request errored"${json_tail}})"},
    {4,
     R"({"level":40,"time":${time epoch_ms},"msg":"upstream answered with a body we cannot read",)"
     R"("body":"{\"error\":{\"code\":${int 400 599},\"detail\":\"${word} \\\"${word}\\\"\"}}"})"},
    {3, R"({"level":20,"time":${time epoch_ms},"msg":"GET ${path} Authorization: Bearer )"
        R"(eyJhbGciOiJub25lIn0.${recent alnum 40}","hostname":"${recent host}"})"},
    {2, R"({"level":30,"time":${time epoch_ms},"review":"${phrase}","stars":${int 1 5}})"},
});

constexpr std::array bastion = std::to_array<MessageTemplate>({
    {12,
     "${time syslog} ${recent host} sshd[${recent int 900 32000}]: Failed password for ${recent "
     "user} from ${recent ip} port "
     "${int 1024 65535} ssh2"},
    {10,
     "${time syslog} ${recent host} sshd[${recent int 900 32000}]: Failed password for invalid "
     "user ${recent user} from "
     "${recent ip} port ${int 1024 65535} ssh2"},
    {8,
     "${time syslog} ${recent host} sshd[${recent int 900 32000}]: Invalid user ${word} from "
     "${recent ip}"},
    {10,
     "${time syslog} ${recent host} sshd[${recent int 900 32000}]: Connection closed by ${recent "
     "ip} port "
     "${int 1024 65535} [preauth]"},
    {6,
     "${time syslog} ${recent host} sshd[${recent int 900 32000}]: Accepted publickey for ${recent "
     "user} from ${recent ip} "
     "port "
     "${int 1024 65535} ssh2: ED25519 SHA256:${recent alnum 43}"},
    {2,
     "${time syslog} ${recent host} sshd[${recent int 900 32000}]: reverse mapping checking "
     "getaddrinfo for "
     "${word}.example.net [${recent ip}] failed - POSSIBLE BREAK-IN ATTEMPT!"},
    {6,
     "${time syslog} ${recent host} sudo:   ${recent user} : TTY=pts/${int 0 9} ; "
     "PWD=/home/${recent user} ; USER=root "
     "; "
     "COMMAND=/usr/bin/systemctl restart ${word}"},
    {2,
     "${time syslog} ${recent host} sudo: pam_unix(sudo:auth): authentication failure; "
     "logname=${recent user} "
     "uid=${int 1000 1100} euid=0 tty=/dev/pts/${int 0 9} ruser=${recent user} rhost=  "
     "user=${recent user}"},
    {1,
     "${time syslog} ${recent host} sudo:   ${recent user} : user NOT in sudoers ; TTY=pts/${int 0 "
     "9} ; PWD=/tmp "
     "; "
     "USER=root ; COMMAND=/bin/bash"},
    {8,
     "${time syslog} ${recent host} CRON[${recent int 900 32000}]: (root) CMD "
     "(/usr/local/bin/rotate-${word}.sh)"},
    {1,
     "${time syslog} ${recent host} useradd[${recent int 900 32000}]: new user: "
     "name=${word}${digits 2}, "
     "UID=${int 1000 1100}, GID=100, home=/home/${word}, shell=/bin/bash, from=/dev/pts/1"},
});

constexpr std::array web_access = std::to_array<MessageTemplate>({
    {40,
     "${recent ip} - - [${time common_log}] \"${pick GET|GET|GET|POST|HEAD} ${path} HTTP/1.1\" "
     "${pick 200|200|200|304|302} ${int 0 90000} \"-\" \"${recent agent}\""},
    {6,
     "${recent ip} - ${recent user} [${time common_log}] \"POST /api/v2/orders HTTP/2.0\" 201 "
     "${int 90 900} "
     "\"https://shop.example.com${path}\" \"${recent agent}\""},
    {7,
     "${recent ip} - - [${time common_log}] \"GET ${path} HTTP/1.1\" ${pick 401|403|404|404|429} "
     "${int 100 600} \"-\" \"${recent agent}\""},
    {3,
     "${recent ip} - - [${time common_log}] \"POST ${path} HTTP/1.1\" ${pick 500|502|503|504} "
     "${int 100 600} \"-\" \"${recent agent}\""},
    {10,
     "${recent lan} - - [${time common_log}] \"GET /healthz HTTP/1.1\" 200 2 \"-\" "
     "\"kube-probe/1.28\""},
    {2,
     "${time slashed} [error] ${int 10 40}#${int 10 40}: *${recent digits 6} upstream timed out "
     "(110: "
     "Connection timed out) while reading response header from upstream, client: ${recent ip}, "
     "server: "
     "shop.example.com, request: \"GET ${path} HTTP/1.1\", upstream: "
     "\"http://${recent lan}:8080${path}\""},
    {1, "[${time apache}] [error] [client ${recent ip}] File does not exist: /var/www/html${path}"},
    {1, "[${time apache}] [error] mod_jk child workerEnv in error state ${int 1 9}"},
});

constexpr std::array java_orders = std::to_array<MessageTemplate>({
    {40,
     "${time comma_ms} INFO  [http-nio-8080-exec-${int 1 20}] c.e.orders.${recent class} - ${word} "
     "${recent digits 8} accepted${tail}"},
    {14,
     "${time comma_ms} DEBUG [http-nio-8080-exec-${int 1 20}] c.e.orders.${recent class} - ${word} "
     "took "
     "${int 1 400} ms${tail}"},
    {8,
     "${time comma_ms} WARN  [scheduler-${int 1 4}] c.e.orders.${recent class} - slow "
     "${word}${tail}"},
    {6,
     "${time comma_ms} ERROR [http-nio-8080-exec-${int 1 20}] c.e.orders.${recent class} - cannot "
     "save "
     "${word} ${recent digits 8}\njava.lang.IllegalStateException: ${word} is "
     "closed${frames}\nCaused by: "
     "java.sql.SQLTransientConnectionException: orders-pool - Connection is not available, request "
     "timed out after ${int 5000 30000}ms.\n\t... ${int 20 60} more"},
    {2,
     "${time comma_ms} ERROR [main] c.e.orders.${recent class} - \"${word}\" not found in "
     "'${word}'\njava.util.NoSuchElementException: No value present${frames}"},
    {1,
     "Exception in thread \"pool-${int 1 9}-thread-1\" java.lang.OutOfMemoryError: Java heap "
     "space${frames}"},
});

constexpr std::array postgres = std::to_array<MessageTemplate>({
    {20,
     "${time postgres}:${recent lan}(${recent int 30000 60000}):orders@orders:[${recent int 100 "
     "30000}]:LOG:  duration: "
     "${int 1 90}.${digits 3} ms  statement: SELECT * FROM ${word} WHERE id = ${recent digits 6}"},
    {4,
     "${time postgres}:${recent lan}(${recent int 30000 60000}):orders@orders:[${recent int 100 "
     "30000}]:LOG:  duration: "
     "${int 1000 90000}.${digits 3} ms  execute <unnamed>: UPDATE ${word} SET state = 'done' WHERE "
     "${word}_id = $1${tail}"},
    {3,
     "${time postgres}:${recent lan}(${recent int 30000 60000}):orders@orders:[${recent int 100 "
     "30000}]:ERROR:  "
     "duplicate "
     "key value violates unique constraint \"${word}_pkey\"\n\tDETAIL:  Key (id)=(${recent digits "
     "6}) "
     "already exists."},
    {1,
     "${time postgres}:${recent lan}(${recent int 30000 60000}):orders@orders:[${recent int 100 "
     "30000}]:ERROR:  "
     "deadlock "
     "detected at character ${int 10 90}"},
    {1,
     "${time postgres}:${recent lan}(${recent int 30000 60000}):${recent user}@orders:[${recent "
     "int 100 30000}]:FATAL:  "
     "password "
     "authentication failed for user \"${recent user}\""},
    {1,
     "${time postgres}::@:[${recent int 100 30000}]:FATAL:  remaining connection slots are "
     "reserved for "
     "non-replication superuser connections"},
    {6,
     "${time postgres}::@:[${int 100 900}]:LOG:  checkpoint complete: wrote ${int 10 9000} buffers "
     "(${int 0 9}.${int 0 9}%); 0 WAL file(s) added, 0 removed, ${int 0 9} recycled"},
});

constexpr std::array kubernetes = std::to_array<MessageTemplate>({
    {20,
     "I0131 ${int 10 23}:${int 10 59}:${int 10 59}.${recent digits 6}    ${recent int 1000 9000} "
     "kubelet.go:${int 1000 "
     "2500}] \"SyncLoop (PLEG): event for pod\" pod=\"shop/${word}-${recent alnum 9}-${recent "
     "alnum 5}\""},
    {4,
     "W0131 ${int 10 23}:${int 10 59}:${int 10 59}.${recent digits 6}    ${recent int 1000 9000} "
     "eviction_manager.go:344] "
     "pod shop/${word}-${recent alnum 9}: The node was low on resource: ${pick "
     "memory|ephemeral-storage}."},
    {4,
     "E0131 ${int 10 23}:${int 10 59}:${int 10 59}.${recent digits 6}    ${recent int 1000 9000} "
     "pod_workers.go:965] \"Error "
     "syncing pod, skipping\" err=\"failed to StartContainer for ${word} with CrashLoopBackOff: "
     "back-off ${int 1 5}m0s restarting failed container\""},
    {3,
     "E0131 ${int 10 23}:${int 10 59}:${int 10 59}.${recent digits 6}    ${recent int 1000 9000} "
     "pod_workers.go:965] "
     "\"Error syncing pod, skipping\" err=\"ImagePullBackOff: Back-off pulling image "
     "\\\"registry.example.com/${word}:${recent hex 7}\\\"\""},
    {2,
     "event=Warning reason=FailedScheduling pod=${word}-${recent alnum 5} message=\"0/${int 3 20} "
     "nodes "
     "are "
     "available: ${int 1 3} Insufficient memory\""},
    {2,
     "container ${word} last state: terminated reason=OOMKilled exitCode=137 pod=${word}-${alnum "
     "5}"},
    {10,
     "level=info ts=${time iso_s} caller=${word}.go:${int 20 700} msg=\"reconciled ${word}\" "
     "duration=${int 1 99}ms${tail}"},
});

constexpr std::array vpc_flow = std::to_array<MessageTemplate>({
    {40,
     "2 123456789012 eni-0a1b2c3d4e5f6${recent hex 4} ${recent lan} ${recent lan} ${int 1024 "
     "65535} ${pick "
     "443|5432|6379} 6 "
     "${int 1 90} ${int 60 90000} ${time epoch_s} ${time epoch_s} ACCEPT OK"},
    {10,
     "2 123456789012 eni-0a1b2c3d4e5f6${recent hex 4} ${recent ip} ${recent lan} ${int 1024 65535} "
     "${pick "
     "22|23|3389|8080} 6 "
     "${int 1 9} ${int 40 400} ${time epoch_s} ${time epoch_s} REJECT OK"},
    {1,
     "2 123456789012 eni-0a1b2c3d4e5f6${recent hex 4} - - - - - - - ${time epoch_s} ${time "
     "epoch_s} - "
     "NODATA"},
});

constexpr std::array kernel = std::to_array<MessageTemplate>({
    {12,
     "${time syslog} ${recent host} kernel: [${recent digits 6}.${recent digits 6}] eth0: link "
     "becomes ready, ${word}"},
    {4,
     "${time syslog} ${recent host} kernel: [${recent digits 6}.${recent digits 6}] Out of memory: "
     "Killed process "
     "${recent int 300 32000} (${pick java|node|postgres}) total-vm:${digits 7}kB, "
     "anon-rss:${digits "
     "6}kB"},
    {2,
     "${time syslog} ${recent host} kernel: [${recent digits 6}.${recent digits 6}] EXT4-fs error "
     "(device nvme1n1): "
     "ext4_find_entry:${int 1000 1600}: inode #${recent digits 6}: comm ${word}: reading directory "
     "lblock "
     "0"},
    {2,
     "${time syslog} ${recent host} kernel: [${recent digits 6}.${recent digits 6}] "
     "${word}[${recent int 300 32000}]: segfault "
     "at "
     "${recent hex 8} ip 00007f${recent hex 10} sp 00007ffc${recent hex 8} error 4 in "
     "libc.so.6[7f${recent hex 10}+1c0000]"},
    {2,
     "${time syslog} ${recent host} kernel: [${recent digits 6}.${recent digits 6}] nf_conntrack: "
     "table full, dropping "
     "packet"},
    {1,
     "${time syslog} ${recent host} kernel: [${recent digits 6}.${recent digits 6}] INFO: task "
     "${word}:${recent int 300 32000} "
     "blocked for more than 120 seconds."},
    {8,
     "${time syslog} ${recent host} systemd[1]: ${pick Started|Stopped} ${word}.service - "
     "${words}.${tail}"},
});

constexpr std::array data_platform = std::to_array<MessageTemplate>({
    {20,
     "${time hadoop} INFO dfs.DataNode$PacketResponder: PacketResponder ${int 0 2} for block "
     "blk_-${recent digits 19} terminating"},
    {4,
     "${time hadoop} WARN dfs.DataNode$DataXceiver: ${recent lan}:50010:Got exception while "
     "serving "
     "blk_${recent digits 19} to /${recent lan}:"},
    {10,
     "${time hadoop} INFO scheduler.TaskSetManager: Finished task ${int 0 99}.0 in stage ${int 0 "
     "9}.0 "
     "(TID ${int 1 9999}) in ${int 20 9000} ms on ${recent host}"},
    {3,
     "${time hadoop} WARN scheduler.TaskSetManager: Lost task ${int 0 99}.0 in stage ${int 0 9}.0 "
     "(TID "
     "${int 1 9999}, ${recent host}): ExecutorLostFailure (executor ${int 1 40} exited)"},
    {3,
     "${time comma_ms} - WARN  [RecvWorker:${recent digits 12}:QuorumCnxManager$RecvWorker@762] - "
     "Connection broken for id ${recent digits 12}, my id = ${int 1 5}, error ="},
    {3,
     "${time comma_ms} ERROR org.apache.hadoop.mapred.${word}: org.apache.hadoop.security."
     "AccessControlException: Permission denied: user=${recent user}"},
    {3,
     "${time comma_ms} ${recent int 1000 9000} ERROR nova.compute.manager [req-${recent uuid}] "
     "[instance: "
     "${recent uuid}] "
     "Instance failed to spawn"},
    {8,
     "${time comma_ms} ${recent int 1000 9000} INFO nova.osapi_compute.wsgi.server [req-${recent "
     "uuid}] ${recent lan} "
     "\"GET "
     "/v2/${recent hex 32}/servers/detail HTTP/1.1\" status: 200 len: ${int 900 2000} time: "
     "0.${digits "
     "7}"},
});

constexpr std::array back_office = std::to_array<MessageTemplate>({
    {16,
     "An account was logged on.\tSubject:\tS-1-5-18\tAccount:\tCORP\\${recent user}\tProcess:\t"
     "C:\\Windows\\System32\\${word}.exe\tId:\t0x${recent hex 4}${tail}"},
    {4,
     "Login failed for user 'CORP\\${recent user}'. Reason: bad password. [CLIENT: ${recent ip}]"},
    {2, "The TLS certificate expires in ${int 1 30} days: CN=${word}.example.com\tstore=\"My\""},
    {1, "export AWS_ACCESS_KEY_ID=AKIA${upper 16} # left behind by ${recent user}"},
    {2,
     "AccessDeniedException: ${recent user} may not perform ${word}:Delete on "
     "\"\\\\files\\${word}\\\""},
    {8,
     "job \"${word}\"\twrote D:\\exports\\${word}_${recent digits 8}.csv\trows=${int 1 "
     "90000}${tail}"},
    {1,
     "settings dumped: key=\"-----BEGIN RSA "
     "PRIVATE KEY-----\\n${recent alnum 40}\\n...\""},
});

constexpr std::array chat = std::to_array<MessageTemplate>({
    {20, "[room ${int 1 400}] <${recent user}> ${words}${tail}"},
    {8, "[room ${int 1 400}] <${recent user}> ${phrase}"},
    {3, "[room ${int 1 400}] <${recent user}> ${phrase} – ${phrase}${tail}"},
    {2, "[room ${int 1 400}] <${recent user}> write to ${recent email} or call 0${digits 9}"},
});

constexpr std::string_view function_stream = "${time day_path}/[$LATEST]${hex 32}";
constexpr std::string_view instance_stream = "i-0${hex 16}";

constexpr std::array services = std::to_array<Service>({
    {"lambda-payment", 4,
     "/aws/lambda/somestring-${pick a|b7|eu-1}_${pick prod|prod|staging}_shop_payment",
     function_stream, lambda_payment, false},
    {"lambda-inventory", 4,
     "/aws/lambda/somestring-${pick a|b7}_${pick prod|dev}_warehouse_inventory", function_stream,
     lambda_json, false},
    {"storefront", 4, "/ecs/storefront", "web/storefront/${hex 32}", node_json, false},
    {"bastion", 3, "/prod/bastion", instance_stream, bastion, true},
    {"web", 5, "/var/log/nginx/access.log", instance_stream, web_access, true},
    {"orders", 5, "/prod/orders-api", "orders/app/${hex 32}", java_orders, true},
    {"postgres", 2, "/aws/rds/instance/orders/postgresql", "orders.${int 0 9}${hex 8}", postgres,
     true},
    {"kubernetes", 3, "/aws/eks/${pick prod-1|prod-2}/cluster", "kubelet-${host}-${hex 12}",
     kubernetes, true},
    {"vpc-flow", 2, "/vpc/flow-logs", "eni-0${hex 16}-all", vpc_flow, true},
    {"kernel", 2, "/var/log/messages", instance_stream, kernel, true},
    {"data-platform", 2, "/aws/emr/cluster-logs", "${host}/${hex 10}", data_platform, true},
    {"back-office", 2, "/prod/back-office", "WIN-${upper 11}/Application", back_office, true},
    {"chat", 2, "/prod/chat", "chat-${hex 12}", chat, true},
});

}  // namespace

std::span<const Service> all_services() noexcept {
  return services;
}

}  // namespace hecate::generate
