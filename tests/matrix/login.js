// Loads a bundle and logs in with it; prints what the server answers. Exit code 3: the bundle was refused.
//
//   BUNDLE_PASSWORD=... node login.js ROOT URL BUNDLE
const { readFileSync } = require("node:fs");
const https = require("node:https");
const tls = require("node:tls");

const [root, url, bundle] = process.argv.slice(2);
const identity = { pfx: readFileSync(bundle), passphrase: process.env.BUNDLE_PASSWORD };

try {
  tls.createSecureContext(identity);
} catch (refusal) {
  console.error(`${refusal.code}: ${refusal.message}`);
  process.exit(3);
}
https.get(url, { ...identity, ca: readFileSync(root) }, (answer) => answer.pipe(process.stdout));
