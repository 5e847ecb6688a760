#include "nginx/ngx/headers.hpp"

namespace scalekit {

std::string_view requestHeader(ngx_http_request_t* r, std::string_view lowerCaseName) noexcept
{
    std::string_view found;
    forEachHeader(r->headers_in.headers, [&](const HeaderField& field) {
        if (found.data() == nullptr && named(field, lowerCaseName)) {
            found = view(field.value);
        }
    });
    return found;
}

bool addHeader(ngx_http_request_t* r, std::string_view name, std::string_view value) noexcept
{
    auto* field = static_cast<HeaderField*>(ngx_list_push(&r->headers_out.headers));
    if (field == nullptr) {
        return false;
    }
    *field = {};
    field->hash = 1;
    field->key = copy(r->pool, name);
    field->value = copy(r->pool, value);
    return field->key.data != nullptr && field->value.data != nullptr;
}

void appendHeaders(ngx_list_t& list, ngx_list_part_t* part) noexcept
{
    // the first part may be empty, and then there is no other
    if (list.last->nelts == 0) {
        list.part = *part;
        list.last = &list.part;
    } else {
        list.last->next = part;
        list.last = part;
    }
    list.nalloc = part->nelts;
}

}  // namespace scalekit
