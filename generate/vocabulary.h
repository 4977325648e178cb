// vocabulary: the words of the invented services.
//
// Names are made up; addresses come from the ranges reserved for documentation. Lists are short on
// purpose: real logs repeat themselves, and that is what makes them compress five to eight times.
#pragma once

#include <array>
#include <string_view>

namespace hecate::vocabulary {

inline constexpr std::array<std::string_view, 48> words = {
    "order",   "basket",  "invoice",  "shipment",  "customer", "session", "cache",    "queue",
    "retry",   "region",  "quota",    "tenant",    "profile",  "voucher", "refund",   "stock",
    "catalog", "search",  "pricing",  "ledger",    "webhook",  "export",  "snapshot", "replica",
    "shard",   "token",   "policy",   "schedule",  "worker",   "batch",   "page",     "cursor",
    "digest",  "backoff", "consumer", "partition", "offset",   "latency", "timeout",  "payload",
    "carrier", "courier", "address",  "currency",  "discount", "receipt", "archive",  "manifest"};

inline constexpr std::array<std::string_view, 16> users = {
    "root", "admin",  "deploy", "ubuntu", "ec2-user", "jenkins", "postgres", "oracle",
    "test", "backup", "nagios", "mia",    "jonas",    "amelie",  "tariq",    "svc-report"};

inline constexpr std::array<std::string_view, 10> hosts = {
    "ip-10-0-1-17", "ip-10-0-2-204", "ip-10-0-3-91", "bastion-1", "bastion-2",
    "web-01",       "web-02",        "db-primary",   "worker-7",  "node-14"};

inline constexpr std::array<std::string_view, 20> paths = {"/",
                                                           "/index.html",
                                                           "/api/v2/orders",
                                                           "/api/v2/orders/search?page=2&size=50",
                                                           "/api/v2/basket/items",
                                                           "/api/v2/customers/me",
                                                           "/assets/app.7f3c1e.js",
                                                           "/assets/site.css",
                                                           "/images/products/4711.webp",
                                                           "/login",
                                                           "/logout",
                                                           "/checkout/confirm",
                                                           "/search?q=blue+shoes&sort=price",
                                                           "/healthz",
                                                           "/metrics",
                                                           "/favicon.ico",
                                                           "/wp-login.php",
                                                           "/.env",
                                                           "/admin/config.php",
                                                           "/cgi-bin/luci"};

inline constexpr std::array<std::string_view, 8> agents = {
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119.0 "
    "Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:120.0) Gecko/20100101 Firefox/120.0",
    "curl/8.4.0",
    "python-requests/2.31.0",
    "ELB-HealthChecker/2.0",
    "kube-probe/1.28",
    "okhttp/4.12.0"};

inline constexpr std::array<std::string_view, 14> classes = {
    "OrderService.place",      "OrderController.create", "BasketRepository.findById",
    "PricingClient.quote",     "PaymentGateway.capture", "RetryTemplate.execute",
    "TransactionFilter.apply", "HttpConnection.read",    "JsonMapper.readValue",
    "PooledDataSource.borrow", "ShipmentPlanner.route",  "VoucherRules.check",
    "EventPublisher.send",     "Dispatcher.handle"};

// Texts that customers write and products are called: accents, other scripts, emoji.
inline constexpr std::array<std::string_view, 12> phrases = {
    "Café crème à emporter",    "Straße gesperrt, Lieferung verspätet",
    "El pedido llegará mañana", "Ça marche très bien, merci !",
    "注文を受け付けました",     "包裹已发货，预计明天送达",
    "배송이 시작되었습니다",    "Заказ передан курьеру",
    "שלום, ההזמנה בדרך",        "Super 👍 danke 🎉",
    "Ürün stokta yok 😕",        "naïve façade – “quoted” … €19,90"};

}  // namespace hecate::vocabulary
