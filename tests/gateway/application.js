// A small application in Node: it tells what it was asked, and echoes what comes over a WebSocket. It prints its port, then what happens.
'use strict';
const http = require('http');
const crypto = require('crypto');

const say = (line) => process.stdout.write(line + '\n');

const server = http.createServer((request, response) => {
    say(`${request.method} ${request.url}`);
    let length = 0;
    request.on('data', (part) => { length += part.length; });
    request.on('end', () => {
        const told = { request: `${request.method} ${request.url}`, headers: request.rawHeaders, trailers: request.rawTrailers, length };
        response.setHeader('Content-Type', 'application/json');
        response.setHeader('Trailer', 'X-Sum');
        response.write(JSON.stringify(told));
        response.addTrailers({ 'X-Sum': '1' });
        response.end();
    });
});

// RFC 6455 §4.2.2.
const accepted = (key) => crypto.createHash('sha1').update(key + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64');

server.on('upgrade', (request, socket, head) => {
    say(`upgrade ${request.url} ${request.headers['x-ssl-client-s-dn']} ${request.headers['sec-websocket-protocol']}`);
    if (request.url === '/refused') {
        socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\nno');
        return;
    }
    socket.setNoDelay(true);
    socket.on('close', () => say('close'));
    socket.on('error', () => say('error'));
    // The first message leaves with the head of the answer.
    const hello = request.url === '/greeting' ? frame(Buffer.from('hello')) : Buffer.alloc(0);
    socket.write(Buffer.concat([Buffer.from('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
        + `Sec-WebSocket-Accept: ${accepted(request.headers['sec-websocket-key'])}\r\nSec-WebSocket-Protocol: chat\r\n\r\n`), hello]));
    // It has nothing to say, and still listens.
    if (request.url === '/half') {
        socket.end();
        socket.on('data', (part) => say(`part ${part}`));
        return;
    }
    // The client has finished; this one goes on.
    if (request.url === '/talk') {
        const talk = setInterval(() => socket.write(frame(Buffer.from('more'))), 50);
        socket.on('end', () => say('end')).on('close', () => clearInterval(talk)).resume();
        return;
    }
    let buffered = head;
    const echo = () => {
        let message;
        while ((message = unframe(buffered))) {
            buffered = message.rest;
            say(`message ${message.text.length < 40 ? message.text : message.text.length}`);
            socket.write(frame(Buffer.from(message.text)));
        }
    };
    echo();
    socket.on('data', (part) => { buffered = Buffer.concat([buffered, part]); echo(); });
    // The client has finished, and can still read.
    socket.on('end', () => { say('end'); socket.end(frame(Buffer.from('good bye'))); });
});

// One unmasked text message in one frame (RFC 6455 §5.2).
function frame(payload) {
    const size = payload.length < 126 ? Buffer.from([0x81, payload.length])
        : Buffer.concat([Buffer.from([0x81, 127, 0, 0, 0, 0]), Buffer.from(Uint32Array.of(payload.length).buffer).swap32()]);
    return Buffer.concat([size, payload]);
}

// The first whole masked message, if it is there.
function unframe(octets) {
    if (octets.length < 6) return null;
    let [size, start] = [octets[1] & 0x7f, 2];
    if (size === 127) {
        if (octets.length < 14) return null;
        [size, start] = [octets.readUInt32BE(6), 10];
    }
    if (octets.length < start + 4 + size) return null;
    const mask = octets.subarray(start, start + 4);
    const payload = Buffer.from(octets.subarray(start + 4, start + 4 + size)).map((octet, place) => octet ^ mask[place % 4]);
    return { text: payload.toString(), rest: octets.subarray(start + 4 + size) };
}

server.listen(0, '127.0.0.1', () => say(String(server.address().port)));
