#pragma once

#include "nginx/ngx/event_loop.hpp"

#include <curl/curl.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

/**
 * One HTTP exchange: what is asked for, what came of it, and the libcurl easy handle in between. A
 * Transfer belongs to the HttpClient that made it; others hold the pointer only to detach from it.
 */
namespace scalekit {

class HttpClient;

/** Bytes of an answer's body; a longer one is an error. */
inline constexpr std::size_t maxBody = 256 * 1024;

/** The environment is never asked for a proxy. */
struct HttpRequest {
    std::string url;            // user and password in it are refused
    std::string body;           // not empty: POST, application/x-www-form-urlencoded, sent once
    std::string authorization;  // value of the Authorization header, or empty
    std::chrono::milliseconds timeout{5000};  // of the exchange with DNS; at most 10 minutes
    bool allowHttp = false;                   // otherwise https only
    std::string_view trustedCertificates;     // PEM that replaces the system's CAs, or empty
    bool background = false;  // no request waits for it: a graceful quit may drop it
};

enum class HttpError {
    none,
    connect,  // no address, or nobody listening there
    timeout,
    tls,  // handshake or certificate
    tooLarge,
    aborted,  // the worker is shutting down
    other     // cut off, not HTTP, refused protocol
};

/** A fixed lower-case word, for logs. */
std::string_view word(HttpError error) noexcept;

struct HttpResponse {
    HttpError error = HttpError::other;
    long status = 0;  // this and the rest are empty unless error is none
    std::string body;
};

template <auto Function>
struct CurlFree {
    template <class T>
    void operator()(T* handle) const noexcept
    {
        Function(handle);
    }
};

using CurlEasyPtr = std::unique_ptr<CURL, CurlFree<curl_easy_cleanup>>;
using CurlListPtr = std::unique_ptr<curl_slist, CurlFree<curl_slist_free_all>>;

struct Transfer : ngx_queue_t {  // linked by the client
    HttpClient* client = nullptr;
    void (*done)(void* data, const HttpResponse& response) noexcept = nullptr;  // null: detached
    void* data = nullptr;

    HttpResponse response;
    std::string what;  // method and URL without its query, safe to log
    ngx_msec_t timeout = 0;
    bool running = false;  // is in the multi handle

    CurlListPtr headers;
    CurlEasyPtr easy;  // after headers: curl must let go of them first
    char detail[CURL_ERROR_SIZE] = {};

    LoopEvent deadline;
};

/** A transfer ready to be run. Null when the request is unusable; throws std::bad_alloc. */
std::unique_ptr<Transfer> makeTransfer(const HttpRequest& request);

/** Takes curl's verdict, and the status from the easy handle, into `response`. */
void conclude(Transfer& transfer, CURLcode result) noexcept;

/** Ends the transfer without curl's verdict; `detail` goes to the log, curl's text comes first. */
void conclude(Transfer& transfer, HttpError error, const char* detail) noexcept;

}  // namespace scalekit
