// Debian's chromium under Playwright. CHROMIUM names another one.

import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

const program = process.env.CHROMIUM || '/usr/bin/chromium';

const args = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-proxy-server',
];

export function launch() {
    if (!existsSync(program)) {
        throw new Error(`There is no ${program}: install the package chromium, or set CHROMIUM.`);
    }
    return chromium.launch({ executablePath: program, args });
}
