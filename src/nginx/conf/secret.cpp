#include "nginx/conf/secret.hpp"

#include "base/ascii.hpp"
#include "nginx/ngx/interop.hpp"

#include <cstdlib>

namespace scalekit {

namespace {

constexpr std::size_t maxSecretFile = 64 * 1024;

std::optional<std::string> readFile(ngx_conf_t* cf, std::string_view path, std::string& problem)
{
    ngx_str_t name = copy(cf->pool, path);
    if (name.data == nullptr || ngx_conf_full_name(cf->cycle, &name, 1) != NGX_OK) {
        problem = "out of memory";
        return std::nullopt;
    }
    const std::string fullName(view(name));

    // a pipe would block until somebody writes to it
    const ngx_fd_t fd =
        ngx_open_file(fullName.c_str(), NGX_FILE_RDONLY | NGX_FILE_NONBLOCK, NGX_FILE_OPEN, 0);
    if (fd == NGX_INVALID_FILE) {
        problem = "cannot read \"" + fullName + "\": " + strerror(ngx_errno) +
                  "; create it, readable by the user that starts nginx";
        return std::nullopt;
    }

    std::string content(maxSecretFile + 1, '\0');
    ngx_file_info_t info = {};
    const bool known = ngx_fd_info(fd, &info) != NGX_FILE_ERROR;
    const ssize_t size =
        known && ngx_is_file(&info) ? ngx_read_fd(fd, content.data(), content.size()) : -1;
    ngx_close_file(fd);

    if (size < 0) {
        problem = "cannot read \"" + fullName + "\": it is no file; name one that holds the secret";
        return std::nullopt;
    }
    if (static_cast<std::size_t>(size) > maxSecretFile) {
        problem =
            "\"" + fullName + "\" is larger than 64 KB; it should hold nothing but the secret";
        return std::nullopt;
    }
    if ((info.st_mode & S_IROTH) != 0) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "scalekit: \"%s\" is readable by everyone; chmod 600 keeps it secret",
                           fullName.c_str());
    }

    content.resize(static_cast<std::size_t>(size));
    content.resize(content.find_last_not_of("\r\n") + 1);
    return content;
}

std::optional<std::string> readVariable(std::string_view name, std::string& problem)
{
    if (name.find_first_of("${}=") != name.npos) {
        problem = "takes env:NAME, the name of an environment variable without any sign around it";
        return std::nullopt;
    }
    const char* value = std::getenv(std::string(name).c_str());
    if (value == nullptr) {
        problem = "the environment variable \"" + std::string(name) +
                  "\" is not set for nginx; set it where nginx is started, or use file:PATH";
        return std::nullopt;
    }
    return value;
}

/** True for a word that names a file although it does not say so. */
bool namesFile(ngx_conf_t* cf, std::string_view word) noexcept
{
    ngx_str_t name = copy(cf->pool, word);
    ngx_file_info_t info;
    return !word.empty() && name.data != nullptr &&
           ngx_conf_full_name(cf->cycle, &name, 1) == NGX_OK &&
           ngx_file_info(name.data, &info) != NGX_FILE_ERROR && ngx_is_file(&info);
}

std::optional<Secret> withSource(std::optional<std::string> text, SecretSource source)
{
    return text ? std::optional<Secret>({*std::move(text), source}) : std::nullopt;
}

}  // namespace

std::optional<Secret> readSecret(ngx_conf_t* cf, std::string_view word, std::string& problem)
{
    if (takePrefix(word, "file:")) {
        return withSource(readFile(cf, word, problem), SecretSource::file);
    }
    if (takePrefix(word, "env:")) {
        return withSource(readVariable(word, problem), SecretSource::variable);
    }
    if (takePrefix(word, "literal:")) {
        return Secret{std::string(word), SecretSource::literal};
    }
    if (namesFile(cf, word)) {
        problem = "is the name of a file; did you mean file:PATH?";
        return std::nullopt;
    }
    return Secret{std::string(word), SecretSource::word};
}

}  // namespace scalekit
