-- For wrk: the next of the first COUNT lines of a file with each request, a Cookie header or a bearer
-- token. Arguments: FILE COUNT
local requests = {}
local sent = 0

function init(arguments)
    for line in io.lines(arguments[1]) do
        if #requests == tonumber(arguments[2]) then
            break
        end
        local cookie = line:match("^Cookie: (.*)")
        wrk.headers[cookie and "Cookie" or "Authorization"] = cookie or "Bearer " .. line
        requests[#requests + 1] = wrk.format()
    end
end

function request()
    sent = sent % #requests + 1
    return requests[sent]
end
