-- For wrk: the next of the first COUNT tokens of a file with each request. Arguments: FILE COUNT
local requests = {}
local sent = 0

function init(arguments)
    for token in io.lines(arguments[1]) do
        if #requests == tonumber(arguments[2]) then
            break
        end
        wrk.headers["Authorization"] = "Bearer " .. token
        requests[#requests + 1] = wrk.format()
    end
end

function request()
    sent = sent % #requests + 1
    return requests[sent]
end
