// What a test file has to do at its end, or a test at its own: everything is closed, newest first,
// also when closing something fails, so that a failure is reported and does not become a test that
// never ends.

import { after, beforeEach } from 'node:test';

const pending = [];
let inTest = false;

beforeEach(() => {
    inTest = true;
});
after(() => closeAll(pending.splice(0)));

// Calls close() when the running test ends, or, outside of tests, when the file does.
export function atEnd(close) {
    let closed = false;
    const once = async () => {
        if (!closed) {
            closed = true;
            await close();
        }
    };
    pending.push(once);
    if (inTest) {
        after(once);
    }
}

async function closeAll(closers) {
    const errors = [];
    for (const close of closers.reverse()) {
        await close().catch((error) => errors.push(error));
    }
    if (errors.length > 0) {
        throw errors.length === 1
            ? errors[0]
            : new AggregateError(errors, errors.map((error) => error.message).join('\n'));
    }
}
