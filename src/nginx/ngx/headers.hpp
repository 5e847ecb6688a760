#pragma once

#include "base/ascii.hpp"
#include "nginx/ngx/interop.hpp"

#include <string_view>

/** Header fields as nginx keeps them: lists of ngx_table_elt_t, in parts. */
namespace scalekit {

using HeaderField = ngx_table_elt_t;

/** Calls visit(HeaderField&) for each field of the list. */
template <class Visit>
void forEachHeader(const ngx_list_t& list, Visit&& visit)
{
    for (const ngx_list_part_t* part = &list.part; part != nullptr; part = part->next) {
        auto* field = static_cast<HeaderField*>(part->elts);
        for (ngx_uint_t i = 0; i < part->nelts; ++i) {
            visit(field[i]);
        }
    }
}

/** True for a field of this name, in any case. */
inline bool named(const HeaderField& field, std::string_view lowerCaseName) noexcept
{
    return equalIgnoringCase(view(field.key), lowerCaseName);
}

/**
 * The value of the request's first field of this name; its data() is nullptr when there is none.
 * Reads the list itself, because nginx's own fields differ between versions.
 */
std::string_view requestHeader(ngx_http_request_t* r, std::string_view lowerCaseName) noexcept;

/** Adds a response header; name and value are copied. False when there is no memory. */
bool addHeader(ngx_http_request_t* r, std::string_view name, std::string_view value) noexcept;

/** Appends a part that has fields to the list, which uses its memory from then on. */
void appendHeaders(ngx_list_t& list, ngx_list_part_t* part) noexcept;

/**
 * Takes fields out of a list without moving the others, to which nginx holds pointers: the list's
 * parts are cut into the runs that stay. nginx's own loops expect no empty part but the first.
 * False when there is no memory.
 */
template <class Drop>
bool removeHeaders(ngx_list_t& list, Drop&& drop)
{
    ngx_list_part_t first = {};
    ngx_list_part_t* last = nullptr;

    for (ngx_list_part_t* part = &list.part; part != nullptr; part = part->next) {
        auto* field = static_cast<HeaderField*>(part->elts);
        for (ngx_uint_t i = 0; i < part->nelts;) {
            if (drop(field[i])) {
                ++i;
                continue;
            }
            ngx_list_part_t* run = &first;
            if (last != nullptr) {
                run =
                    static_cast<ngx_list_part_t*>(ngx_pcalloc(list.pool, sizeof(ngx_list_part_t)));
                if (run == nullptr) {
                    return false;
                }
                last->next = run;
            }
            run->elts = &field[i];
            while (i < part->nelts && !drop(field[i])) {
                ++run->nelts;
                ++i;
            }
            last = run;
        }
    }

    if (last == nullptr) {
        return ngx_list_init(&list, list.pool, 4, sizeof(HeaderField)) == NGX_OK;
    }
    list.part = first;
    list.last = last == &first ? &list.part : last;
    list.nalloc = list.last->nelts;  // full: the next ngx_list_push() begins a new part
    return true;
}

}  // namespace scalekit
