// The provider's own endpoint for tests that run in another process:
//
//     GET    /control/requests                      the journal as JSON
//     DELETE /control/requests                      forgets it
//     POST   /control/delay  {"path", "ms"}         answers on that path come later
//     POST   /control/keys   {"how"}                "replace" or "prepend" the signing key
//     POST   /control/login  {"kind"}               "auto" or "page"

const actions = {
    'GET /control/requests': (state) => state.journal.entries,
    'DELETE /control/requests': (state) => state.journal.clear(),
    'POST /control/delay': (state, control, { path, ms }) => control.delay(path, ms),
    'POST /control/keys': (state, control, { how }) => control.rotateKeys(how),
    'POST /control/login': (state, control, { kind }) => control.login(kind),
};

// Answers whether the request was one of these and is dealt with.
export async function handleControl(request, response, state, control) {
    if (!request.url.startsWith('/control/')) {
        return false;
    }
    response.setHeader('content-type', 'application/json');
    const action = actions[`${request.method} ${request.url}`];
    if (!action) {
        response.statusCode = 404;
        response.end('{}');
        return true;
    }
    let body = '';
    for await (const chunk of request) {
        body += chunk;
    }
    response.end(JSON.stringify(action(state, control, body ? JSON.parse(body) : {}) ?? {}));
    return true;
}
