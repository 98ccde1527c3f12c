// An application for Node that lets in who has a valid certificate of this CA, and nobody else.
//
// Start it: @start@
// Keep its CRLs current: see @directory@/pki-node.timer
//
// `pki server-config node` wrote this file and writes it anew when it is run again: copy it before you change it.

import { X509Certificate, constants } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { DEFAULT_CIPHERS } from 'node:tls';

const listen = { host: '@ip@', port: @port@, backlog: 1024 };
const files = {
  chain: '@fullchain@',
  key: '@key@',
  authorities: '@client_ca@',
  issuing: '@issuing@',
  crls: '@crl@',
  pid: '@directory@/pid',
};

const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
const MILLISECONDS_FOR_A_HANDSHAKE = 10_000;

// One by one: of a text with several CRLs Node takes the first and is silent about the others.
const objects = (file) => readFileSync(file, 'latin1').match(/-----BEGIN [^-]+-----[^]+?-----END [^-]+-----/g) ?? [];

// What handshakes are judged by, as the files are now.
const secureContext = () => ({
  cert: readFileSync(files.chain),
  key: readFileSync(files.key),
  ca: objects(files.authorities),
  crl: objects(files.crls),
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.3',
  // At this level neither SHA-1 nor RSA of less than 2048 bits is taken; Node's own is 1.
  ciphers: `${DEFAULT_CIPHERS}:@SECLEVEL=2`,
  // A handshake within a connection would be judged by what the files were when the connection began.
  secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
});
const readIssuers = () => objects(files.issuing).map((pem) => new X509Certificate(pem).publicKey);

let issuers = readIssuers();
const server = createServer({
  ...secureContext(),
  requestCert: true,
  rejectUnauthorized: true,
  handshakeTimeout: MILLISECONDS_FOR_A_HANDSHAKE,
});

// Connections that began before the files were read again end with the request that is in work.
let generation = 0;
const retire = () => {
  generation += 1;
  server.closeIdleConnections();
};
server.on('secureConnection', (socket) => {
  socket.generation = generation;
});

// The name of whom a connection belongs to, or the reason why it is nobody's.
const visitor = (socket) => {
  const certificate = socket.getPeerX509Certificate();
  if (!socket.authorized || !certificate) return { reason: 'no certificate of ours' };
  // One that a CA beneath ours signed was not issued here, whatever chain leads to it: Node has no limit on that.
  if (!issuers.some((key) => certificate.verify(key))) return { reason: 'not issued by a CA of ours' };
  // A certificate without any extKeyUsage is good for everything (RFC 5280 section 4.2.1.12), and ours all have one.
  if (!certificate.keyUsage?.includes(CLIENT_AUTH)) return { reason: 'not a client certificate' };
  const name = certificate.toLegacyObject().subject?.CN;
  return typeof name === 'string' ? { name } : { reason: 'not exactly one name' };
};

server.on('request', (request, response) => {
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  if (request.socket.generation !== generation) {
    // RFC 9110 section 15.5.20: ask again over another connection.
    response.writeHead(421, { Connection: 'close' }).end('judged by older CRLs\n');
    return;
  }
  const { name, reason } = visitor(request.socket);
  if (reason) {
    response.writeHead(403).end(`${reason}\n`);
    return;
  }
  application(request, response, name);
});

// Yours begins here. Who asks is `name`, and no header says anything about it.
const application = (request, response, name) => {
  response.end(`hello ${name}\n`);
};

process.on('SIGHUP', () => {
  try {
    issuers = readIssuers();
    // With the new context come new keys for tickets: no session outlives the CRLs that it was judged by.
    server.setSecureContext(secureContext());
  } catch (error) {
    console.error(`goes on with the older files: ${error.message}`);
    return;
  }
  retire();
  // A handshake that was going on ends by the older files.
  setTimeout(retire, MILLISECONDS_FOR_A_HANDSHAKE).unref();
  console.error('read its files again');
});

server.listen(listen, () => {
  writeFileSync(files.pid, `${process.pid}\n`);
  console.error('listening on @address@');
});
