// A client in Node: over HTTP/1.1 with trailers; as a WebSocket that sends what it reads, a line a message; as many WebSockets that say nothing;
// over HTTP/2 with a body that it reads, a line a part; with a window of 64 KiB; or with many requests over three connections whose answers it
// does not take.
//
//     client.js trailers|websocket|websockets|upload|download|unread URL ROOT CERTIFICATE KEY
'use strict';
const fs = require('fs');
const https = require('https');
const http2 = require('http2');
const crypto = require('crypto');
const readline = require('readline');

const [what, url, root, certificate, key] = process.argv.slice(2);
const options = { ca: fs.readFileSync(root), cert: fs.readFileSync(certificate), key: fs.readFileSync(key), agent: false };
let session;
const say = (line) => process.stdout.write(line + '\n');

if (what === 'trailers') {
    const headers = { 'Trailer': 'X-Checksum, Client_Cert, X-SSL-Client-Verify', 'TE': 'trailers', 'Connection': 'close, TE', 'Transfer-Encoding': 'chunked' };
    const request = https.request(url, { ...options, method: 'POST', headers }, (response) => {
        let body = '';
        response.on('data', (part) => { body += part; });
        response.on('end', () => say(JSON.stringify({ told: JSON.parse(body), trailers: response.trailers, status: response.statusCode })));
    });
    request.write('body');
    request.addTrailers({ 'X-Checksum': '4', 'Client_Cert': ':forged:', 'X-SSL-Client-Verify': 'SUCCESS' });
    request.end();
} else if (what === 'upload') {
    const session = http2.connect(url, options);
    session.on('close', () => { say('closed'); process.exit(); }).on('error', (cause) => say(`failed ${cause.code}`));
    const stream = session.request({ ':method': 'POST', ':path': new URL(url).pathname });
    stream.on('response', (fields) => say(`status ${fields[':status']}`)).on('end', () => say('answered')).on('error', () => {}).resume();
    stream.on('close', () => say('over'));
    readline.createInterface({ input: process.stdin }).on('line', (line) => stream.write(line));
} else if (what === 'download') {
    const session = http2.connect(url, options);
    const { pathname, search } = new URL(url);
    let octets = 0;
    const stream = session.request({ ':path': pathname + search });
    stream.on('data', (part) => { octets += part.length; }).on('end', () => { say(`${octets} octets`); session.close(); });
    session.on('error', (cause) => say(`failed ${cause.code}`));
} else if (what === 'unread') {
    const statuses = {};
    for (let number = 0; number < 192; number += 1) {
        if (number % 64 === 0) session = http2.connect(url, options).on('error', () => {});
        const stream = session.request({ ':path': '/download?octets=10000000' });
        stream.on('error', () => {}).on('response', (fields) => {
            const status = fields[':status'];
            statuses[status] = (statuses[status] ?? 0) + 1;
            say(`${statuses[status]} times ${status}`);
        }).pause();
    }
} else if (what === 'websockets') {
    const headers = { 'Connection': 'Upgrade', 'Upgrade': 'websocket', 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==' };
    const sockets = [];
    const open = () => {
        const request = https.request(url, { ...options, headers });
        request.on('response', (response) => say(`${sockets.length} open, then ${response.statusCode}`));
        request.on('upgrade', (_, socket) => { sockets.push(socket.on('error', () => {})); open(); });
        request.end();
    };
    readline.createInterface({ input: process.stdin }).on('line', () => { sockets.pop().destroy(); open(); });
    open();
} else {
    const nonce = crypto.randomBytes(16).toString('base64');
    const headers = { 'Connection': 'keep-alive, Upgrade', 'Upgrade': 'websocket', 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': nonce, 'Sec-WebSocket-Protocol': 'chat' };
    const request = https.request(url, { ...options, headers });
    request.on('response', (response) => { say(`status ${response.statusCode}`); response.resume(); response.on('end', () => process.exit()); });
    request.on('upgrade', (response, socket, head) => {
        socket.setNoDelay(true);
        say(`open ${response.headers['sec-websocket-protocol']} ${Boolean(response.headers['sec-websocket-accept'])}`);
        let buffered = head;
        const tell = () => {
            let message;
            while ((message = unframe(buffered))) {
                buffered = message.rest;
                say(`message ${message.text.length < 40 ? message.text : message.text.length}`);
            }
        };
        tell();
        socket.on('data', (part) => { buffered = Buffer.concat([buffered, part]); tell(); });
        socket.on('error', () => {});
        socket.on('close', () => { say('closed'); process.exit(); });
        readline.createInterface({ input: process.stdin }).on('line', (line) => {
            if (line === 'finish') socket.end();
            else if (line.startsWith('long ')) socket.write(frame(Buffer.alloc(Number(line.slice(5)), 'x')));
            else socket.write(frame(Buffer.from(line)));
        });
    });
    request.on('error', (cause) => { say(`failed ${cause.message}`); process.exit(); });
    request.end();
}

// One masked text message in one frame (RFC 6455 §5.3).
function frame(payload) {
    const mask = crypto.randomBytes(4);
    const size = payload.length < 126 ? Buffer.from([0x81, 0x80 | payload.length])
        : Buffer.concat([Buffer.from([0x81, 0xff, 0, 0, 0, 0]), Buffer.from(Uint32Array.of(payload.length).buffer).swap32()]);
    return Buffer.concat([size, mask, payload.map((octet, place) => octet ^ mask[place % 4])]);
}

// The first whole message, if it is there.
function unframe(octets) {
    if (octets.length < 2) return null;
    let [size, start] = [octets[1] & 0x7f, 2];
    if (size === 127) {
        if (octets.length < 10) return null;
        [size, start] = [octets.readUInt32BE(6), 10];
    }
    if (octets.length < start + size) return null;
    return { text: octets.subarray(start, start + size).toString(), rest: octets.subarray(start + size) };
}
