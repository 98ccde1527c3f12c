// Shows pages to one headless Chromium over the DevTools protocol: pictures of them, what axe-core finds, what a script
// says of them. Needs Node.js alone.
//
// usage: node browse.js WORK < jobs.json > findings.json        (WORK/home holds .pki/nssdb, WORK/etc what is laid over /etc)
//
// A job: {"name", "url", "answer"?: {"status", "headers", "body"}, "looks": [{"width", "height", "dark", "audit"?: BOOLEAN, "picture"?: FILE,
// "small"?: FILE, "from"?: PIXELS}], "axe"?: FILE, "say"?: JAVASCRIPT}. With an answer the browser is given that for the URL and asks no server: so pages
// can be looked at that a server gave to a client that no browser would be. Without an audit a look is at the width alone. With "click" in the place of "url" it follows the first
// link of the page before that the selector finds. All in order, in one browser, which keeps what it knows.
'use strict';
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { measure, withPalette } = require('./picture.js');

const WORK = process.argv[2];
// A whole run takes less than a minute; a browser that says nothing any more shall not hold the tests up for ever.
const PATIENCE = 60_000;

// Chromium reads its managed policy from /etc alone, which is laid over in a mount namespace of this process.
function start() {
    const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-dev-shm-usage', '--no-first-run',
        '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-default-apps',
        '--disable-extensions', '--hide-scrollbars', '--disable-lcd-text', `--user-data-dir=${WORK}/profile-${process.pid}`, '--remote-debugging-pipe', 'about:blank'];
    const inside = 'mount -t overlay -o "lowerdir=$1/etc:/etc" overlay /etc && work=$1 && shift && ' +
        'exec env -i HOME="$work/home" PATH="$PATH" LANG=C.UTF-8 chromium "$@"';
    const root = process.getuid() === 0 ? [] : ['--map-root-user'];
    return spawn('unshare', ['--mount', ...root, '--', 'sh', '-c', inside, 'sh', WORK, ...flags],
        { stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'] });
}

class Browser {
    constructor() {
        this.child = start();
        this.said = '';
        this.child.stderr.on('data', (data) => { this.said += data; });
        this.waiting = new Map();
        this.listeners = new Set();
        this.number = 0;
        let pending = Buffer.alloc(0);
        this.child.stdio[4].on('data', (data) => {
            pending = Buffer.concat([pending, data]);
            for (let end; (end = pending.indexOf(0)) >= 0; pending = pending.subarray(end + 1)) {
                this.heard(JSON.parse(pending.subarray(0, end).toString()));
            }
        });
        this.ended = new Promise((_, reject) => {
            this.child.on('exit', (code) => reject(new Error(`Chromium ended (${code}): ${this.said}`)));
            this.child.on('error', reject);
        });
        this.ended.catch(() => {});
    }

    heard(message) {
        const waiting = this.waiting.get(message.id);
        if (waiting) {
            this.waiting.delete(message.id);
            message.error ? waiting.reject(new Error(`${waiting.method}: ${message.error.message}`)) : waiting.resolve(message.result);
        }
        for (const listener of this.listeners) listener(message);
    }

    send(method, params = {}, sessionId = this.session) {
        const id = ++this.number;
        this.child.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
        const answer = new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject, method }));
        return this.inTime(answer, method);
    }

    once(method) {
        const event = new Promise((resolve) => {
            const listener = (message) => {
                if (message.method !== method || message.sessionId !== this.session) return;
                this.listeners.delete(listener);
                resolve(message.params);
            };
            this.listeners.add(listener);
        });
        return this.inTime(event, method);
    }

    async inTime(promise, what) {
        let timer;
        const late = new Promise((_, reject) => {
            timer = setTimeout(() => reject(new Error(`no ${what} within ${PATIENCE} ms: ${this.said}`)), PATIENCE);
        });
        try {
            return await Promise.race([promise, late, this.ended]);
        } finally {
            clearTimeout(timer);
        }
    }

    async open() {
        const { targetInfos } = await this.send('Target.getTargets', {}, undefined);
        const page = targetInfos.find((target) => target.type === 'page');
        const { sessionId } = await this.send('Target.attachToTarget', { targetId: page.targetId, flatten: true }, undefined);
        this.session = sessionId;
        await this.send('Page.enable');
        await this.send('Network.enable');
        this.listeners.add((message) => this.fulfil(message));
    }

    // Answers in a server's place, with a server's own answer.
    fulfil(message) {
        if (message.method !== 'Fetch.requestPaused') return;
        const { requestId, request } = message.params;
        const { status, headers, body } = request.url === this.answer?.url ? this.answer : { status: 404, headers: {}, body: '' };
        const responseHeaders = Object.entries(headers).map(([name, value]) => ({ name, value }));
        this.send('Fetch.fulfillRequest', { requestId, responseCode: status, responseHeaders, body: Buffer.from(body).toString('base64') })
            .catch((error) => { this.said += error; });
    }

    async visit(job) {
        this.answer = job.answer && { url: job.url, ...job.answer };
        await this.send(job.answer ? 'Fetch.enable' : 'Fetch.disable');
        const answered = this.once('Network.responseReceived');
        answered.catch(() => {});
        const loaded = this.once('Page.loadEventFired');
        loaded.catch(() => {});
        if (job.click) {
            await this.evaluate(`document.querySelector(${JSON.stringify(job.click)}).click()`);
        } else {
            const { errorText } = await this.send('Page.navigate', { url: job.url });
            if (errorText) return { error: errorText };
        }
        await loaded;
        const { response } = await answered;
        return { url: response.url, status: response.status, protocol: response.protocol };
    }

    async evaluate(expression) {
        const { result, exceptionDetails } = await this.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
        if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
        return result.value;
    }

    async look(job, look) {
        const { width, height, dark, picture, small, from } = look;
        await this.send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: false });
        await this.send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }] });
        const found = { width, dark: !!dark };
        found.wider = await this.evaluate('document.documentElement.scrollWidth - innerWidth');
        if (job.axe && look.audit !== false) {
            await this.evaluate(`void (window.axe || (() => { ${fs.readFileSync(job.axe, "utf8")} })())`);
            // Another colour scheme changes colours and nothing else.
            const runOnly = dark ? ", runOnly: ['color-contrast', 'link-in-text-block']" : '';
            found.violations = await this.evaluate(`axe.run(document, { resultTypes: ['violations']${runOnly} }).then(({ violations }) =>
                violations.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.map((node) => node.html.slice(0, 300) + ' ' + node.failureSummary) })))`);
        }
        if (picture) {
            // Without a place it is what a person sees first.
            const { data } = await this.send('Page.captureScreenshot', { format: 'png', captureBeyondViewport: !!from,
                ...(from && { clip: { x: 0, y: from, width, height, scale: 1 } }) });
            fs.mkdirSync(path.dirname(picture), { recursive: true });
            const png = Buffer.from(data, 'base64');
            fs.writeFileSync(picture, png);
            if (small) fs.writeFileSync(small, withPalette(png));
            found.picture = measure(png);
        }
        return found;
    }
}

async function main() {
    const jobs = JSON.parse(fs.readFileSync(0, 'utf8'));
    const browser = new Browser();
    const findings = [];
    try {
        await browser.open();
        for (const job of jobs) {
            const found = { name: job.name, ...await browser.visit(job), looks: [] };
            if (!found.error) {
                for (const look of job.looks ?? []) found.looks.push(await browser.look(job, look));
                if (job.say) found.said = await browser.evaluate(job.say);
            }
            findings.push(found);
        }
        await browser.send('Browser.close', {}, undefined).catch(() => {});
    } finally {
        browser.child.kill();
    }
    process.stdout.write(JSON.stringify(findings));
}

main().then(() => process.exit(0), (error) => {
    process.stderr.write(`${error.stack}\n`);
    process.exit(1);
});
