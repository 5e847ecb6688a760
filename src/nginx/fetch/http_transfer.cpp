#include "nginx/fetch/http_transfer.hpp"

#include "base/ascii.hpp"
#include "base/text.hpp"
#include "base/version.hpp"

#include <algorithm>
#include <utility>

#if LIBCURL_VERSION_NUM < 0x075700
#error "libcurl 7.87 or newer is needed: without CURLOPT_QUICK_EXIT a stuck resolver blocks nginx"
#endif

namespace scalekit {

namespace {

/** "POST https://host/path": no query, no user, bounded. */
std::string describe(const HttpRequest& request)
{
    std::string_view url = request.url;
    url = url.substr(0, url.find_first_of("?#"));

    std::size_t authority = url.find("://");
    authority = authority == url.npos ? 0 : authority + 3;
    std::size_t at = url.substr(0, url.find('/', authority)).rfind('@');

    return concat({request.body.empty() ? "GET " : "POST ", url.substr(0, authority),
                   url.substr(at == url.npos ? authority : at + 1)})
        .substr(0, 256);
}

std::size_t onBody(char* bytes, std::size_t, std::size_t count, void* data) noexcept
{
    auto& transfer = *static_cast<Transfer*>(data);
    std::string& body = transfer.response.body;

    if (count > maxBody - body.size()) {
        transfer.response.error = HttpError::tooLarge;
        return CURL_WRITEFUNC_ERROR;
    }

    try {
        body.append(bytes, count);
    } catch (...) {
        return CURL_WRITEFUNC_ERROR;
    }

    return count;
}

bool appendHeader(CurlListPtr& list, const std::string& line)
{
    curl_slist* longer = curl_slist_append(list.get(), line.c_str());
    if (longer == nullptr) {
        return false;
    }

    static_cast<void>(list.release());
    list.reset(longer);
    return true;
}

HttpError classify(CURLcode result) noexcept
{
    switch (result) {
    case CURLE_OPERATION_TIMEDOUT:
        return HttpError::timeout;

    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
        return HttpError::connect;

    case CURLE_FILESIZE_EXCEEDED:
        return HttpError::tooLarge;

    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
        return HttpError::tls;

    default:
        return HttpError::other;
    }
}

/** Everything that decides where bytes may go and whom to trust stands here. */
bool setOptions(Transfer& transfer, const HttpRequest& request) noexcept
{
    CURL* easy = transfer.easy.get();
    bool ok = true;

    auto set = [&ok, easy](CURLoption option, auto value) {
        ok = ok && curl_easy_setopt(easy, option, value) == CURLE_OK;
    };

    set(CURLOPT_URL, request.url.c_str());
    set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    set(CURLOPT_PROTOCOLS_STR, request.allowHttp ? "http,https" : "https");
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));

    // a proxy that is set, and be it to nothing, keeps curl from reading the environment
    set(CURLOPT_PROXY, "");
    set(CURLOPT_NOPROXY, "");
    set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);

    set(CURLOPT_SSL_VERIFYPEER, 1L);
    set(CURLOPT_SSL_VERIFYHOST, 2L);
    set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));

    const char* systemFile = nullptr;
    curl_easy_getinfo(easy, CURLINFO_CAINFO, &systemFile);

    if (!request.trustedCertificates.empty()) {
        curl_blob pem = {const_cast<char*>(request.trustedCertificates.data()),
                         request.trustedCertificates.size(), CURL_BLOB_COPY};
        set(CURLOPT_CAINFO_BLOB, &pem);  // instead of the system's file
    }

    if (!request.trustedCertificates.empty() || systemFile != nullptr) {
        // the default folder would be trusted besides, and keeps curl
        // from caching the parsed file (some 10 ms for each new connection)
        set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
    }

    // one connection a fetch: what happens to one of them concerns one login, not all
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));

    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_QUICK_EXIT, 1L);  // do not join a resolver thread that is stuck

    // the connect timeout lets curl leave time for the second address of a name
    long timeout = static_cast<long>(transfer.timeout);
    set(CURLOPT_TIMEOUT_MS, timeout);
    set(CURLOPT_CONNECTTIMEOUT_MS, timeout);

    set(CURLOPT_WRITEFUNCTION, onBody);
    set(CURLOPT_WRITEDATA, &transfer);
    set(CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(maxBody));
    set(CURLOPT_BUFFERSIZE, 8192L);
    set(CURLOPT_ERRORBUFFER, transfer.detail);
    set(CURLOPT_PRIVATE, &transfer);

    set(CURLOPT_USERAGENT, product);
    set(CURLOPT_HTTPHEADER, transfer.headers.get());

    if (!request.body.empty()) {
        set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
        set(CURLOPT_COPYPOSTFIELDS, request.body.data());

        // what must not be done twice: curl sends a request again by itself when a connection
        // that was used before closes without an answer
        set(CURLOPT_FRESH_CONNECT, 1L);
        set(CURLOPT_FORBID_REUSE, 1L);
    }

    return ok;
}

}  // namespace

std::string_view word(HttpError error) noexcept
{
    constexpr std::string_view words[] = {"none",      "connect", "timeout", "tls",
                                          "too_large", "aborted", "other"};
    static_assert(std::size(words) == static_cast<std::size_t>(HttpError::other) + 1);
    return words[static_cast<std::size_t>(error)];
}

std::unique_ptr<Transfer> makeTransfer(const HttpRequest& request)
{
    if (hasControls(request.url) || hasControls(request.authorization)) {
        return nullptr;
    }

    auto transfer = std::make_unique<Transfer>();

    transfer->timeout =
        static_cast<ngx_msec_t>(std::clamp<long long>(request.timeout.count(), 1, 600'000));
    transfer->what = describe(request);
    transfer->easy.reset(curl_easy_init());

    if (transfer->easy == nullptr ||
        !appendHeader(transfer->headers, request.body.empty()
                                             ? "Accept: application/json, application/jwk-set+json"
                                             : "Accept: application/json") ||
        (!request.authorization.empty() &&
         !appendHeader(transfer->headers, "Authorization: " + request.authorization)) ||
        !setOptions(*transfer, request)) {
        return nullptr;
    }

    return transfer;
}

void conclude(Transfer& transfer, CURLcode result) noexcept
{
    if (result == CURLE_OK) {
        curl_easy_getinfo(transfer.easy.get(), CURLINFO_RESPONSE_CODE, &transfer.response.status);
        transfer.response.error = HttpError::none;
        return;
    }
    // curl only knows that onBody refused
    const bool tooLarge = transfer.response.error == HttpError::tooLarge;
    conclude(transfer, tooLarge ? HttpError::tooLarge : classify(result),
             curl_easy_strerror(result));
}

void conclude(Transfer& transfer, HttpError error, const char* detail) noexcept
{
    transfer.response = HttpResponse{};
    transfer.response.error = error;

    std::string_view text = transfer.detail[0] != '\0' ? transfer.detail : detail;

    // names in a certificate are the server's to choose
    char clean[CURL_ERROR_SIZE];
    std::size_t length = std::min(text.size(), sizeof(clean));
    std::transform(text.begin(), text.begin() + length, clean,
                   [](char c) { return isControl(c) ? '?' : c; });

    std::string_view name = word(error);
    ngx_uint_t level = error == HttpError::aborted ? NGX_LOG_INFO : NGX_LOG_ERR;

    ngx_log_error(level, transfer.deadline.event.log, 0, "scalekit: %*s failed: %*s (%*s)",
                  transfer.what.size(), transfer.what.data(), name.size(), name.data(), length,
                  clean);
}

}  // namespace scalekit
