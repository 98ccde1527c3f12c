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
  read: '@directory@/.read',
};

const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
const MILLISECONDS_FOR_A_HANDSHAKE = 10_000;

// One by one: of a text with several CRLs Node takes the first and is silent about the others. Without any it would check none.
const objects = (file) => {
  const found = readFileSync(file, 'latin1').match(/-----BEGIN [^-]+-----[^]+?-----END [^-]+-----/g);
  if (!found) throw new Error(`nothing in PEM stands in ${file}`);
  return found;
};

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

// The name in a certificate that a CA of ours issued.
const nameIn = (certificate) => {
  // One that a CA beneath ours signed was not issued here, whatever chain leads to it: Node has no limit on that.
  if (!issuers.some((key) => certificate.verify(key))) throw new Error('not issued by a CA of ours');
  // A certificate without any extKeyUsage is good for everything (RFC 5280 section 4.2.1.12), and ours all have one.
  if (!certificate.keyUsage?.includes(CLIENT_AUTH)) throw new Error('not a client certificate');
  const name = certificate.toLegacyObject().subject?.CN;
  if (typeof name !== 'string') throw new Error('not exactly one commonName');
  return name;
};

// Connections that began before the files were read again end with the request that is in work.
let generation = 0;
const retire = () => {
  generation += 1;
  server.closeIdleConnections();
};

server.on('secureConnection', (socket) => {
  try {
    socket.name = nameIn(socket.getPeerX509Certificate());
    socket.generation = generation;
  } catch (error) {
    console.error(`refused: ${error.message}`);
    socket.destroy();
  }
});

server.on('tlsClientError', (error, socket) => {
  console.error(`refused: ${socket.authorizationError ?? error.code}`);
});

server.on('request', (request, response) => {
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  if (request.socket.generation === generation) {
    application(request, response, request.socket.name);
  } else {
    // RFC 9110 section 15.5.20: ask again over another connection.
    response.writeHead(421, { Connection: 'close' }).end('judged by older CRLs\n');
  }
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
  // So that the refresh script knows.
  writeFileSync(files.read, '');
  console.error('read its files again');
});

server.listen(listen, () => {
  writeFileSync(files.pid, `${process.pid}\n`);
  console.error('listening on @address@');
});
