#include <arpa/inet.h>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

/**
 * client PORT PATH SECONDS TOKENS COUNT [HEADER...]: sends requests one after the other over one
 * connection for so long, each with the next of the first COUNT tokens of a file ("-" for none),
 * and prints how many were answered, as wrk does. It never sleeps while it waits: a client that
 * does has to be woken by the server, and the slower the server the more often.
 */
namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void die(const std::string& why)
{
    std::fprintf(stderr, "client: %s\n", why.c_str());
    std::exit(1);
}

int connectTo(int port)
{
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int on = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0 &&
        errno != EINPROGRESS) {
        die("cannot connect");
    }
    return socket;
}

/** True when all of the answer is there; ends the program for one that is not 200. */
bool complete(std::string_view answer)
{
    const std::size_t end = answer.find("\r\n\r\n");
    if (end == std::string_view::npos) {
        return false;
    }
    if (!answer.starts_with("HTTP/1.1 200 ")) {
        die(std::string(answer.substr(0, answer.find('\r'))));
    }
    constexpr std::string_view name = "Content-Length: ";
    const std::size_t length = answer.find(name);
    if (length == std::string_view::npos || length > end) {
        die("an answer has no length");
    }
    const auto size = std::strtoul(answer.data() + length + name.size(), nullptr, 10);
    return answer.size() >= end + 4 + size;
}

void exchange(int socket, std::string_view request)
{
    while (send(socket, request.data(), request.size(), MSG_NOSIGNAL) < 0) {
        if (errno != EAGAIN && errno != ENOTCONN) {
            die(std::strerror(errno));
        }
    }
    char answer[16384];
    std::size_t size = 0;
    while (!complete({answer, size})) {
        const ssize_t got = recv(socket, answer + size, sizeof(answer) - 1 - size, 0);
        if (got == 0 || (got < 0 && errno != EAGAIN)) {
            die(got == 0 ? "the connection was closed" : std::strerror(errno));
        }
        size += got > 0 ? static_cast<std::size_t>(got) : 0;
        answer[size] = '\0';
    }
}

}  // namespace

int main(int count, char** arguments)
{
    if (count < 6) {
        die("PORT PATH SECONDS TOKENS COUNT [HEADER...]");
    }
    std::string head = std::string("GET ") + arguments[2] + " HTTP/1.1\r\nHost: 127.0.0.1\r\n";
    for (int i = 6; i < count; ++i) {
        head += std::string(arguments[i]) + "\r\n";
    }
    std::vector<std::string> requests;
    if (std::string_view(arguments[4]) == "-") {
        requests.push_back(head + "\r\n");
    } else {
        std::ifstream file(arguments[4]);
        const std::size_t wanted = std::strtoul(arguments[5], nullptr, 10);
        for (std::string token; requests.size() < wanted && std::getline(file, token);) {
            requests.push_back(head + "Authorization: Bearer " + token + "\r\n\r\n");
        }
        if (requests.size() < wanted) {
            die("there are not so many tokens");
        }
    }

    const int socket = connectTo(std::atoi(arguments[1]));
    const auto begin = Clock::now();
    const auto end = begin + std::chrono::seconds(std::atoi(arguments[3]));
    std::size_t sent = 0;
    for (; Clock::now() < end; ++sent) {
        exchange(socket, requests[sent % requests.size()]);
    }
    const std::chrono::duration<double> took = Clock::now() - begin;
    std::printf("  %zu requests in %.2fs\nRequests/sec: %.2f\n", sent, took.count(),
                static_cast<double>(sent) / took.count());
    close(socket);
}
