// Time limits of the tests. A slow build of nginx (sanitizers, valgrind) may stretch them: SLOW=5
// makes them five times as long. What is asserted about nginx itself, such as its timeout, is not
// stretched, only the slack round it.

export const slow = Number(process.env.SLOW || 1);

// How late an answer may be after the module's own timeout: in a file that has the machine for itself
// (t/tools/test says which do), and in one of those that run at the same time.
export const aloneSlack = 100 * slow;
export const slack = 5 * aloneSlack;

export async function timed(action) {
    const start = performance.now();
    const result = await action();
    return [result, performance.now() - start];
}
