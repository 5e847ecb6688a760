// Asks build/jws, which judges tokens with the module's own code. `build/jws --help` says how.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

const build = resolve(process.env.BUILD || new URL('../../../build', import.meta.url).pathname);
const program = join(build, 'jws');

// One answer for each line, in their order. Lines are objects, or text that is sent as it is.
export function ask(lines) {
    if (!existsSync(program)) {
        throw new Error(`There is no ${program}: run \`make jws\`.`);
    }
    const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)));
    const { status, signal, stdout, stderr } = spawnSync(program, {
        input: `${text.join('\n')}\n`,
        maxBuffer: 1 << 30,
    });
    const answers = String(stdout).split('\n').slice(0, -1);
    // a sanitizer's report goes to stderr and leaves the answers whole
    if (signal || status > 1 || stderr.length > 0 || answers.length !== lines.length) {
        throw new Error(
            `${program} ended with ${signal ?? status} after ${answers.length} of ` +
                `${lines.length} answers: ${stderr}`,
        );
    }
    return answers.map((answer) => JSON.parse(answer));
}
